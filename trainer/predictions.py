"""What a network said of each photo, kept as Parquet: from it every figure of the results is computed.

``predictions/<set>-<pass>.parquet`` in a run's folder, a file for each pass over so many photos. Ids are
iNaturalist's. Each file says in its metadata what it was made from, so that another checkpoint's or
calibration's is never taken for this one's.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trainer.errors import DataError
from trainer.files import whole_file
from trainer.metrics import Outcomes
from trainer.snapshot import Floats, Ints, Photos

FOLDER = "predictions"
_MADE_FROM = b"leafline_made_from"

_IDS, _SHARES = pa.list_(pa.int64()), pa.list_(pa.float64())
SCHEMA = pa.schema(
    {
        "photo_id": pa.int64(),
        "observation_id": pa.int64(),
        "label_taxon_id": pa.int64(),
        # The likeliest classes of the photo alone, likeliest first, and their calibrated probabilities.
        "taxon_ids": _IDS,
        "probabilities": _SHARES,
        "label_probability": pa.float64(),
        # Of the likeliest class, before temperature scaling.
        "raw_probability": pa.float64(),
        # The same with place and date; null where they were not requested.
        "prior_taxon_ids": _IDS,
        "prior_probabilities": _SHARES,
        "prior_label_probability": pa.float64(),
        # The likeliest taxon at each of the results' ranks, in their order.
        "rank_taxon_ids": _IDS,
        # The one answer at each of trainer.answers.ACCURACIES, of the photo alone and with place and date;
        # -1: none.
        "answer_taxon_ids": _IDS,
        "prior_answer_taxon_ids": _IDS,
        # Where and when, as far as the snapshot says: empty, or 0.
        "continent": pa.string(),
        "month": pa.int8(),
    }
)


@dataclass(frozen=True)
class Part:
    """One pass: photos ``rows`` of a set, and the file for what is said of them."""

    set_name: str
    rows: range
    path: Path


def parts(run_folder: Path, set_name: str, photos: int, pass_photos: int) -> list[Part]:
    """The passes over a set of so many photos."""
    folder = run_folder / FOLDER
    return [
        Part(
            set_name,
            range(start, min(start + pass_photos, photos)),
            folder / f"{set_name}-{number:05}.parquet",
        )
        for number, start in enumerate(range(0, photos, pass_photos))
    ]


def digest(facts: dict[str, Any]) -> str:
    """What predictions are made from, as one word."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def is_made(part: Part, made_from: str) -> bool:
    """Whether a pass's file is there and made from this."""
    try:
        metadata = pq.read_schema(part.path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return False
    return bool(metadata.get(_MADE_FROM) == made_from.encode())


def write_part(part: Part, columns: dict[str, Any], made_from: str) -> None:
    """Write a pass's file, whole."""
    part.path.parent.mkdir(exist_ok=True)
    table = pa.table(columns, schema=SCHEMA).replace_schema_metadata({_MADE_FROM: made_from.encode()})
    with whole_file(part.path) as stream:
        pq.write_table(table, stream, compression="zstd")


def remove_others(run_folder: Path, selected: list[Part]) -> None:
    """Remove files of passes that are none any more: those of another number of photos a pass."""
    paths = {part.path for part in selected}
    for path in (run_folder / FOLDER).glob("*.parquet"):
        if path not in paths:
            path.unlink()


def read_set(run_folder: Path, set_name: str) -> pa.Table:
    """All predictions of a set, in its order. DataError if there are none."""
    paths = sorted((run_folder / FOLDER).glob(f"{set_name}-*.parquet"))
    if not paths:
        raise DataError(f"{run_folder / FOLDER}: no predictions of the {set_name} set; run evaluate")
    try:
        return pa.concat_tables([pq.read_table(path) for path in paths])
    except (OSError, pa.ArrowInvalid) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{run_folder / FOLDER}: {reason}; delete it and run evaluate") from None


def lists(values: Any) -> pa.Array:
    """A column of lists from an array (n, k)."""
    array = np.asarray(values)
    flat = pa.array(array.reshape(-1))
    offsets = (
        np.arange(0, array.size + 1, array.shape[1]) if array.shape[1] else np.zeros(len(array) + 1, int)
    )
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), flat)


def matrix(column: pa.ChunkedArray, rows: int) -> Any:
    """The array (n, k) that a column of lists holds."""
    return pc.list_flatten(column).to_numpy().reshape(rows, -1)


class Predictions:
    """A table of predictions, for these classes."""

    def __init__(self, table: pa.Table, class_taxon_ids: Ints) -> None:
        self.table = table
        self._order = np.argsort(class_taxon_ids)
        self._sorted = class_taxon_ids[self._order]

    def classes(self, taxon_ids: Any) -> Ints:
        """The class ids of taxa that are classes."""
        result: Ints = self._order[np.searchsorted(self._sorted, taxon_ids)]
        return result

    @property
    def labels(self) -> Ints:
        """Each photo's class id."""
        return self.classes(self.table["label_taxon_id"].to_numpy())

    @property
    def photos(self) -> Photos:
        """Which photos they are of."""
        photo_ids, observation_ids = (self.table[name].to_numpy() for name in ("photo_id", "observation_id"))
        return Photos(photo_ids, observation_ids, self.labels)

    def outcomes(self, prefix: str = "") -> Outcomes:
        """What was said of the photo alone or, with ``prior_``, with place and date."""
        number = self.table.num_rows
        likeliest: Floats = matrix(self.table[f"{prefix}probabilities"], number)[:, 0]
        return Outcomes(
            labels=self.labels,
            top=self.classes(matrix(self.table[f"{prefix}taxon_ids"], number)),
            top_probability=likeliest,
            true_probability=self.table[f"{prefix}label_probability"].to_numpy(),
        )

    def ids(self, name: str) -> Ints:
        """A column of lists of taxa, (n, k)."""
        result: Ints = matrix(self.table[name], self.table.num_rows)
        return result
