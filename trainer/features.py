"""Features that stay as they are, computed once and kept: what the last layer alone is trained on.

``features/<set>/view<v>/<part>.npy`` in a run's folder: (photos, width) float16, in the order of the set's
shards. A part takes its name when it is whole, so a killed run loses one part at most. ``features.json`` says
what they were computed from; when that changes they are computed anew.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from trainer.batches import plain_batches, viewed_batches
from trainer.config import Config
from trainer.files import read_json, whole_file, write_json
from trainer.hardware import Machine
from trainer.runs import Run
from trainer.shards import Shards, open_shards
from trainer.snapshot import SETS, Ints
from trainer.start import NAME as START_NAME
from trainer.start import apply_start
from trainer.steps import Learner

#: In a run's folder.
FOLDER = "features"

_PART = 32_768
#: Of the views that are drawn, whatever the run's seed: runs that differ in it can share their features.
_SEED = 1
_NAME = "features.json"


class Features:
    """One set's features: ``views`` of each photo."""

    def __init__(self, views: list[list[Any]], width: int, rows: Ints | None = None) -> None:
        """``views``: for each view its parts. ``rows``: of a subset, in the order given."""
        self._views = views
        self._width = width
        self._rows = rows

    def subset(self, rows: Ints) -> "Features":
        """Return some of the photos, in the order given."""
        return Features(self._views, self._width, rows if self._rows is None else self._rows[rows])

    def take(self, rows: Ints, epoch: int) -> Any:
        """Return the features of these rows in the view that is that epoch's turn, (n, width) float32."""
        parts = self._views[epoch % len(self._views)]
        selected = rows if self._rows is None else self._rows[rows]
        result = np.empty((len(selected), self._width), dtype=np.float32)
        numbers, places = np.divmod(selected, _PART)
        for number in np.unique(numbers).tolist():
            mine = numbers == number
            result[mine] = parts[number][places[mine]]
        return result


def keep_features(
    config: Config,
    folder: Path,
    start_folder: Path,
    learner: Learner,
    shards: dict[str, Shards],
    say: Callable[[str], None],
) -> dict[str, Features]:
    """Give the features of ``shards``, computing those that are not there yet.

    Training photos have ``feature_views`` views, the others one. ``start_folder`` holds the weights they are
    of.
    """
    _claim(config, folder, start_folder, shards)
    kept = {}
    for name, one in shards.items():
        views = config.network.feature_views if name == "train" else 1
        paths = [_keep_view(config, folder / name, learner, one, view, say) for view in range(views)]
        parts = [[np.load(path, mmap_mode="r") for path in view] for view in paths]
        kept[name] = Features(parts, parts[0][0].shape[1])
    return kept


def run_features(
    run: Run, machine: Machine, strategy: Any, say: Callable[[str], None]
) -> tuple[dict[str, Shards], dict[str, Features]]:
    """Give a run's shards, and their features before its last layer, computing those that are not there."""
    shards = {name: open_shards(run.snapshot, name, run.shards, run.config.data) for name in SETS}
    class_taxon_ids = run.snapshot.class_taxon_ids
    learner = Learner(run.config, len(class_taxon_ids), machine, strategy)
    apply_start(learner.model, run.folder, class_taxon_ids)
    return shards, keep_features(run.config, run.folder / FOLDER, run.folder, learner, shards, say)


def _claim(config: Config, folder: Path, start_folder: Path, shards: dict[str, Shards]) -> None:
    """Find that the features there are of this start, these photos and settings, or remove them."""
    settings = config.model_dump(mode="json")
    selected = {
        "start": hashlib.sha256((start_folder / START_NAME).read_bytes()).hexdigest(),
        "photos": {name: one.digest for name, one in shards.items()},
        "network": config.network.name,
        "crop": config.evaluation.training_crop,
        **{key: settings[key] for key in ("data", "augment")},
    }
    path = folder / _NAME
    if path.is_file() and read_json(path, "delete the folder") == selected:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():  # the folder itself may be a link to one that runs share
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    write_json(path, selected)


def _keep_view(
    config: Config, folder: Path, learner: Learner, shards: Shards, view: int, say: Callable[[str], None]
) -> list[Path]:
    target = folder / f"view{view}"
    target.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, start in enumerate(range(0, len(shards), _PART)):
        path = target / f"{number:05}.npy"
        paths.append(path)
        if path.is_file():
            continue
        rows = np.arange(start, min(start + _PART, len(shards)))
        result = np.concatenate(list(_compute(config, learner, shards, rows, view)))[: len(rows)]
        with whole_file(path) as stream:
            np.save(stream, result)
        say(f"features: {folder.name}, view {view + 1}: {rows[-1] + 1:,} of {len(shards):,} photos")
    return paths


def _compute(config: Config, learner: Learner, shards: Shards, rows: Ints, view: int) -> Iterator[Any]:
    crop = config.evaluation.training_crop
    batches = (
        plain_batches(shards, rows, config, crop=crop)
        if view == 0
        else viewed_batches(shards, rows, config.model_copy(update={"seed": _SEED}), epoch=view)
    )
    for images, _, _ in batches:
        yield learner.features(images).numpy().astype(np.float16)
