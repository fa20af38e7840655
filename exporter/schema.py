"""The lake's five tables: the one definition of their columns, types, units and meaning.

Everything that reads or writes the lake takes its columns from here. A row says which *source* it came
from, because sources know different things:

- ``database``  iNaturalist's own database, or a replica of it;
- ``api``       iNaturalist's API v1 observation JSON: the requested fields, with identifications;
- ``dump``      the monthly open-data tables: openly licensed photos only, no identifications;
- ``taxonomy``  the ``taxonomy.csv`` of a vision export: ids, parents, names; and the common names of
                iNaturalist's taxonomy archive;
- ``csv``       iNaturalist's CSV exports: their columns vary, and an empty field may mean anything;
- ``archive``   Darwin Core archives of its records: openly licensed ones of research grade.

A missing field is not an empty one. A row says itself which of its empty fields are known to be empty
(``known_empty``), and an observation whether all its photos and identifications came with it
(``lists_photos``, ``lists_identifications``); `exporter.merge` keeps everything else that the lake knows.
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from exporter.errors import DataError
from exporter.sql_paths import read_paths
from exporter.storage import LakePath

#: From least to most detailed: of two rows equally new, the more detailed source wins.
SOURCES = ("archive", "csv", "taxonomy", "dump", "api", "database")

#: Sources that can give *every* photo and identification of an observation; whether a row does, it says.
COMPLETE_SOURCES = ("api", "database")

#: Ids per bucket are 2**BUCKET_BITS. A bucket is the unit that an upsert rewrites, so its size bounds memory.
BUCKET_BITS = 21

#: The largest id that the lake takes, of anything: buckets are numbered in 32 bits.
MAX_ID = 2 ** (31 + BUCKET_BITS) - 1

TIMESTAMP = pa.timestamp("us", tz="UTC")

_SQL_TYPES = {
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    TIMESTAMP: "TIMESTAMPTZ",
}


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    type: pa.DataType
    meaning: str

    @property
    def sql_type(self) -> str:
        """The DuckDB type."""
        return _SQL_TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One table. Rows are unique by ``key``, stored in buckets of the id ``bucket_by`` and sorted by key."""

    name: str
    meaning: str
    key: tuple[str, ...]
    bucket_by: str
    columns: tuple[Column, ...]

    @property
    def arrow(self) -> pa.Schema:
        """The Arrow schema, in column order."""
        return pa.schema([(column.name, column.type) for column in self.columns])

    @property
    def bits(self) -> dict[str, int]:
        """Return the bit of ``known_empty`` for each column; none in a table without ``known_empty``.

        Lakes keep these bits, so a new column goes right before ``updated_at``: the earlier ones keep theirs.
        """
        if KNOWN_EMPTY.name not in self.names:
            return {}
        own = {*self.key, *_BOOKKEEPING}
        return {name: 1 << place for place, name in enumerate(self.names) if name not in own}

    @property
    def partitioned_arrow(self) -> pa.Schema:
        """The Arrow schema of the Delta table: the columns and the bucket that a row lies in."""
        return self.arrow.append(pa.field("bucket", pa.int32()))

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)


_UPDATED_AT = Column(
    "updated_at",
    TIMESTAMP,
    "when iNaturalist last changed the observation this was read from; empty: unknown",
)
_SOURCE = Column("source", pa.string(), "which source the row came from, one of SOURCES")
KNOWN_EMPTY = Column(
    "known_empty",
    pa.int64(),
    "the columns that are empty on iNaturalist, one bit each (`Table.bits`); other empty columns are unknown",
)
LINEAGE = Column(
    "lineage",
    pa.string(),
    "names by rank, of itself and its ancestors, as a file without their ids gives them: a JSON object, the"
    " highest rank first; empty: unknown",
)
#: Columns that came after lakes were made: files without them are read as if they were empty.
_ADDED = frozenset({LINEAGE.name})
#: Columns about a row, not about what it describes.
_BOOKKEEPING = ("updated_at", "source", "known_empty", "lists_photos", "lists_identifications")

TAXA = Table(
    name="taxa",
    meaning="one row per taxon, with its place in the tree",
    key=("taxon_id",),
    bucket_by="taxon_id",
    columns=(
        Column("taxon_id", pa.int64(), "iNaturalist's id"),
        Column(
            "ancestry",
            pa.string(),
            "ids of its ancestors from the root, '/'-separated, without itself; '': a root; null: unknown",
        ),
        Column("name", pa.string(), "scientific name"),
        Column("common_name", pa.string(), "English common name"),
        Column("rank", pa.string(), "iNaturalist's rank, lower case: species, genus, ..."),
        Column(
            "rank_level",
            pa.float64(),
            "iNaturalist's rank level: species 10, genus 20, family 30, ... 100 for the root",
        ),
        Column("is_active", pa.bool_(), "false: a synonym, replaced by a taxon change"),
        Column("is_extinct", pa.bool_(), "globally extinct (IUCN EX)"),
        Column(
            "iconic_taxon_id", pa.int64(), "the iconic group it lies in: Plantae 47126, Insecta 47158, ..."
        ),
        LINEAGE,
        _UPDATED_AT,
        _SOURCE,
    ),
)

OBSERVATIONS = Table(
    name="observations",
    meaning="one row per observation: a person saw an organism at a place and time",
    key=("observation_id",),
    bucket_by="observation_id",
    columns=(
        Column(
            "observation_id",
            pa.int64(),
            "iNaturalist's id; below zero: made from the UUID by surrogate_id, for the dump gives no id",
        ),
        Column("observation_uuid", pa.string(), "iNaturalist's UUID, lower case"),
        Column("taxon_id", pa.int64(), "the taxon the observation shows"),
        Column("community_taxon_id", pa.int64(), "the community taxon, as iNaturalist computed it"),
        Column("quality_grade", pa.string(), "research, needs_id or casual"),
        Column("observer_id", pa.int64(), "the observer's user id"),
        Column("observed_on", pa.date32(), "the day it was seen, where it was seen"),
        Column("created_at", TIMESTAMP, "when it was put on iNaturalist"),
        Column("latitude", pa.float64(), "public latitude, degrees north (WGS 84)"),
        Column("longitude", pa.float64(), "public longitude, degrees east (WGS 84)"),
        Column("positional_accuracy", pa.float64(), "public accuracy of the place, metres"),
        Column("is_obscured", pa.bool_(), "the public place was moved on purpose"),
        Column("is_captive", pa.bool_(), "captive or cultivated"),
        Column("is_flagged", pa.bool_(), "has an unresolved flag"),
        Column(
            "fails_quality_metric",
            pa.bool_(),
            "voted to fail a data-quality metric other than 'wild'",
        ),
        Column("identification_agreements", pa.int32(), "identifications that agree with taxon_id"),
        Column(
            "identification_disagreements",
            pa.int32(),
            "identifications that disagree with taxon_id",
        ),
        Column("is_out_of_range", pa.bool_(), "outside the taxon's range map"),
        Column(
            "anomaly_score",
            pa.float64(),
            "the dump's geo-model anomaly score: larger is less expected there",
        ),
        _UPDATED_AT,
        _SOURCE,
        KNOWN_EMPTY,
        Column("lists_photos", pa.bool_(), "all its photos are in the lake; empty: there may be others"),
        Column(
            "lists_identifications",
            pa.bool_(),
            "all its identifications are in the lake; empty: there may be others",
        ),
    ),
)

PHOTOS = Table(
    name="photos",
    meaning="one row per photo of an observation; one photo may belong to several observations",
    key=("observation_id", "photo_id"),
    bucket_by="observation_id",
    columns=(
        Column("observation_id", pa.int64(), "the observation it belongs to"),
        Column("photo_id", pa.int64(), "iNaturalist's id"),
        Column("position", pa.int32(), "place in the observation's order, 0 first"),
        Column(
            "host",
            pa.string(),
            "where the file lies: 'open-data' (the public bucket), 'static' (iNaturalist's own server) or"
            " 'elsewhere' (not a file of iNaturalist's: unusable); empty: its address is unknown",
        ),
        Column("extension", pa.string(), "file extension without the dot: jpg, jpeg, png, ..."),
        Column(
            "license",
            pa.string(),
            "Creative Commons code, lower case (cc-by-nc, cc0); empty: all rights reserved or unknown",
        ),
        Column("width", pa.int32(), "original width, pixels"),
        Column("height", pa.int32(), "original height, pixels"),
        Column("is_flagged", pa.bool_(), "has an unresolved flag"),
        Column("is_hidden", pa.bool_(), "hidden by staff"),
        _UPDATED_AT,
        _SOURCE,
        KNOWN_EMPTY,
    ),
)

IDENTIFICATIONS = Table(
    name="identifications",
    meaning="one row per identification of an observation, current or not",
    key=("observation_id", "identification_id"),
    bucket_by="observation_id",
    columns=(
        Column("observation_id", pa.int64(), "the observation it was made on"),
        Column("identification_id", pa.int64(), "iNaturalist's id; grows with time"),
        Column("user_id", pa.int64(), "the identifier's user id"),
        Column("taxon_id", pa.int64(), "the taxon it names"),
        Column("created_at", TIMESTAMP, "when it was made"),
        Column(
            "is_current",
            pa.bool_(),
            "false: withdrawn, or replaced by a later one of the same person",
        ),
        Column("is_own_observation", pa.bool_(), "made by the observer"),
        Column("is_vision", pa.bool_(), "chosen from the computer-vision suggestions"),
        Column("is_hidden", pa.bool_(), "hidden by staff"),
        Column(
            "is_disagreement",
            pa.bool_(),
            "says explicitly that the finer previous taxon is wrong; empty: before that was an option",
        ),
        Column("previous_observation_taxon_id", pa.int64(), "the observation's taxon when it was made"),
        Column("category", pa.string(), "leading, improving, supporting or maverick"),
        Column("is_taxon_change", pa.bool_(), "made by a taxon change, nobody's judgement"),
        _UPDATED_AT,
        _SOURCE,
        KNOWN_EMPTY,
    ),
)

COMMON_NAMES = Table(
    name="common_names",
    meaning="one row per common name of a taxon in a language, as iNaturalist's taxonomy archive lists them",
    key=("taxon_id", "lexicon", "language", "name"),
    bucket_by="taxon_id",
    columns=(
        Column("taxon_id", pa.int64(), "the taxon, which the lake may not know"),
        Column("lexicon", pa.string(), "iNaturalist's name for the language: Spanish; '': unknown"),
        Column("language", pa.string(), "the language as a locale: en, es-MX, zh-Hant; und: unknown"),
        Column("name", pa.string(), "the common name"),
        Column("is_local", pa.bool_(), "said to be used in some places only"),
        Column("position", pa.int32(), "its place in its file, 1 first: iNaturalist's oldest name first"),
        Column("updated_at", TIMESTAMP, "when the newest name of its file was made; empty: unknown"),
        _SOURCE,
    ),
)

#: In the order in which they are merged: what is read of an observation decides about its photos.
TABLES = {table.name: table for table in (TAXA, OBSERVATIONS, PHOTOS, IDENTIFICATIONS, COMMON_NAMES)}
#: Tables that came after lakes were made: a lake has a folder for one once it has rows of it.
LATER_TABLES = frozenset({COMMON_NAMES.name})


def unknown_sql(table: Table, column: str) -> str:
    """Return a DuckDB condition on a row: the column is empty, and not known to be empty on iNaturalist."""
    return f"({column} IS NULL AND coalesce({KNOWN_EMPTY.name}, 0) & {table.bits[column]} = 0)"


def surrogate_id(observation_uuid: str) -> int:
    """The id below zero that stands for an observation of which only the UUID is known.

    60 random bits of the (version 4) UUID: every hex digit of its first three groups but the version.
    """
    digits = observation_uuid.lower()
    return -1 - int(digits[0:8] + digits[9:13] + digits[15:18], 16)


def surrogate_id_sql(uuid: str) -> str:
    """`surrogate_id` as a DuckDB expression over the column or expression ``uuid``."""
    digits = f"substr({uuid}, 1, 8) || substr({uuid}, 10, 4) || substr({uuid}, 16, 3)"
    return f"(-1 - CAST('0x' || {digits} AS BIGINT))"


def bucket_sql(identifier: str) -> str:
    """The bucket of an id as a DuckDB expression: ranges of ids, and 128 ranges of surrogates below zero."""
    return (
        f"CAST(CASE WHEN {identifier} >= 0 THEN {identifier} >> {BUCKET_BITS}"
        f" ELSE -1 - ((-1 - {identifier}) >> 53) END AS INTEGER)"
    )


def check_columns(table: Table, path: LakePath) -> None:
    """DataError if a Parquet file of a table lacks columns: an earlier version of Leafline wrote it."""
    try:
        with path.open("rb") as stream:
            missing = sorted({*table.names} - {*pq.read_schema(stream).names} - _ADDED)
    except (pa.ArrowInvalid, OSError):
        return  # A damaged file; whoever reads it says so.
    if missing:
        raise DataError(
            f"{path}: written by an earlier version of Leafline (it has no {', '.join(missing)});"
            " load the data again into a new folder"
        )


def read_sql(table: Table, paths: list[str], *, file_number: bool = False) -> str:
    """A DuckDB SELECT of a table's columns from Parquet files; of no rows where there are no files.

    With ``file_number`` also of that column, which only staged rows have.
    """
    types = {column.name: column.sql_type for column in table.columns}
    if file_number:
        types["file_number"] = "INTEGER"
    nulls = ", ".join(f"CAST(NULL AS {sql_type}) AS {name}" for name, sql_type in types.items())
    none = f"SELECT {nulls} WHERE false"
    if not paths:
        return none
    files = f"read_parquet({read_paths(paths)}, hive_partitioning = false, union_by_name = true)"
    if _ADDED.isdisjoint(types):
        return f"SELECT {', '.join(types)} FROM {files.replace(', union_by_name = true', '')}"
    return f"SELECT {', '.join(types)} FROM ({none} UNION ALL BY NAME FROM {files})"
