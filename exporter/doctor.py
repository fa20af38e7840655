"""What of a lake is whole, read to the last byte; and putting it back to its newest version that is.

Nothing is deleted: what is damaged is moved into the lake's folder ``set-aside``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa

from exporter.errors import DataError
from exporter.lake import Lake
from exporter.manifest import digest
from exporter.query_engine import query_engine
from exporter.schema import LATER_TABLES, TABLES, Table, bucket_sql, read_sql
from exporter.storage import LakePath
from exporter.table_files import (
    LOG,
    TableFile,
    checkpoints_of,
    file_fault,
    is_checkpoint_sound,
    pinned_list,
)
from exporter.versions import ADVICE, LakeVersion

SCHEMA = pa.schema(
    [
        ("version", pa.int64()),
        ("table", pa.string()),
        ("files", pa.int64()),
        ("rows", pa.int64()),
        ("state", pa.string()),
        ("fault", pa.string()),
    ]
)

_NEWEST_DELTA_VERSION = 10**20


@dataclass(frozen=True)
class Finding:
    """A table of a version that is whole, or one fault, and the version and table that have it."""

    version: int | None = None
    table: str | None = None
    files: int | None = None
    rows: int | None = None
    fault: str | None = None
    #: What to move out of the way, if that mends it.
    path: LakePath | None = None


@dataclass(frozen=True)
class Report:
    """The faults, the newest version that is whole, and whether the lake was put back to it."""

    lake: Lake
    findings: list[Finding]
    whole: LakeVersion | None
    is_restored: bool = False

    @property
    def faults(self) -> int:
        """The number of faults."""
        return sum(finding.fault is not None for finding in self.findings)

    @property
    def is_sound(self) -> bool:
        """Whether the lake can be used as it is now."""
        return self.is_restored or not self.faults

    @property
    def table(self) -> pa.Table:
        """The findings, newest version first, with the columns of `SCHEMA`."""
        rows = [
            {
                "version": finding.version,
                "table": finding.table,
                "files": finding.files,
                "rows": finding.rows,
                "state": "damaged" if finding.fault else "whole",
                "fault": finding.fault,
            }
            for finding in self.findings
        ]
        return pa.Table.from_pylist(rows, schema=SCHEMA)

    @property
    def conclusion(self) -> str:
        """What it comes to, and what to do, in one line."""
        root, faults = self.lake.root, f"{self.faults:,} fault{'s' if self.faults != 1 else ''}"
        if not self.faults:
            return f"{root}: {'every version is whole' if self.whole else 'the lake is empty'}"
        if self.whole is None:
            return (
                f"{root}: {faults}, and no version is whole: copy the folder from a backup, or move it away"
                " and load the files again"
            )
        newest = f"version {self.whole.number} of {self.whole.created_at:%Y-%m-%d %H:%M} UTC"
        if not self.is_restored:
            return (
                f"{root}: {faults}; {newest} is the newest that is whole:"
                " `python -m exporter doctor --restore` restores it"
            )
        is_behind = any((finding.version or 0) > self.whole.number for finding in self.findings)
        lost = ": load again what was loaded since" if is_behind else ""
        return (
            f"{root}: {faults}; what was damaged is in {self.lake.set_aside_folder}, and {newest} is the"
            f" newest{lost}"
        )


def examine(lake: Lake) -> Report:
    """Read all that the lake's versions are made of; change nothing. DataError if there is no such folder."""
    if not lake.root.is_dir():
        raise DataError(f"{lake.root}: no such folder; give the lake's with --lake")
    with query_engine(lake.storage) as con:
        examination = _Examination(lake, con)
        findings = list(examination.findings())
    return Report(lake, findings, examination.whole)


def restore(lake: Lake) -> Report:
    """Examine the lake, and set aside all that is damaged; gives the report of before.

    Where no version is whole nothing is moved but damaged checkpoints, which only repeat the log's entries.
    """
    report = examine(lake)
    if not report.faults:
        return report
    with lake.exclusive():
        before = examine(lake)
        checkpoints = [finding.path for finding in before.findings if finding.path and finding.table]
        hints = {path.with_name("_last_checkpoint") for path in checkpoints}
        lake.set_aside([*checkpoints, *(hint for hint in hints if hint.exists())])
        after = examine(lake) if checkpoints else before
        if after.whole is None:
            return before
        numbers = {finding.version for finding in after.findings if finding.fault}
        damaged = [lake.versions.path(number) for number in numbers if number is not None]
        strays = [finding.path for finding in after.findings if finding.path]
        lake.set_aside([*(path for path in damaged if path.exists()), *strays])
        lake.versions.note_newest(after.whole.number)
        return Report(lake, before.findings, after.whole, is_restored=True)


class _Examination:
    """One look at a lake. Files that several versions have in common are read once."""

    def __init__(self, lake: Lake, con: duckdb.DuckDBPyConnection) -> None:
        self._lake = lake
        self._con = con
        self._seen: dict[LakePath, str | None] = {}
        self.whole: LakeVersion | None = None

    def findings(self) -> Iterator[Finding]:
        """The faults as rows, the newest version first."""
        for number in reversed(self._lake.versions.numbers()):
            yield from self._in_version(number)
        for path in self._lake.versions.strays():
            yield Finding(fault=f"{path}: not a version file", path=path)
        for name in TABLES:
            if (self._lake.root / name / LOG).is_dir():
                for path in checkpoints_of(self._lake.root / name, _NEWEST_DELTA_VERSION):
                    if not is_checkpoint_sound(path):
                        yield Finding(table=name, fault=f"{path}: the checkpoint is damaged", path=path)
        try:
            self._lake.refuse_lost_versions()
        except DataError as fault:
            yield Finding(fault=_without_advice(fault))

    def _in_version(self, number: int) -> Iterator[Finding]:
        try:
            version = self._lake.versions.read(number)
        except DataError as fault:
            yield Finding(version=number, fault=_without_advice(fault))
            return
        tables = [table for name, table in TABLES.items() if version.tables[name] or name not in LATER_TABLES]
        findings = [finding for table in tables for finding in self._in_table(version, table)]
        if self.whole is None and not any(finding.fault for finding in findings):
            self.whole = version
        yield from findings

    def _in_table(self, version: LakeVersion, table: Table) -> Iterator[Finding]:
        try:
            files = pinned_list(self._lake.root / table.name, version)
        except DataError as error:
            yield Finding(version=version.number, table=table.name, fault=_without_advice(error))
            return
        rows = sum(file.rows for file in files)
        described = Finding(version.number, table.name, len(files), rows)
        faults = [(file.path, fault) for file in files if (fault := self._in_file(table, file))]
        yield from (replace(described, fault=f"{path}: {what}") for path, what in faults)
        if not faults:
            yield described

    def _in_file(self, table: Table, file: TableFile) -> str | None:
        if file.path not in self._seen:
            self._seen[file.path] = file_fault(file) or self._in_content(table, file)
        return self._seen[file.path]

    def _in_content(self, table: Table, file: TableFile) -> str | None:
        if file.sha256 is not None and digest(file.path) != file.sha256:
            return "the content is not what was written (its SHA-256 is another)"
        try:
            [(rows, keys, astray)] = self._con.execute(
                f"SELECT count(*), count(DISTINCT ({', '.join(table.key)})),"
                f" count(*) FILTER ({bucket_sql(table.bucket_by)} <> {file.bucket})"
                f" FROM ({read_sql(table, [str(file.path)])})"
            ).fetchall()
        except duckdb.Error as error:
            return f"the file cannot be read ({str(error).splitlines()[0]})"
        if rows != file.rows:
            return f"the file has {rows:,} rows in place of {file.rows:,}"
        if keys != rows:
            return f"{rows - keys:,} rows have the key of another"
        return f"{astray:,} rows belong into another bucket" if astray else None


def _without_advice(error: DataError) -> str:
    return str(error).removesuffix(f"; {ADVICE}")
