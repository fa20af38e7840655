"""The lake: five Delta tables under one version number.

Layout: ``<root>/<table>/`` is a Delta table in partitions ``bucket=N``; ``<root>/versions/N.json``
says which version of each table makes up version N of the lake. Delta commits one table at a time, so the
version file is what makes an ingest of several tables whole: readers see tables only through it, and what
a killed ingest left behind it is set aside, or written over, by the next.

All that a version names is on the disk before its file is. Where something of it is missing or damaged all
the same, a writer refuses, and a reader takes the newest version that is whole and says so.

Files lie in a folder or in an object store (`exporter.storage`). In a folder writers take turns by a lock. A
store has none that holds, so there the version file decides: it is written only if no other has its number,
and who comes too late merges again into the version that came first. In a table's log entries may lie between
those that versions name; the next entry takes back what they did.
"""

import logging
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from exporter.changes import ChangeFiles
from exporter.durable import held, remove_leftovers
from exporter.errors import DataError
from exporter.lineages import place_by_names
from exporter.merge import Changes, Merge
from exporter.query_engine import new_connection, query_engine, with_life
from exporter.schema import LATER_TABLES, OBSERVATIONS, TABLES, TAXA, Table, check_columns, read_sql
from exporter.staging import Staging
from exporter.storage import Address, LakePath, LostRaceError, below, storage_of
from exporter.table_files import (
    LOG,
    TableFile,
    check_files,
    create,
    digest,
    entry_version,
    log_fault,
    pinned_list,
)
from exporter.versions import ADVICE, LakeVersion, VersionFiles

__all__ = ["Lake", "LakeVersion"]

_log = logging.getLogger(__name__)

#: How often a writer begins again because another was faster; in turns nearly none is.
_MOST_TRIES = 10


class Lake:
    """A lake in a folder or an object store. Made on first write; any number of processes may read and write.

    DataError if no lake can have this address, or something else is there.
    """

    def __init__(self, root: Address) -> None:
        self.storage = storage_of(root)
        #: The folder of everything that is in the lake; `local` is one on this machine in any case.
        self.root: Any = self.storage.root
        self.local: Path = self.storage.local
        #: Where damaged and unpublished files are moved to: a folder for each time.
        self.set_aside_folder: LakePath = self.root / "set-aside"
        self.versions = VersionFiles(self.storage, self.set_aside_folder)
        #: On this machine in any case: a machine without the record of a change counts in full.
        self.changes = ChangeFiles(self.local / "changes")
        #: In a store: the files of tables' Delta versions, which take a dozen requests to list.
        self._lists: dict[tuple[str, int], list[TableFile]] = {}

    def latest(self) -> LakeVersion | None:
        """The newest version that is whole, or None for a lake that nothing was loaded into.

        Newer ones that are damaged are passed over: a warning in the log and `LakeVersion.faults` say which,
        and why. DataError if there are versions and none is whole.
        """
        faults: list[str] = []
        for number in reversed(self.versions.numbers()):
            try:
                version = self.versions.read(number)
                self.check(version)
            except DataError as fault:
                faults.append(str(fault))
                continue
            if faults:
                _log.warning(
                    "%s: version %d is damaged; reading version %d, which may lack what was loaded since: %s",
                    self.root,
                    self.versions.numbers()[-1],
                    number,
                    faults[0],
                )
            self._mention_strays()
            return replace(version, faults=tuple(faults))
        if faults:
            raise DataError(f"no version of the lake is whole: {faults[0]}")
        self.refuse_lost_versions()
        self._mention_strays()
        return None

    def require_latest(self) -> LakeVersion:
        """`latest`. DataError if the lake is empty."""
        version = self.latest()
        if version is None:
            raise DataError(
                f"{self.root}: the lake is empty; load data with `python -m exporter ingest PATH`"
            )
        return version

    def at(self, number: int) -> LakeVersion:
        """The version with this number. DataError if there is none, or its file is damaged."""
        return self.versions.read(number)

    def check(self, version: LakeVersion) -> None:
        """DataError that names the first file of a version that is missing or damaged, as far as is cheap."""
        for name in TABLES:
            self._pinned(name, version)

    def files(self, table: str, version: LakeVersion) -> dict[int, list[str]]:
        """The Parquet files of one table, by bucket. DataError if one is missing or damaged."""
        result: dict[int, list[str]] = {}
        files = self._pinned(table, version)
        for file in files:
            result.setdefault(file.bucket, []).append(str(file.path))
        for file in files[:1]:
            check_columns(TABLES[table], file.path)
        return result

    def connect(
        self,
        version: LakeVersion | None = None,
        *,
        memory_limit: str = "1GB",
        threads: int | None = None,
    ) -> duckdb.DuckDBPyConnection:
        """A DuckDB connection with the five tables as views, at one version (default: the newest).

        What does not fit in ``memory_limit`` spills to ``<local>/spill``. DataError if the lake is empty, or
        the version is damaged.
        """
        pinned = version or self.require_latest()
        files = {name: self.files(name, pinned) for name in TABLES}
        connection = query_engine(self.storage, memory_limit, threads)
        for table in TABLES.values():
            rows = read_sql(table, [path for bucket in files[table.name].values() for path in bucket])
            name = f"told_{table.name}" if table in (TAXA, OBSERVATIONS) else table.name
            connection.execute(f"CREATE VIEW {name} AS {with_life(rows) if table is TAXA else rows}")
        place_by_names(connection)
        return connection

    @contextmanager
    def staging(self, *, memory_limit: str = "1GB") -> Iterator[Staging]:
        """A place to put rows before `upsert`. Gone when the block ends, whatever happened in it.

        DataError if the lake's newest version is damaged: nothing could be merged into it.
        """
        self._newest_whole()
        self._mention_strays()
        parent = self.local / "staging"
        parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(parent.iterdir())
        with suppress(FileNotFoundError):
            remove_leftovers((self.local / "spill").iterdir())
        folder = parent / uuid.uuid4().hex
        folder.mkdir()
        connection = new_connection(self.storage, folder / "spill", memory_limit, None)
        try:
            with held(folder):
                yield Staging(folder, connection)
        finally:
            connection.close()
            shutil.rmtree(folder, ignore_errors=True)

    def upsert(self, staging: Staging) -> dict[str, Changes]:
        """Merge what was staged into the lake as one new version; none is made if nothing changes.

        `exporter.merge` has the rows' rule. Writers take turns; readers are never blocked. DataError
        if the lake's newest version is damaged.
        """
        with self.exclusive():
            for _ in range(_MOST_TRIES):
                try:
                    return self._merge(staging)
                except LostRaceError:
                    _log.warning("%s: another process was faster; merging into what it wrote", self.root)
        raise DataError(
            f"{self.root}: other processes were faster {_MOST_TRIES} times; nothing was written; try again"
        )

    def _merge(self, staging: Staging) -> dict[str, Changes]:
        """Merge into the newest version. LostRaceError if another process made a newer one meanwhile."""
        # Before the base is read: a version that comes after it has this number, or a higher one.
        number = self.versions.next_number()
        base = self._base()
        merge = Merge(staging, {name: self.files(name, base) for name in TABLES})
        changes = merge.run(may_begin_again=not self.storage.rules_out_others)
        is_simulated = base.is_simulated or staging.is_simulated
        if merge.is_changed or is_simulated != base.is_simulated:
            captured = merge.capture(number)
            for name in LATER_TABLES & merge.tables:
                if self._empty_version(name) < 0:
                    self._create(TABLES[name])
            tables = {name: merge.commit(name, self.storage, base) for name in TABLES}
            now = datetime.now(UTC)
            loaded_at = base.loaded_at | dict.fromkeys(staging.all_sources(), now)
            version = LakeVersion(number, now, tables, is_simulated, loaded_at=loaded_at)
            self.changes.record(base, self._publish(version, base), captured)
        return changes

    def set_aside(self, paths: Iterable[LakePath]) -> LakePath | None:
        """Move files of the lake out of the way, into a new folder below `set_aside_folder`; give that.

        They keep their path in it. None, and no folder, if there are no files.
        """
        folder = self.set_aside_folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        moved = False
        for path in paths:
            self.storage.move(path, below(folder, str(path.relative_to(self.root))))
            moved = True
        return folder if moved else None

    def _base(self) -> LakeVersion:
        """The newest version. Where nobody else writes, with every Delta table put back to it."""
        base = self._newest_whole()
        pinned = {name: self._empty_version(name) for name in TABLES} if base is None else base.tables
        if self.storage.rules_out_others:
            self._set_unpublished_aside(pinned)
        if base is not None:
            return base
        self.versions.begin()
        for table in TABLES.values():
            if pinned[table.name] < 0 and table.name not in LATER_TABLES:
                self._create(table)
        return LakeVersion(0, datetime.now(UTC), dict.fromkeys(TABLES, 0), False)

    def _create(self, table: Table) -> None:
        """Make a table; where another process does so at the same time, the table is its."""
        self.storage.make_folder(self.root / table.name)
        try:
            create(self.root / table.name, table)
        except DataError:
            if self.storage.rules_out_others or self._empty_version(table.name) < 0:
                raise

    def _set_unpublished_aside(self, pinned: Mapping[str, int]) -> None:
        """Move away the entries of the tables' logs that come after those that the newest version names."""
        unpublished = [
            path
            for name in TABLES
            for path in _log_files(self.root / name)
            if (number := entry_version(path)) is not None and number > pinned[name]
        ]
        # The hint names the newest checkpoint, which may be among these; without it Delta looks for itself.
        hints = {path.parent / "_last_checkpoint" for path in unpublished}
        if folder := self.set_aside([*unpublished, *(hint for hint in hints if hint.exists())]):
            _log.warning(
                "%s: log entries that no whole version names were moved here: a stopped ingest left them, or"
                " a damaged version did",
                folder,
            )

    def _empty_version(self, table: str) -> int:
        """The Delta version at which a table of a lake without versions is empty: 0; -1 if there is none."""
        folder = self.root / table
        return 0 if (folder / LOG).is_dir() and log_fault(folder, 0) is None else -1

    def _newest_whole(self) -> LakeVersion | None:
        """The newest version of all, for writers. DataError if it is damaged."""
        numbers = self.versions.numbers()
        try:
            if not numbers:
                self.refuse_lost_versions()
                return None
            version = self.versions.read(numbers[-1])
            self.check(version)
        except DataError as fault:
            raise DataError(f"{fault}; nothing was written") from None
        return version

    def _publish(self, version: LakeVersion, base: LakeVersion) -> LakeVersion:
        """Write a version's file, once all that it names is on the disk; give it with its digests."""
        files = {
            name: self.listed(name, base if version.tables[name] == base.tables[name] else version)
            for name in TABLES
        }
        for name, listed in files.items():
            if listed or name not in LATER_TABLES:
                self.storage.persist(self._written_since(base, name, listed))
        named = replace(version, digests={name: digest(listed) for name, listed in files.items()})
        self._write(named)
        return named

    def _written_since(self, base: LakeVersion, table: str, files: list[TableFile]) -> Iterator[LakePath]:
        """The files of a table that are newer than a version of the lake, and the folders that name them."""
        folder, pinned = self.root / table, base.tables[table]
        yield from (folder, folder / LOG)
        for path in _log_files(folder):
            number = entry_version(path)
            if number is None or number >= pinned:
                yield path
        for file in set(files).difference(pinned_list(folder, base)):
            yield from (file.path, file.path.parent)

    def _write(self, version: LakeVersion) -> None:
        self.versions.write(version)

    def refuse_lost_versions(self) -> None:
        """DataError if there is no version, but more in the tables than a stopped first ingest can leave."""
        if self.versions.numbers():
            return
        for name in TABLES:
            entries = [entry_version(path) or 0 for path in _log_files(self.root / name)]
            is_begun = self.versions.folder.is_dir()
            # In a store any number of first ingests may have been stopped, each with an entry of its own.
            is_more = self.storage.rules_out_others and max(entries, default=0) > 1
            if entries and (is_more or not is_begun):
                raise DataError(
                    f"{self.versions.folder}: the version files are missing, but {self.root / name} holds"
                    f" data; {ADVICE}"
                )

    def _mention_strays(self) -> None:
        """Say what lies among the versions and is none; not where a line says already what is wrong."""
        for path in self.versions.strays():
            _log.warning("%s: not a version file, ignored; move it elsewhere, or %s", path, ADVICE)

    def _pinned(self, table: str, version: LakeVersion) -> list[TableFile]:
        files = self.listed(table, version)
        if files:
            check_files(files, self.storage.sizes(self.root / table))
        return files

    def listed(self, table: str, version: LakeVersion) -> list[TableFile]:
        """The files of one table at a version. A store's are listed once: nothing changes an entry there."""
        key = (table, version.tables[table])
        if (known := self._lists.get(key)) and digest(known) == version.digests.get(table):
            return known
        files = pinned_list(self.root / table, version)
        if not self.storage.rules_out_others:
            self._lists[key] = files
        return files

    def exclusive(self) -> AbstractContextManager[None]:
        """Be the only writer of the lake; waits for its turn. In a store: see `exporter.storage.lease`."""
        return self.storage.exclusive()


def _log_files(folder: LakePath) -> list[LakePath]:
    log = folder / LOG
    return sorted(log.iterdir()) if log.is_dir() else []
