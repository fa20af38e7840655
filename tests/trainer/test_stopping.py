"""A run that is asked to stop does so between two steps, and ends as one that never was."""

import signal
from pathlib import Path

import pytest

from tests.trainer.test_fit import newest, same, train
from tests.trainer.world import World
from trainer import fit as fitting
from trainer.errors import DataError


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_keeps_the_step_that_it_was_at(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    train(world, straight)
    step = fitting.Learner.train
    calls = []

    def asked_at_the_fifth(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 5:
            signal.raise_signal(number)
        return step(*arguments)

    monkeypatch.setattr(fitting.Learner, "train", asked_at_the_fifth)
    before = signal.getsignal(number)
    with pytest.raises(DataError, match="stopped at step 5 of 12; run the same command again to go on"):
        train(world, stopped)
    assert signal.getsignal(number) == before
    assert max((stopped / "checkpoints").glob("*.npz")).stem == "000000005"
    assert "fit: goes on from step 5 of 12" in train(world, stopped)
    assert same(newest(straight), newest(stopped))
