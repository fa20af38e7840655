"""The lake: four Delta tables under one version number.

Folder layout: ``<root>/<table>/`` is a Delta table in partitions ``bucket=N``; ``<root>/versions/N.json``
says which version of each table makes up version N of the lake. Delta commits one table at a time, so the
version file is what makes an ingest of several tables whole: readers see tables only through it, and what
a killed ingest left behind it is undone by the next.
"""

import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from deltalake import DeltaTable

from exporter.errors import DataError
from exporter.merge import Changes, Merge
from exporter.schema import TABLES, TAXA, read_sql
from exporter.staging import Staging

_LEFTOVERS_AGE_S = 24 * 3600

#: The root of the tree, as SQL.
_LIFE = {
    "taxon_id": "48460",
    "ancestry": "''",
    "name": "'Life'",
    "rank": "'stateofmatter'",
    "rank_level": "100",
    "is_active": "true",
    "is_extinct": "false",
    "source": "'taxonomy'",
}


@dataclass(frozen=True)
class LakeVersion:
    """One state of the lake. Never changes once written, so a snapshot can pin it."""

    number: int
    created_at: datetime
    #: Delta version of each table.
    tables: dict[str, int]
    #: True once anything simulated was loaded: then it is said wherever the data show.
    is_simulated: bool


class Lake:
    """A lake in a local folder. Made on first write; any number of processes may read and write it."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self._versions = self.root / "versions"

    def latest(self) -> LakeVersion | None:
        """The newest version, or None for a lake that nothing was loaded into."""
        numbers = [int(path.stem) for path in self._versions.glob("*.json")]
        return self.at(max(numbers)) if numbers else None

    def newest(self) -> LakeVersion:
        """The newest version. DataError if the lake is empty."""
        version = self.latest()
        if version is None:
            raise DataError(
                f"{self.root}: the lake is empty; load data with `python -m exporter ingest PATH`"
            )
        return version

    def at(self, number: int) -> LakeVersion:
        """The version with this number. DataError if there is none."""
        try:
            stored = json.loads(self._version_path(number).read_text())
        except FileNotFoundError:
            raise DataError(f"{self.root}: the lake has no version {number}; give one that exists") from None
        stored["created_at"] = datetime.fromisoformat(stored["created_at"])
        return LakeVersion(**stored)

    def files(self, table: str, version: LakeVersion) -> dict[int, list[str]]:
        """The Parquet files of one table, by bucket."""
        found: dict[int, list[str]] = {}
        for path in DeltaTable(self.root / table, version=version.tables[table]).file_uris():
            bucket = int(Path(path).parent.name.removeprefix("bucket="))
            found.setdefault(bucket, []).append(path)
        return {bucket: sorted(found[bucket]) for bucket in sorted(found)}

    def connect(
        self,
        version: LakeVersion | None = None,
        *,
        memory_limit: str = "1GB",
        threads: int | None = None,
    ) -> duckdb.DuckDBPyConnection:
        """A DuckDB connection with the four tables as views, at one version (default: the newest).

        What does not fit in ``memory_limit`` spills to ``<root>/spill``. DataError if the lake is empty.
        """
        pinned = version or self.newest()
        connection = _connection(self.root / "spill" / uuid.uuid4().hex, memory_limit, threads)
        for table in TABLES.values():
            paths = [path for bucket in self.files(table.name, pinned).values() for path in bucket]
            rows = read_sql(table, paths)
            connection.execute(f"CREATE VIEW {table.name} AS {with_life(rows) if table is TAXA else rows}")
        return connection

    @contextmanager
    def staging(self, *, memory_limit: str = "1GB") -> Iterator[Staging]:
        """A place to put rows before `upsert`. Gone when the block ends, whatever happened in it."""
        parent = self.root / "staging"
        parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(parent)
        _remove_leftovers(self.root / "spill")
        folder = parent / uuid.uuid4().hex
        folder.mkdir()
        connection = _connection(folder / "spill", memory_limit, None)
        try:
            yield Staging(folder, connection)
        finally:
            connection.close()
            shutil.rmtree(folder, ignore_errors=True)

    def upsert(self, staging: Staging) -> dict[str, Changes]:
        """Merge what was staged into the lake as one new version; none is made if nothing changes.

        The rows' rule is told in `exporter.merge`. Writers take turns; readers are never blocked.
        """
        with self._exclusive():
            base = self._base()
            merge = Merge(staging, {name: self.files(name, base) for name in TABLES})
            changes = merge.run()
            is_simulated = base.is_simulated or staging.is_simulated
            if merge.is_changed or is_simulated != base.is_simulated:
                tables = {name: merge.commit(name, self.root / name) for name in TABLES}
                self._write(LakeVersion(base.number + 1, datetime.now(UTC), tables, is_simulated))
        return changes

    def _base(self) -> LakeVersion:
        """The newest version, with every Delta table's newest version put back to it."""
        base = self.latest() or LakeVersion(0, datetime.now(UTC), dict.fromkeys(TABLES, 0), False)
        restored = {}
        for table in TABLES.values():
            delta = DeltaTable.create(
                self.root / table.name,
                schema=table.partitioned_arrow,
                mode="ignore",
                partition_by=["bucket"],
            )
            if delta.version() > base.tables[table.name]:
                delta.restore(base.tables[table.name])
            restored[table.name] = delta.version()
        return LakeVersion(base.number, base.created_at, restored, base.is_simulated)

    def _write(self, version: LakeVersion) -> None:
        self._versions.mkdir(exist_ok=True)
        content = {**version.__dict__, "created_at": version.created_at.isoformat()}
        temporary = self._versions / f".{uuid.uuid4().hex}"
        with temporary.open("w") as stream:
            json.dump(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.rename(self._version_path(version.number))

    def _version_path(self, number: int) -> Path:
        return self._versions / f"{number:08d}.json"

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as lock:
            # The kernel lets go of it when the process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def with_life(taxa: str) -> str:
    """A SELECT of taxa, and of their root with them, which API records and vision exports leave out."""
    columns = ", ".join(
        f"CAST({_LIFE.get(column.name, 'NULL')} AS {column.sql_type})" for column in TAXA.columns
    )
    return (
        f"{taxa} UNION ALL SELECT {columns} WHERE {_LIFE['taxon_id']} NOT IN (SELECT taxon_id FROM ({taxa}))"
    )


def _connection(spill: Path, memory_limit: str, threads: int | None) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(spill),
        "memory_limit": memory_limit,
    }
    if threads is not None:
        settings["threads"] = threads
    connection = duckdb.connect(config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    # Sorted output is asked for where it matters; keeping input order besides costs memory.
    connection.execute("SET preserve_insertion_order = false")
    return connection


def _remove_leftovers(parent: Path) -> None:
    """Remove what killed processes left: folders that nobody touched for a day."""
    if not parent.exists():
        return
    for folder in parent.iterdir():
        if time.time() - folder.stat().st_mtime > _LEFTOVERS_AGE_S:
            shutil.rmtree(folder, ignore_errors=True)
