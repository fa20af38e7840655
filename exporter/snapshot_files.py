"""The files of a snapshot but for its manifest: rows in, the same bytes out whatever engine gave the rows.

CSV with LF at the ends of lines, as iNaturalist's exporter writes it; a value is quoted only where RFC 4180
asks for it, and names are never altered.
"""

import csv
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq

from exporter.classes import Classes
from exporter.columns import Floats, floats, integers
from exporter.inaturalist import OPEN_DATA, STATIC
from exporter.selection import SETS
from exporter.tree import Ints

PHOTOS = pa.schema(
    [
        ("set", pa.string()),
        ("photo_id", pa.int64()),
        ("photo_url", pa.string()),
        ("observation_id", pa.int64()),
        ("leaf_class_id", pa.int32()),
        ("iconic_class_id", pa.int32()),
        ("taxon_id", pa.int64()),
        ("obs_taxon_id", pa.int64()),
        ("community", pa.int8()),
        ("position", pa.int32()),
        ("observation_photos", pa.int32()),
        ("license", pa.string()),  # as the lake has it: empty where all rights are reserved, or unknown
    ]
)
#: The columns of train_data.csv, val_data.csv and test_data.csv.
SET_COLUMNS = PHOTOS.names[1:9]
SPATIAL = pa.schema(
    [
        ("observation_id", pa.int64()),
        ("latitude", pa.float64()),
        ("longitude", pa.float64()),
        ("observed_on", pa.date32()),
        ("leaf_class_id", pa.int32()),
        ("iconic_class_id", pa.int32()),
        ("taxon_id", pa.int64()),
        ("obs_taxon_id", pa.int64()),
        ("community", pa.int8()),
        ("captive", pa.int8()),
        ("positional_accuracy", pa.float64()),
    ]
)
_TAXONOMY_COLUMNS = (
    "parent_taxon_id",
    "taxon_id",
    "rank_level",
    "leaf_class_id",
    "iconic_class_id",
    "spatial_class_id",
    "name",
    "iconic_taxon_id",
    "rank",
)

_COORDINATE_DIGITS = 4
#: Rows written at once. Row groups of Parquet have this size, so the bytes depend on it.
_CHUNK_ROWS = 250_000
#: Of what is written with these, nothing needs quotes.
_CSV = pv.WriteOptions(quoting_style="none", quoting_header="none", batch_size=16_384)


@dataclass(frozen=True)
class PhotoCounts:
    """photos: by set and class (3 x classes); observations: by set."""

    photos: Ints
    observations: Ints


def write_photos(folder: Path, rows: pa.RecordBatchReader, classes: Classes) -> PhotoCounts:
    """Write photos.parquet and the CSV file of each set from `exporter.selection.photo_rows`."""
    photos = np.zeros((len(SETS), len(classes.taxon_ids)), dtype=np.int64)
    observations = np.zeros(len(SETS), dtype=np.int64)
    with ExitStack() as stack:
        parquet = stack.enter_context(pq.ParquetWriter(folder / "photos.parquet", PHOTOS, compression="zstd"))
        schema = pa.schema([PHOTOS.field(name) for name in SET_COLUMNS])
        tables = [
            stack.enter_context(pv.CSVWriter(folder / f"{name}_data.csv", schema, write_options=_CSV))
            for name in SETS
        ]
        for chunk in _chunks(rows):
            table = _photo_table(chunk, classes)
            parquet.write_table(table)
            set_numbers = integers(chunk["set_number"])
            for number, file in enumerate(tables):
                if (is_in_set := set_numbers == number).any():
                    file.write_table(table.select(SET_COLUMNS).filter(pa.array(is_in_set)))
            np.add.at(photos, (set_numbers, integers(chunk["leaf_class_id"])), 1)
            np.add.at(observations, set_numbers[integers(chunk["position"]) == 0], 1)
    return PhotoCounts(photos, observations)


def write_spatial(folder: Path, rows: pa.RecordBatchReader, classes: Classes) -> Ints:
    """Write spatial_data.csv from `exporter.selection.spatial_rows`; gives the number of rows by class."""
    counts = np.zeros(len(classes.taxon_ids), dtype=np.int64)
    with pv.CSVWriter(folder / "spatial_data.csv", SPATIAL, write_options=_CSV) as file:
        for chunk in _chunks(rows):
            class_ids = integers(chunk["leaf_class_id"])
            np.add.at(counts, class_ids, 1)
            columns = {name: chunk[name] for name in SPATIAL.names if name in chunk.column_names} | {
                "latitude": _rounded(chunk["latitude"]),
                "longitude": _rounded(chunk["longitude"]),
                "iconic_class_id": classes.iconic_class_ids[class_ids],
                "taxon_id": classes.taxon_ids[class_ids],
                "community": chunk["is_confirmed"],
                "captive": chunk["is_captive"],
            }
            file.write_table(_table(columns, SPATIAL))
    return counts


def write_taxa(folder: Path, classes: Classes, spatial: Ints) -> None:
    """Write taxonomy.csv and iconic_taxa.csv. A class with spatial rows is a spatial class of the same id."""
    class_ids = classes.taxonomy["leaf_class_id"]
    has_one = pc.take(pa.array(spatial > 0), class_ids)
    spatial_class_ids = pc.if_else(has_one, class_ids, pa.scalar(None, pa.int64()))
    taxonomy = classes.taxonomy.append_column("spatial_class_id", spatial_class_ids).select(_TAXONOMY_COLUMNS)
    _write_named(taxonomy, folder / "taxonomy.csv")
    _write_named(classes.iconic, folder / "iconic_taxa.csv")


def _write_named(table: pa.Table, path: Path) -> None:
    """Write rows with names, which may need quotes: Arrow's writer would put all of them in quotes."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _photo_table(chunk: pa.Table, classes: Classes) -> pa.Table:
    class_ids = integers(chunk["leaf_class_id"])
    columns = {name: chunk[name] for name in PHOTOS.names if name in chunk.column_names} | {
        "set": pa.array(SETS).take(chunk["set_number"]),
        "photo_url": _urls(chunk),
        "iconic_class_id": classes.iconic_class_ids[class_ids],
        "taxon_id": classes.taxon_ids[class_ids],
        "community": chunk["is_confirmed"],
    }
    return _table(columns, PHOTOS)


def _urls(chunk: pa.Table) -> pa.ChunkedArray:
    """The photos' addresses; every photo that was selected has one (`exporter.criteria.HAS_ADDRESS`)."""
    return pc.binary_join_element_wise(
        pc.if_else(pc.equal(chunk["host"], "open-data"), f"{OPEN_DATA}/photos/", f"{STATIC}/photos/"),
        pc.cast(chunk["photo_id"], pa.string()),
        "/medium.",
        chunk["extension"],
        "",
    )


def _rounded(degrees: pa.ChunkedArray) -> Floats:
    """To four digits, about 11 m. Adding 0 makes a zero of minus zero."""
    rounded: Floats = np.round(floats(degrees), _COORDINATE_DIGITS) + 0.0
    return rounded


def _table(columns: dict[str, object], schema: pa.Schema) -> pa.Table:
    """The columns in the schema's order and types."""
    table = pa.table({name: columns[name] for name in schema.names})
    return table.cast(schema)


def _chunks(rows: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The rows in tables of _CHUNK_ROWS, the last one shorter."""
    waiting: list[pa.RecordBatch] = []
    number = 0
    for batch in rows:
        waiting.append(batch)
        number += batch.num_rows
        while number >= _CHUNK_ROWS:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, _CHUNK_ROWS).combine_chunks()
            waiting = table.slice(_CHUNK_ROWS).to_batches()
            number -= _CHUNK_ROWS
    if number:
        yield pa.Table.from_batches(waiting).combine_chunks()
