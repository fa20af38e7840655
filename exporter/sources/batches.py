"""Collecting rows one by one and staging them many at a time."""

from collections.abc import Collection
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import pyarrow as pa

from exporter.schema import TABLES
from exporter.sources.fields import Row
from exporter.sources.files import FileReport
from exporter.staging import Staging

_ROWS = 25_000
#: Older than any time that a row has.
_NEVER = datetime.min.replace(tzinfo=UTC)
_FILE_NUMBER = pa.field("file_number", pa.int32())


class Batches:
    """Stages the rows of one file and source in batches, the last one when the block ends well.

    A column that is None in a row is empty on iNaturalist; a column left out is unknown.
    """

    def __init__(self, staging: Staging, source: str, report: FileReport) -> None:
        self._staging = staging
        self._source = source
        self._report = report
        self._rows: dict[str, list[Row]] = {name: [] for name in TABLES if name != "taxa"}
        #: What was read of each taxon, by all that it holds but its time: the same comes many times.
        self._taxa: dict[int, dict[tuple[Any, ...], Row]] = {}
        self._taxon_rows = 0
        self._bits = {name: table.bits for name, table in TABLES.items()}

    def __enter__(self) -> "Batches":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            for table in TABLES:
                self._stage(table)

    def add(self, table: str, row: Row, record_number: int) -> None:
        """Take a row of any table but taxa, of the record with this number."""
        bits = self._bits[table]
        row["known_empty"] = sum(bits.get(name, 0) for name, value in row.items() if value is None)
        row["file_number"] = record_number
        rows = self._rows[table]
        rows.append(row)
        if len(rows) >= _ROWS:
            self._stage(table)

    def add_taxon(self, row: Row) -> None:
        """Take a row of taxa. The same taxon comes with every observation of it: the rows are made one."""
        versions = self._taxa.setdefault(row["taxon_id"], {})
        content = tuple({**row, "updated_at": None}.items())
        known = versions.get(content)
        if known is None:
            versions[content] = row
            self._taxon_rows += 1
        elif _time(known) <= _time(row):
            del versions[content]  # it comes after those of its time that were read before it
            versions[content] = row
        if self._taxon_rows >= _ROWS:
            self._stage("taxa")

    def _stage(self, table: str) -> None:
        is_taxa = table == "taxa"
        rows = [_joined(each.values()) for each in self._taxa.values()] if is_taxa else self._rows[table]
        if not rows:
            return
        schema = TABLES[table].arrow
        schema = schema.remove(schema.get_field_index("source"))
        if not is_taxa:
            schema = schema.append(_FILE_NUMBER)
        self._staging.add(table, self._source, pa.RecordBatch.from_pylist(rows, schema))
        self._report.count_rows(table, len(rows))
        if is_taxa:
            self._taxa.clear()
            self._taxon_rows = 0
        else:
            rows.clear()


def _time(row: Row) -> datetime:
    return row.get("updated_at") or _NEVER


def _joined(versions: Collection[Row]) -> Row:
    """Return the rows of one taxon as one: of each column what the newest says that knows it.

    Of rows of one time it is the later. Of lineages the longest is kept, as in `exporter.merge`.
    """
    joined: Row = {}
    for row in sorted(versions, key=_time):
        joined |= {column: value for column, value in row.items() if value is not None}
    lineages = [row["lineage"] for row in versions if row.get("lineage")]
    return joined if not lineages else {**joined, "lineage": max(lineages, key=lambda one: (len(one), one))}
