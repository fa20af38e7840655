"""Checkpoints: all that training needs to go on as if it had never stopped.

A checkpoint is one .npz file that takes its name when it is whole and on the disk, so a process killed
while it writes one leaves the one before. It holds each variable under its number, and the progress as
JSON. Beside training, its reader is NumPy: no TensorFlow is needed to look into one.
"""

import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from trainer.errors import DataError
from trainer.files import whole_file

KEPT = 2

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


def restore(folder: Path, variables: list[keras.Variable]) -> Progress | None:
    """Set the variables to the newest checkpoint's; None if there is none. DataError if it does not fit."""
    paths = _whole(folder)
    if not paths:
        return None
    path = paths[-1]
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
