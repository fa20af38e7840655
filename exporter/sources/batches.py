"""Collecting rows one by one and staging them many at a time."""

from datetime import datetime
from types import TracebackType

import pyarrow as pa

from exporter.schema import TABLES
from exporter.sources.fields import Row
from exporter.sources.files import FileReport
from exporter.staging import Staging

_ROWS = 25_000
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
        self._taxa: dict[int, Row] = {}
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
        taxon_id = row["taxon_id"]
        known = self._taxa.get(taxon_id)
        if known is None:
            self._taxa[taxon_id] = row
        elif {**known, "updated_at": None} == {**row, "updated_at": None}:  # mostly; joined they give as much
            known["updated_at"] = _later(known.get("updated_at"), row.get("updated_at"))
        else:
            self._taxa[taxon_id] = _joined(known, row)
        if len(self._taxa) >= _ROWS:
            self._stage("taxa")

    def _stage(self, table: str) -> None:
        rows = list(self._taxa.values()) if table == "taxa" else self._rows[table]
        if not rows:
            return
        schema = TABLES[table].arrow
        schema = schema.remove(schema.get_field_index("source"))
        if table != "taxa":
            schema = schema.append(_FILE_NUMBER)
        self._staging.add(table, self._source, pa.RecordBatch.from_pylist(rows, schema))
        self._report.count_rows(table, len(rows))
        self._taxa.clear() if table == "taxa" else self._rows[table].clear()


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return other if one is None else one if other is None else max(one, other)


def _joined(one: Row, other: Row) -> Row:
    """Return two rows of one taxon as one: what the newer knows, and for the rest what the older does.

    Of two lineages the longer is kept, as in `exporter.merge`.
    """
    age, other_age = one.get("updated_at"), other.get("updated_at")
    is_older = other_age is None or (age is not None and other_age < age)
    older, newer = (other, one) if is_older else (one, other)
    joined = {**older, **{column: value for column, value in newer.items() if value is not None}}
    lineages = [row["lineage"] for row in (one, other) if row.get("lineage")]
    return joined if not lineages else {**joined, "lineage": max(lineages, key=lambda one: (len(one), one))}
