"""The best checkpoint beside the newest."""

from pathlib import Path

import keras
import numpy as np
import pytest

from trainer import checkpoints
from trainer.checkpoints import Progress


def entry(top1: float, loss: float) -> dict[str, float]:
    return {"val_top1": top1, "val_loss": loss}


def end_epoch(folder: Path, progress: Progress, top1: float, loss: float) -> None:
    """Save a checkpoint whose one variable is the step, as at the end of an epoch."""
    progress.step += 1
    progress.history.append(entry(top1, loss))
    checkpoints.save(folder, progress, [keras.Variable(float(progress.step))])
    checkpoints.keep_best(folder, progress)


def value(folder: Path, choice: checkpoints.Choice) -> float:
    variable = keras.Variable(0.0)
    assert checkpoints.restore(folder, [variable], choice) is not None
    return float(np.asarray(variable))


def test_the_best_is_that_of_the_highest_top1_then_of_the_lowest_loss(tmp_path: Path) -> None:
    progress, folder = Progress(), tmp_path / "checkpoints"
    best = []
    for top1, loss in ((0.5, 1.0), (0.4, 0.5), (0.5, 1.0), (0.5, 0.9), (0.6, 2.0), (0.3, 0.1)):
        end_epoch(folder, progress, top1, loss)
        best.append(value(folder, "best"))
    assert best == [1.0, 1.0, 1.0, 4.0, 5.0, 5.0]
    assert value(folder, "newest") == 6.0
    assert sorted(path.name for path in folder.iterdir()) == ["000000005.npz", "000000006.npz", "best.npz"]


def test_keeping_it_again_changes_nothing(tmp_path: Path) -> None:
    progress, folder = Progress(), tmp_path / "checkpoints"
    end_epoch(folder, progress, 0.5, 1.0)
    checkpoints.keep_best(folder, progress)
    assert value(folder, "best") == 1.0
    assert checkpoints.newest_step(folder) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["000000001.npz", "best.npz"]


@pytest.mark.parametrize("choice", ["newest", "best"])
def test_there_may_be_none(tmp_path: Path, choice: checkpoints.Choice) -> None:
    assert checkpoints.restore(tmp_path, [], choice) is None
