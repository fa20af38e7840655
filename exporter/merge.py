"""How staged rows become the lake's next version.

The rule, for a row that is in the lake and comes in again:

- the row with the newer ``updated_at`` wins; an unknown one counts as oldest; a tie goes to the more detailed
  source, and between rows of one source to the one that comes in;
- a field that the winner does not know is taken from the loser: one that is empty, and not known to be
  empty (``known_empty`` in `exporter.schema`). What a record leaves out never erases anything;
- of two lineages (names without ids) the longer is kept, so that it does not matter which came first;
- an observation row that lists all photos (or identifications) of its observation replaces those in the
  lake as a set if it wins, or if the lake has no such list yet. Once there is a list, other rows no longer
  add to it, they only fill what it leaves out; a row that does not mention them leaves the set alone;
- of a taxon's common names in a language those of the newest file count, and of files as new those of all:
  so it does not matter which file came first;
- an observation known by UUID alone takes its id as soon as any row has both (`exporter.surrogates`).

What was altered is kept beside the lake's versions (`exporter.changes`).

The work goes bucket by bucket, so memory is bounded by a bucket's size, not by the lake's.
"""

import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from exporter.changes import IDS, Captured, capture, prepare
from exporter.manifest import digest as file_digest
from exporter.merge_sql import (
    children_sql,
    merge_names_sql,
    merge_sql,
    one_per_key_sql,
    repeats_sql,
    winners_sql,
)
from exporter.schema import (
    COMMON_NAMES,
    LATER_TABLES,
    OBSERVATIONS,
    SOURCES,
    TABLES,
    Table,
    bucket_sql,
    read_sql,
)
from exporter.sql_paths import written_path
from exporter.staging import Staging
from exporter.storage import LakePath, Storage
from exporter.storage.delta import open_table
from exporter.surrogates import join_known_observations
from exporter.table_files import ID_KEY, add_actions, commit, listed_files
from exporter.versions import LakeVersion

_CHILD_TABLES = ("photos", "identifications")


@dataclass(frozen=True)
class Changes:
    """Rows of one table: staged, added to the lake, and altered or removed in it."""

    read: int
    new: int
    changed: int


class Merge:
    """One merge of a `Staging` into the files of a lake version, given by table and bucket."""

    def __init__(self, staging: Staging, lake: dict[str, dict[int, list[str]]]) -> None:
        self._staging = staging
        self._con = staging.con
        self._lake = lake
        #: The file that replaces a bucket's; None where no row is left in it.
        self._written: dict[str, dict[int, Path | None]] = {name: {} for name in TABLES}
        self._new = dict.fromkeys(TABLES, 0)
        self._changed = dict.fromkeys(TABLES, 0)
        #: The sources of which a staged observation lists its photos or its identifications.
        self._listing: frozenset[str] = frozenset()

    @property
    def is_changed(self) -> bool:
        """Whether the merge altered any table."""
        return bool(self.tables)

    @property
    def tables(self) -> set[str]:
        """The tables that the merge altered."""
        return {name for name, written in self._written.items() if written}

    def run(self, *, may_begin_again: bool) -> dict[str, Changes]:
        """Merge every table, writing the new files into the staging folder.

        may_begin_again: another process may be faster, so that this staging is merged once more.
        """
        read = {name: self._count(self._staging.read_sql(name)) for name in TABLES}
        prepare(self._con)
        join_known_observations(self._staging, self._lake)
        self._con.execute(f"INSERT INTO {IDS[OBSERVATIONS.bucket_by]} SELECT surrogate FROM moved")
        for name in _CHILD_TABLES:
            self._con.execute(
                f"CREATE OR REPLACE TEMP TABLE winners_{name}"
                " (observation_id BIGINT, file_number INTEGER, source VARCHAR)"
            )
        self._listing = self._sources_with_lists()
        touched = {name: self._staging.distribute(name, keep=may_begin_again) for name in TABLES}
        for name in ("taxa", COMMON_NAMES.name):
            for bucket in sorted(touched[name]):
                self._merge_bucket(TABLES[name], bucket)
        moved = self._con.execute(f"SELECT DISTINCT {bucket_sql('surrogate')} FROM moved").fetchall()
        families = [touched[name] for name in ("observations", *_CHILD_TABLES)]
        for bucket in sorted({row[0] for row in moved}.union(*families)):
            self._merge_observations(bucket)
        return {
            name: Changes(read[name], self._new[name], self._changed[name])
            for name in TABLES
            if read[name] or name not in LATER_TABLES
        }

    def capture(self, number: int) -> Captured | None:
        """Write what `run` changed into the staging folder, before `commit`; None if that is too much.

        number: of the version that comes of it.
        """
        families = [self._written[name] for name in ("observations", *_CHILD_TABLES)]
        buckets = {name: set().union(*families) for name in ("observations", *_CHILD_TABLES)}
        buckets["taxa"] = set(self._written["taxa"])
        before = {name: _of_buckets(buckets[name], self._lake[name]) for name in buckets}
        after = {
            name: _of_buckets(buckets[name], self._lake[name] | _paths(self._written[name]))
            for name in buckets
        }
        paths = [path for files in self._lake["observations"].values() for path in files]
        whole = self._count(read_sql(OBSERVATIONS, paths))
        return capture(self._con, self._staging.folder / "changes", number, before, after, whole)

    def commit(self, name: str, storage: Storage[Any], base: LakeVersion) -> int:
        """Put a table's new files in place as one Delta version; gives that version's number.

        Where entries of the log that no version of the lake names come after the base's, this one takes back
        what they did. LostRaceError if another writes an entry at the same time.
        """
        pinned, written = base.tables[name], self._written[name]
        if not written:
            return pinned
        folder = storage.root / name
        delta = open_table(folder)
        newest = int(delta.version())
        astray = _differing(folder, pinned, newest) - set(written) if newest != pinned else set()
        actions = [
            _add_action(TABLES[name], bucket, file, storage) for bucket, file in written.items() if file
        ]
        return commit(delta, [*actions, *add_actions(folder, pinned, astray)], [*written, *astray])

    def _merge_observations(self, bucket: int) -> None:
        """Merge a bucket of observations, then the photos and identifications that hang on them."""
        for name in _CHILD_TABLES if self._listing else ():
            self._con.execute(f"DELETE FROM winners_{name}")
        observations = self._merge_bucket(OBSERVATIONS, bucket)
        for name in _CHILD_TABLES:
            self._con.execute(f"CREATE OR REPLACE TEMP VIEW winners AS FROM winners_{name}")
            self._con.execute(
                "CREATE OR REPLACE TEMP VIEW listed AS"
                f" SELECT observation_id FROM ({observations}) WHERE lists_{name}"
            )
            self._merge_bucket(TABLES[name], bucket)

    def _merge_bucket(self, table: Table, bucket: int) -> str:
        """Merge the staged rows of one bucket, least detailed source first; gives a SELECT of the result."""
        current = read_sql(table, self._lake[table.name].get(bucket, []))
        alterations = 0
        if bucket < 0 and table.bucket_by == OBSERVATIONS.bucket_by:
            moved = f"SELECT s.* FROM ({current}) AS s {{}} JOIN moved ON moved.surrogate = s.observation_id"
            alterations = self._count(moved.format("SEMI"))
            current = moved.format("ANTI")
            self._changed[table.name] += alterations
        for source in SOURCES:
            incoming = self._incoming_sql(table, bucket, source, current)
            if incoming is None:
                continue
            self._con.execute(f"CREATE OR REPLACE TEMP TABLE incoming AS {incoming}")
            if table is OBSERVATIONS:
                self._note_winners(source, bucket, current)
            current, altered = self._merge_source(table, source, current)
            alterations += altered
        if alterations:
            self._write(table, bucket, current)
        return current

    def _incoming_sql(self, table: Table, bucket: int, source: str, current: str) -> str | None:
        """The staged rows of one bucket and source, one a key; None where they alter nothing."""
        staged = self._staging.bucket_sql(table.name, source, bucket)
        if table.name in _CHILD_TABLES:
            if staged is None and self._replaces_sets(table, source):
                staged = read_sql(table, [], file_number=True)
            staged = staged and children_sql(table, staged, current)
        if staged is None:
            return None
        if table is COMMON_NAMES:
            return staged
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE arrived AS {staged}")
        [(repeats,)] = self._con.execute(repeats_sql(table, "FROM arrived")).fetchall()
        return one_per_key_sql(table, "FROM arrived") if repeats else "FROM arrived"

    def _note_winners(self, source: str, bucket: int, current: str) -> None:
        """Note the staged observations of a source whose photos and identifications replace the lake's."""
        staged = self._staging.bucket_sql(OBSERVATIONS.name, source, bucket)
        for name in _CHILD_TABLES if source in self._listing else ():
            if staged is not None:
                self._con.execute(f"INSERT INTO winners_{name} {winners_sql(name, source, staged, current)}")

    def _replaces_sets(self, table: Table, source: str) -> bool:
        """Whether rows of a source list all photos, or all identifications, of some observation."""
        return (
            table.name in _CHILD_TABLES
            and source in self._listing
            and self._count(f"SELECT * FROM winners WHERE source = '{source}'") > 0
        )

    def _sources_with_lists(self) -> frozenset[str]:
        staged = self._staging.read_sql(OBSERVATIONS.name)
        rows = self._con.execute(
            f"SELECT DISTINCT source FROM ({staged}) WHERE lists_photos OR lists_identifications"
        ).fetchall()
        return frozenset(row[0] for row in rows)

    def _merge_source(self, table: Table, source: str, current: str) -> tuple[str, int]:
        """Merge the table ``incoming``; gives a SELECT of the result and the number of rows it altered."""
        merged = f"merged_{table.name}_{source}"
        if table is COMMON_NAMES:
            statement = merge_names_sql(current)
        else:
            statement = merge_sql(table, source, current, self._replaces_sets(table, source))
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE {merged} AS {statement}")
        new, changed = self._con.execute(
            "SELECT count(*) FILTER (WHERE state = 'new'),"
            f" count(*) FILTER (WHERE state IN ('changed', 'gone')) FROM {merged}"
        ).fetchall()[0]
        self._new[table.name] += new
        self._changed[table.name] += changed
        if new + changed and table is not COMMON_NAMES:
            self._con.execute(
                f"INSERT INTO {IDS[table.bucket_by]} SELECT {table.bucket_by} FROM {merged}"
                " WHERE state <> 'kept'"
            )
        return f"SELECT {', '.join(table.names)} FROM {merged} WHERE state <> 'gone'", new + changed

    def _write(self, table: Table, bucket: int, rows: str) -> None:
        if self._count(rows) == 0:
            self._written[table.name][bucket] = None
            return
        file_id = uuid.uuid4().hex
        file = self._staging.folder / f"{file_id}.parquet"
        self._con.execute(
            f"COPY ({rows} ORDER BY {', '.join(table.key)}) TO {written_path(file)}"
            f" (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{ID_KEY}: '{file_id}'}})"
        )
        self._written[table.name][bucket] = file

    def _count(self, select: str) -> int:
        return int(self._con.execute(f"SELECT count(*) FROM ({select})").fetchall()[0][0])


def _of_buckets(buckets: set[int], files: dict[int, list[str]]) -> list[str]:
    return [path for bucket in sorted(buckets) for path in files.get(bucket, [])]


def _paths(written: dict[int, Path | None]) -> dict[int, list[str]]:
    return {bucket: [str(path)] if path else [] for bucket, path in written.items()}


def _differing(folder: LakePath, one: int, other: int) -> set[int]:
    """The buckets that hold other files at one Delta version of a table than at another."""
    return {file.bucket for file in set(listed_files(folder, one)) ^ set(listed_files(folder, other))}


def _add_action(table: Table, bucket: int, file: Path, storage: Storage[Any]) -> AddAction:
    """Move a written file into its table's folder and describe it to Delta."""
    folder, name = f"bucket={bucket}", f"{file.stem}-{file_digest(file)}.parquet"
    action = AddAction(
        path=f"{folder}/{name}",
        size=file.stat().st_size,
        partition_values={"bucket": str(bucket)},
        modification_time=int(time.time() * 1000),
        data_change=True,
        stats=json.dumps(_statistics(table, file)),
    )
    storage.put(file, storage.root / table.name / folder / name)
    return action


def _statistics(table: Table, file: Path) -> dict[str, object]:
    """What Delta readers skip files by: the number of rows and the range of the bucketing id."""
    metadata = pq.read_metadata(file)
    column = table.names.index(table.bucket_by)
    groups = [metadata.row_group(i).column(column).statistics for i in range(metadata.num_row_groups)]
    return {
        "numRecords": metadata.num_rows,
        "minValues": {table.bucket_by: min(group.min for group in groups)},
        "maxValues": {table.bucket_by: max(group.max for group in groups)},
        "nullCount": {table.bucket_by: 0},
    }
