"""Temporary tables of the staging area's engine, filled with rows many at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa

from exporter.sources.fields import Row
from exporter.staging import Staging

_AT_ONCE = 50_000


@dataclass
class Filling:
    """A table while rows are put into it."""

    staging: Staging
    name: str
    schema: pa.Schema
    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Take a row."""
        self.rows.append(row)
        if len(self.rows) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Put the rows taken so far into the table."""
        self.staging.con.register("rows", pa.Table.from_pylist(self.rows, self.schema))
        self.staging.con.execute(f"INSERT INTO {self.name} SELECT * FROM rows")
        self.staging.con.unregister("rows")
        self.rows.clear()


@contextmanager
def filled_table(staging: Staging, name: str, schema: pa.Schema) -> Iterator[Filling]:
    """Make a table, which has all rows once the block has ended."""
    staging.con.register("rows", schema.empty_table())
    staging.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM rows")
    staging.con.unregister("rows")
    filling = Filling(staging, name, schema)
    yield filling
    filling.flush()
