"""What each version of the lake changed: the observations that differ, as they were before and as they are.

`exporter.merge` knows which observations it alters, and has both states at hand. They are kept beside the
versions, so that whatever was computed from one version becomes that of a later one by taking away what the
changed observations gave and adding what they give now: at the cost of the changes, not of the lake.

Layout: ``changes/version=N/`` in the lake's folder (of a lake in an object store: this machine's) has a file
for each of the tables observations, photos and identifications, with all rows of every observation that
version N changed in any of them, and ``changes.json``. That names both versions by the digests of their
files: a record never serves another lake.

Nothing depends on a record: where one is missing, the whole is computed. So there is none of a version that
changes much (`MOST_SHARE`), old ones are removed once they would add up to that, and a backup leaves them
out.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from exporter.durable import make_folder, new_folder
from exporter.manifest import digest as file_digest
from exporter.schema import COMMON_NAMES, OBSERVATIONS, TABLES, TAXA, Table, read_sql
from exporter.sql_paths import read_paths, written_path
from exporter.versions import LakeVersion

#: Changes to a larger share of the lake's observations are not kept: the whole costs hardly more.
MOST_SHARE = 0.05
#: Versions whose changes are kept at most.
MOST_VERSIONS = 1_000
#: The tables of which rows are kept.
KEPT = tuple(table for table in TABLES.values() if table not in (TAXA, COMMON_NAMES))
BEFORE, AFTER = "before", "after"

_SUMMARY = "changes.json"
#: What a merge fills: the ids of what it alters.
IDS = {OBSERVATIONS.bucket_by: "changed_observations", TAXA.bucket_by: "changed_taxa"}
#: What a taxon is, as against when and where its row was read.
_OF_TAXON = ", ".join(name for name in TAXA.names if name not in ("updated_at", "source"))

Paths = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Captured:
    """What one merge changed: files in a folder, by table.

    whole:        how many observations there were. observations: how many it changed.
    taxa:         how many are others than before, but for the time and the source of their rows.
    """

    folder: Path
    whole: int
    observations: int
    taxa: int


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables `IDS`, for a merge to fill."""
    for key, name in IDS.items():
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({key} BIGINT)")


def capture(
    con: duckdb.DuckDBPyConnection, folder: Path, number: int, before: Paths, after: Paths, whole: int
) -> Captured | None:
    """Write the changed observations of a merge into a new folder; None if they are too many.

    con:           has the tables `IDS`.
    number:        of the version that the merge makes.
    before, after: by table, the files of the buckets that the merge touched, as they were and as they are.
    whole:         how many observations there were.
    """
    [(observations,)] = con.execute(
        f"SELECT count(DISTINCT observation_id) FROM {IDS[OBSERVATIONS.bucket_by]}"
    ).fetchall()
    if observations > MOST_SHARE * whole:
        return None
    shutil.rmtree(folder, ignore_errors=True)  # of a merge that another process outran
    folder.mkdir()
    for table in KEPT:
        sides = " UNION ALL ".join(
            f"SELECT *, {is_after} AS is_after, {number} AS version"
            f" FROM ({read_sql(table, list(paths[table.name]))})"
            f" SEMI JOIN {IDS[table.bucket_by]} USING ({table.bucket_by})"
            for paths, is_after in ((before, False), (after, True))
        )
        con.execute(f"COPY ({sides}) TO {written_path(_file(folder, table))} (FORMAT parquet)")
    return Captured(folder, whole, observations, _changed_taxa(con, before[TAXA.name], after[TAXA.name]))


def _changed_taxa(con: duckdb.DuckDBPyConnection, before: Sequence[str], after: Sequence[str]) -> int:
    was, now = (
        f"SELECT {_OF_TAXON} FROM ({read_sql(TAXA, list(paths))}) SEMI JOIN {IDS[TAXA.bucket_by]}"
        f" USING ({TAXA.bucket_by})"
        for paths in (before, after)
    )
    return int(con.execute(f"SELECT count(*) FROM ({now} EXCEPT {was})").fetchall()[0][0])


@dataclass(frozen=True)
class Changed:
    """What differs between two versions of the lake: the record of each version after the first."""

    folders: tuple[Path, ...]
    observations: int
    taxa: int

    @contextmanager
    def sides(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection with the tables of `KEPT` in two schemas, `BEFORE` and `AFTER`.

        Each has the rows of every changed observation: as they were in the first version, and as they are in
        the last. `look_at` chooses the schema that names without one mean.
        """
        with duckdb.connect(config={"threads": 1}) as con:
            con.execute("SET TimeZone = 'UTC'")
            self._read(con)
            yield con

    def _read(self, con: duckdb.DuckDBPyConnection) -> None:
        rows = {table.name: _rows(table, self.folders) for table in KEPT}
        ids = " UNION ALL ".join(f"SELECT observation_id, version FROM ({each})" for each in rows.values())
        con.execute(
            "CREATE TEMP TABLE spans AS SELECT observation_id, min(version) AS first, max(version) AS last"
            f" FROM ({ids}) GROUP BY observation_id"
        )
        for side, version in ((BEFORE, "first"), (AFTER, "last")):
            con.execute(f"CREATE SCHEMA {side}")
            for table in KEPT:
                con.execute(
                    f"CREATE TABLE {side}.{table.name} AS SELECT {', '.join(table.names)}"
                    f" FROM ({rows[table.name]}) JOIN spans USING (observation_id)"
                    f" WHERE version = {version} AND is_after = {side == AFTER}"
                )


def look_at(con: duckdb.DuckDBPyConnection, side: str) -> None:
    """Let names of tables mean those of one of the two schemas of `Changed.sides`."""
    con.execute(f"SET search_path = '{side}'")


def _rows(table: Table, folders: Sequence[Path]) -> str:
    """All recorded rows of a table, with ``is_after`` and the ``version``; no rows where nothing changed."""
    if not folders:
        return f"SELECT *, true AS is_after, 0 AS version FROM ({read_sql(table, [])})"
    paths = read_paths([_file(folder, table) for folder in folders])
    return (
        f"SELECT {', '.join(table.names)}, is_after, version"
        f" FROM read_parquet({paths}, hive_partitioning = false, union_by_name = true)"
    )


class ChangeFiles:
    """The folder ``changes`` of a lake."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def record(self, base: LakeVersion, version: LakeVersion, captured: Captured | None) -> None:
        """Keep what makes one version the next, and remove what is of use no more."""
        if captured is None:
            self._remove(self.numbers())
            return
        self._remove([version.number])
        make_folder(self.folder)
        summary = {
            "files": {table.name: file_digest(_file(captured.folder, table)) for table in KEPT},
            "base": base.number,
            "base_digests": base.digests,
            "digests": version.digests,
            "observations": captured.observations,
            "taxa": captured.taxa,
        }
        with new_folder(self._path(version.number)) as folder:
            for table in KEPT:
                shutil.copyfile(_file(captured.folder, table), _file(folder, table))
            (folder / _SUMMARY).write_text(json.dumps(summary))
        self._remove(self._beyond(MOST_SHARE * captured.whole))

    def _beyond(self, most: float) -> list[int]:
        """The records that with those since would be of too many observations, or are too many."""
        total, kept = 0, 0
        newest_first = self.numbers()[::-1]
        for number in newest_first:
            summary = self._summary(number)
            total += summary["observations"] if summary else 0
            if summary is None or total > most or kept >= MOST_VERSIONS:
                break
            kept += 1
        return newest_first[kept:]

    def _remove(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            shutil.rmtree(self._path(number), ignore_errors=True)

    def numbers(self) -> list[int]:
        """Return the versions of which there are records, in order."""
        names = (path.name.removeprefix("version=") for path in self.folder.glob("version=*"))
        return sorted(int(name) for name in names if name.isdecimal())

    def between(self, since: LakeVersion, until: LakeVersion) -> Changed | None:
        """Return what makes one version a later one; None where a record between is missing or damaged."""
        folders: list[Path] = []
        observations = taxa = 0
        number, digests = until.number, until.digests
        while (number, digests) != (since.number, since.digests):
            summary = self._summary(number)
            if not digests or summary is None or summary["digests"] != digests or number <= since.number:
                return None
            if not self._is_whole(number, summary):
                return None
            folders.append(self._path(number))
            observations, taxa = observations + summary["observations"], taxa + summary["taxa"]
            number, digests = summary["base"], summary["base_digests"]
        return Changed(tuple(reversed(folders)), observations, taxa)

    def _is_whole(self, number: int, summary: dict[str, Any]) -> bool:
        """Whether the files of a record are those that were written."""
        try:
            folder = self._path(number)
            return all(file_digest(_file(folder, table)) == summary["files"][table.name] for table in KEPT)
        except (OSError, KeyError, TypeError):
            return False

    def _summary(self, number: int) -> dict[str, Any] | None:
        try:
            result = json.loads((self._path(number) / _SUMMARY).read_bytes())
            return result if isinstance(result, dict) else None
        except (OSError, ValueError):
            return None

    def _path(self, number: int) -> Path:
        return self.folder / f"version={number}"


def _file(folder: Path, table: Table) -> Path:
    return folder / f"{table.name}.parquet"
