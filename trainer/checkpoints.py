"""Checkpoints: all that training needs to go on as if it had never stopped.

A checkpoint is one .npz file that takes its name when it is whole and on the disk, so a process killed
while it writes one leaves the one before. It holds each variable under its number, and the progress as
JSON. Beside training, its reader is NumPy: no TensorFlow is needed to look into one.
"""

import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from trainer.errors import DataError
from trainer.files import whole_file

KEPT = 2
#: Beside them: the checkpoint of the epoch with the best validation.
BEST_NAME = "best.npz"
Choice = Literal["newest", "best"]

_PROGRESS = "progress"


@dataclass
class Progress:
    """How far training is. Sums are over the photos of the epoch that is under way; times in seconds."""

    step: int = 0
    seconds: float = 0.0
    images: int = 0
    loss_sum: float = 0.0
    right: float = 0.0
    photos: float = 0.0
    #: One entry for each epoch that has ended.
    history: list[dict[str, Any]] = field(default_factory=list)


def save(folder: Path, progress: Progress, variables: list[keras.Variable]) -> None:
    """Write a checkpoint, and remove all but the last KEPT. DataError if a variable is not finite."""
    arrays = {f"v{number:05}": np.asarray(variable) for number, variable in enumerate(variables)}
    for number, variable in enumerate(variables):
        values = arrays[f"v{number:05}"]
        if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
            raise DataError(f"step {progress.step:,}: {variable.path} holds numbers that are not finite")
    folder.mkdir(exist_ok=True)
    with whole_file(folder / f"{progress.step:09}.npz") as stream:
        arrays[_PROGRESS] = np.array(json.dumps(asdict(progress)))
        np.savez(stream, allow_pickle=False, **arrays)
    for path in _whole(folder)[:-KEPT]:
        path.unlink()


def keep_best(folder: Path, progress: Progress) -> None:
    """Keep the newest checkpoint as the best one, if its epoch's validation was the best so far.

    The best has the highest top-1, and of equals the lowest loss. It is the same file under a second name.
    """
    *before, last = [(entry["val_top1"], -entry["val_loss"]) for entry in progress.history]
    newest = path_of(folder, "newest")
    best = folder / BEST_NAME
    # Of two names of one file, renaming one to the other does nothing, and leaves both.
    if newest is None or any(one >= last for one in before) or (best.exists() and best.samefile(newest)):
        return
    temporary = folder / f".{BEST_NAME}"
    temporary.unlink(missing_ok=True)
    temporary.hardlink_to(newest)
    temporary.rename(best)


def path_of(folder: Path, choice: Choice) -> Path | None:
    """Return the file of the newest or the best checkpoint; None if there is none."""
    if choice == "best":
        return folder / BEST_NAME if (folder / BEST_NAME).is_file() else None
    paths = _whole(folder)
    return paths[-1] if paths else None


def restore(folder: Path, variables: list[keras.Variable], choice: Choice = "newest") -> Progress | None:
    """Set the variables to a checkpoint's; None if there is none. DataError if it does not fit."""
    path = path_of(folder, choice)
    if path is None:
        return None
    try:
        with np.load(path) as arrays:
            if len(arrays.files) != len(variables) + 1:
                raise DataError(f"{path}: of another network or optimiser; give a new --run")
            for number, variable in enumerate(variables):
                variable.assign(arrays[f"v{number:05}"])
            return Progress(**json.loads(str(arrays[_PROGRESS])))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path}: {str(error).splitlines()[0]}; delete it to go on from the one before"
        ) from None


def newest_step(folder: Path) -> int | None:
    """The step of the newest checkpoint."""
    paths = _whole(folder)
    return int(paths[-1].stem) if paths else None


def _whole(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.npz"))
