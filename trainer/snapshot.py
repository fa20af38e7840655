"""A snapshot's folder as the trainer reads it: which photo is in which set and class, and the taxa's tree."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from trainer.errors import DataError
from trainer.files import read_json

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

SETS = ("train", "val", "test")

_PHOTO_COLUMNS = ("photo_id", "observation_id", "leaf_class_id")
_ADVICE = "give the folder of a snapshot"


@dataclass(frozen=True)
class Taxon:
    """A row of taxonomy.csv. ``class_id``: -1 where it is no class; ``iconic_taxon_id``: 0 if unknown."""

    taxon_id: int
    parent_id: int | None
    rank_level: float
    rank: str
    name: str
    class_id: int
    iconic_class_id: int
    iconic_taxon_id: int = 0


@dataclass(frozen=True)
class Photos:
    """One set's photos, column by column, in the file's order."""

    photo_ids: Ints
    observation_ids: Ints
    class_ids: Ints

    def __len__(self) -> int:
        return len(self.photo_ids)

    def take(self, rows: Ints) -> "Photos":
        """Some of them, in the order given."""
        return Photos(self.photo_ids[rows], self.observation_ids[rows], self.class_ids[rows])


@dataclass(frozen=True)
class Snapshot:
    """A snapshot. ``digest`` is the SHA-256 of its manifest, which holds the digests of all its files."""

    folder: Path
    digest: str
    manifest: dict[str, Any]
    taxa: dict[int, Taxon]

    @cached_property
    def class_taxon_ids(self) -> Ints:
        """The taxon of each class, by class id."""
        return class_taxon_ids(self.taxa)

    @property
    def is_simulated(self) -> bool:
        """Whether its data come from a simulated world."""
        return bool(self.manifest.get("is_simulated", False))

    def photos(self, set_name: str) -> Photos:
        """The photos of one set. DataError if its file is not whole, or names a class that is none."""
        name = f"{set_name}_data.csv"
        table = self.table(name, {column: pa.int64() for column in _PHOTO_COLUMNS})
        photos = Photos(*(table[column].to_numpy() for column in _PHOTO_COLUMNS))
        result = photos.class_ids
        if len(result) and not 0 <= result.min() <= result.max() < len(self.class_taxon_ids):
            raise DataError(f"{self.folder / name}: has a class that is not in taxonomy.csv; {_ADVICE}")
        return photos

    def table(self, name: str, columns: dict[str, pa.DataType]) -> pa.Table:
        """Some columns of one of its CSV files. DataError if the file is not whole or lacks a column."""
        path = self.folder / name
        _check_digest(path, self.manifest)
        options = pv.ConvertOptions(column_types=columns, include_columns=list(columns))
        try:
            return pv.read_csv(path, convert_options=options)
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            raise DataError(f"{path}: {str(error).splitlines()[0]}; {_ADVICE}") from None

    def licences(self, photo_ids: Sequence[int]) -> dict[int, str]:
        """The Creative Commons codes of these photos ("cc-by-nc"), of those that have one.

        A snapshot of an earlier version does not have them: then there are none.
        """
        path = self.folder / "photos.parquet"
        if path.name not in self.manifest.get("files", {}):
            return {}
        _check_digest(path, self.manifest)
        if "license" not in pq.read_schema(path).names:
            return {}
        rows = pq.read_table(
            path, columns=["photo_id", "license"], filters=[("photo_id", "in", list(photo_ids))]
        )
        codes = zip(rows["photo_id"].to_pylist(), rows["license"].to_pylist(), strict=True)
        return {photo_id: code for photo_id, code in codes if code}

    def ancestors(self, taxon_id: int) -> list[Taxon]:
        """A taxon's ancestors, nearest first."""
        result = []
        parent = self.taxa[taxon_id].parent_id
        while parent is not None and parent in self.taxa:
            result.append(self.taxa[parent])
            parent = self.taxa[parent].parent_id
        return result

    def groups_at(self, rank_level: float) -> Ints:
        """For each class the taxon at that level above it, or the class's own taxon where there is none.

        A class at or above the level stands for itself.
        """
        return np.array([self._at(taxon_id, rank_level) for taxon_id in self.class_taxon_ids.tolist()])

    def _at(self, taxon_id: int, rank_level: float) -> int:
        if self.taxa[taxon_id].rank_level < rank_level:
            for taxon in self.ancestors(taxon_id):
                if taxon.rank_level == rank_level:
                    return taxon.taxon_id
        return taxon_id


def read_snapshot(folder: Path) -> Snapshot:
    """Read a snapshot's manifest and tree. DataError if they are not whole or have fewer than two classes."""
    path = folder / "manifest.json"
    manifest = read_json(path, _ADVICE)
    taxonomy = folder / "taxonomy.csv"
    _check_digest(taxonomy, manifest)
    taxa = read_taxa(taxonomy)
    snapshot = Snapshot(folder, hashlib.sha256(path.read_bytes()).hexdigest(), manifest, taxa)
    number = sum(taxon.class_id >= 0 for taxon in taxa.values())
    if number < 2:
        raise DataError(f"{taxonomy}: {number} class; a classifier needs at least two: take more taxa")
    if {taxon.class_id for taxon in taxa.values()} - {-1} != set(range(number)):
        raise DataError(f"{taxonomy}: class ids are not 0 to {number - 1}; {_ADVICE}")
    return snapshot


def read_taxa(path: Path) -> dict[int, Taxon]:
    """The taxa of a taxonomy.csv, by id."""
    return {taxon.taxon_id: taxon for taxon in map(_taxon, _rows(path))}


def class_taxon_ids(taxa: dict[int, Taxon]) -> Ints:
    """The taxon of each class, by class id."""
    ids = {taxon.class_id: taxon.taxon_id for taxon in taxa.values() if taxon.class_id >= 0}
    return np.array([ids[class_id] for class_id in range(len(ids))], dtype=np.int64)


def _taxon(row: dict[str, str]) -> Taxon:
    return Taxon(
        taxon_id=int(row["taxon_id"]),
        parent_id=int(row["parent_taxon_id"]) if row["parent_taxon_id"] else None,
        rank_level=float(row["rank_level"]),
        rank=row["rank"],
        name=row["name"],
        class_id=int(row["leaf_class_id"] or -1),
        iconic_class_id=int(row["iconic_class_id"] or -1),
        iconic_taxon_id=int(row["iconic_taxon_id"] or 0),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{path}: {reason}; {_ADVICE}") from None


def _check_digest(path: Path, manifest: dict[str, Any]) -> None:
    files = manifest.get("files")
    entry = files.get(path.name) if isinstance(files, dict) else None
    if not isinstance(entry, dict) or "sha256" not in entry:
        raise DataError(f"{path.parent / 'manifest.json'}: does not name {path.name}; {_ADVICE}")
    try:
        with path.open("rb") as stream:
            result = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; {_ADVICE}") from None
    if result != entry["sha256"]:
        raise DataError(f"{path}: not as its manifest says; write or copy the snapshot again")
