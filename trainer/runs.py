"""A run's folder: what it was made from, and where its parts lie.

``config.toml`` (every key as resolved), ``run.json`` (where the data lie), ``classes.csv``, ``start.npz``
(the weights that it started from, if it did not from nothing), ``progress.json`` (for whoever watches:
rewritten as training goes), ``skipped.csv`` (photos that could not be used, and why), ``shards/``,
``features/`` (where the last layer alone is trained), ``checkpoints/`` and, after `evaluate`,
``results.json``, ``predictions/`` and ``report.html``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.config import NAME, Config, differences, load_config, write_config
from trainer.errors import DataError
from trainer.files import read_json, write_csv, write_json
from trainer.snapshot import Snapshot, read_snapshot

_RUN_NAME = "run.json"
PROGRESS_NAME = "progress.json"
#: Which taxon each class is: a run's classifier can be read without its snapshot.
CLASSES_NAME = "classes.csv"


@dataclass(frozen=True)
class Run:
    """A run's folder and what it was made from."""

    folder: Path
    config: Config
    snapshot: Snapshot
    shards: Path

    @property
    def checkpoints(self) -> Path:
        """Where its checkpoints lie."""
        return self.folder / "checkpoints"

    @property
    def results(self) -> Path:
        """Where its results document lies."""
        return self.folder / "results.json"

    def write_progress(self, document: dict[str, Any]) -> None:
        """Report how far it is to whoever watches."""
        write_json(self.folder / PROGRESS_NAME, document)


def begin_run(
    config: Config, snapshot_folder: Path, folder: Path, shards: Path | None, *, accept_changes: bool
) -> Run:
    """Make the folder this run's, or find that it is. DataError if it is of another snapshot or config."""
    snapshot = read_snapshot(snapshot_folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _RUN_NAME
    if path.is_file():
        recorded = read_json(path, "give a new --run")
        if recorded["snapshot_digest"] != snapshot.digest:
            raise DataError(f"{folder}: a run of another snapshot ({recorded['snapshot']}); give a new --run")
        changes = differences(load_config(folder / NAME), config)
        if changes and not accept_changes:
            raise DataError(
                f"{folder}: its config differs ({'; '.join(changes)}); give a new --run, or --accept-changes"
            )
    write_config(folder / NAME, config)
    write_classes(folder / CLASSES_NAME, snapshot)
    shards = shards or folder / "shards"
    write_json(
        path,
        {
            "snapshot": str(snapshot_folder.absolute()),
            "snapshot_digest": snapshot.digest,
            "shards": str(shards.absolute()),
        },
    )
    return Run(folder, config, snapshot, shards)


def write_classes(path: Path, snapshot: Snapshot) -> None:
    """Write the taxon and name of each class."""
    ids = snapshot.class_taxon_ids.tolist()
    rows = [(number, taxon_id, snapshot.taxa[taxon_id].name) for number, taxon_id in enumerate(ids)]
    write_csv(path, ("leaf_class_id", "taxon_id", "name"), rows)


def open_run(folder: Path) -> Run:
    """A run that `begin_run` made. DataError if the folder is none, or the snapshot has moved or changed."""
    recorded = read_json(folder / _RUN_NAME, "give the folder of a run that fit has begun")
    config = load_config(folder / NAME)
    snapshot = read_snapshot(Path(recorded["snapshot"]))
    if snapshot.digest != recorded["snapshot_digest"]:
        raise DataError(
            f"{snapshot.folder}: not the snapshot that {folder} was trained on; put that one there"
        )
    return Run(folder, config, snapshot, Path(recorded["shards"]))
