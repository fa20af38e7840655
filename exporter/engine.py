"""What the selection asks of a query engine: the part of DuckDB's connection that it uses, and no more.

The selection is written once, in DuckDB's SQL. A DuckDB connection is an engine as it is; `exporter.spark`
runs the same statements on Spark. So that both give the same rows, the selection

- orders wherever order shows, by columns that leave no ties;
- draws by a hash (`exporter.draw`), never by an engine's own random numbers;
- aggregates integers, texts and times, never sums of fractions, which depend on the order of the rows.
"""

from typing import Any, Protocol

import numpy.typing as npt
import pyarrow as pa


class Rows(Protocol):
    """The rows that a query gives, in its order."""

    def fetchnumpy(self) -> dict[str, npt.NDArray[Any]]:
        """All rows, an array for each column."""

    def to_arrow_table(self) -> pa.Table:
        """All rows."""

    def to_arrow_reader(self, batch_size: int = ..., /) -> pa.RecordBatchReader:
        """The rows batch by batch, so that they need not fit in memory."""


class Engine(Protocol):
    """A place to run SQL, with the lake's tables as views and tables made on the way.

    ``parameters`` are a mapping from the names that stand as $name in the query.
    """

    def execute(self, query: str, parameters: object = None) -> Rows:
        """Run a statement: a query, or one that makes, fills or drops a temporary table."""

    def sql(self, query: str, *, params: object = None) -> Rows:
        """Run a query whose rows keep their order when they are read in batches."""

    def table(self, name: str, /) -> Rows:
        """The rows of a table, in no order."""

    def register(self, name: str, rows: object, /) -> object:
        """Show an Arrow table under a name."""

    def unregister(self, name: str, /) -> object:
        """Forget a name given by `register`."""
