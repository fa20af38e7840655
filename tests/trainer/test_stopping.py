"""A run that is asked to stop does so between two steps, and ends as one that never was."""

import signal
from pathlib import Path

import pytest

from tests.trainer.test_fit import newest, same, train
from tests.trainer.world import World, small_config
from trainer import fit as fitting
from trainer.errors import DataError


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (signal.SIGTERM, ()),
        (
            signal.SIGINT,
            (
                "data.short_side=48",
                "data.image_size=48",
                "training.first_image_size=32",
                "augment.randaugment_operations=2",
            ),
        ),
    ],
)
def test_asked_to_stop_it_keeps_the_step_that_it_was_at(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    changes: tuple[str, ...],
) -> None:
    """Also where photos grow from epoch to epoch and operations on them are drawn."""
    straight, stopped, config = tmp_path / "straight", tmp_path / "stopped", small_config(*changes)
    train(world, straight, config)
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
        train(world, stopped, config)
    assert signal.getsignal(number) == before
    assert max((stopped / "checkpoints").glob("*.npz")).stem == "000000005"
    assert "fit: goes on from step 5 of 12" in train(world, stopped, config)
    assert same(newest(straight), newest(stopped))
