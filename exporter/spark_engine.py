"""The selection's statements on Spark (`exporter.engine.Engine`), in few large jobs.

A statement about tables that the driver holds (the taxa, and whatever was registered or made of these) runs
in the driver, on DuckDB. Any other is translated to Spark's SQL by sqlglot; the tables of the driver that it
names go to the executors with it.

A temporary table is not computed when it is made: it is part of the first job that needs its rows, and kept
by the executors from then on. Each remembers how its rows came about, as an RDD does. So what is lost with an
executor is computed again, and no shared storage is needed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlglot
from py4j.java_gateway import JavaObject
from pyspark.core.rdd import RDD
from pyspark.serializers import NoOpSerializer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from sqlglot import exp

from exporter.engine import Rows

#: A table of the driver with more rows than this is shuffled to a join, not sent whole to every executor.
_MOST_SENT_WHOLE = 20_000_000
#: Where all is one partition, a table with no more rows than this goes with each task that reads it: to send
#: it to every executor would take a job for each statement.
_MOST_SENT_AGAIN = 100_000


class SparkRows:
    """The rows of a DataFrame (`exporter.engine.Rows`)."""

    def __init__(self, frame: DataFrame) -> None:
        self.frame = frame

    def fetchnumpy(self) -> dict[str, npt.NDArray[Any]]:
        """All rows, an array for each column."""
        table = self.to_arrow_table()
        return {name: np.asarray(table[name]) for name in table.column_names}

    def to_arrow_table(self) -> pa.Table:
        """All rows."""
        return self.frame.toArrow()

    def to_arrow_reader(self, _batch_size: int = 0, /) -> pa.RecordBatchReader:
        """The rows batch by batch, of Spark's own size; the driver holds two partitions at a time."""
        schema = to_arrow_schema(self.frame.schema, timezone="UTC")
        return pa.RecordBatchReader.from_batches(schema, self._batches(schema))

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        # DataFrame.mapInArrow would give the same, and need Python with pyarrow on every executor.
        messages: RDD[bytes] = RDD(
            self.frame._jdf.toArrowBatchRdd().toJavaRDD(),
            self.frame.sparkSession.sparkContext,
            NoOpSerializer(),
        )
        for message in messages.toLocalIterator(prefetchPartitions=True):
            yield pa.ipc.read_record_batch(pa.py_buffer(message), schema)


class SparkEngine:
    """Runs the selection's statements in a Spark session (`exporter.engine.Engine`).

    driver: a connection with the table taxa, and with taxon_aliases if there are any (`exporter.lineages`).
    in_one_partition: every DataFrame that is shown has one partition, as all that is made of them then has.
    """

    def __init__(
        self, session: SparkSession, driver: duckdb.DuckDBPyConnection, *, in_one_partition: bool = False
    ) -> None:
        self._session = session
        self._in_one_partition = in_one_partition
        self._driver = driver
        self._held = {"taxa", "taxon_aliases"}
        self._sent: dict[tuple[str, ...], DataFrame] = {}

    def execute(self, query: str, parameters: object = None) -> Rows:
        """Run a statement: a query, or one that makes, fills or drops a temporary table."""
        statement = sqlglot.parse_one(query, read="duckdb")
        target = _target(statement)
        needed = _tables(statement) - ({target} if isinstance(statement, exp.Create) else set())
        if needed <= self._held:
            return self._run_here(query, parameters, statement, target)
        match statement:
            case exp.Create():
                frame = self._keep(target, self._frame(statement.expression, parameters))
            case exp.Insert():
                more = self._frame(statement.expression, parameters)
                if not self._is_empty(target):
                    more = self._shown(target).unionByName(more)
                frame = self._keep(target, more)
            case exp.Drop():
                frame = self._session.table(target)
                self.unregister(target)
            case _:
                frame = self._frame(statement, parameters)
        return SparkRows(frame)

    def sql(self, query: str, *, params: object = None) -> Rows:
        """Run a query whose rows keep their order when they are read in batches."""
        return self.execute(query, params)

    def table(self, name: str, /) -> Rows:
        """The rows of a table, in no order."""
        return self._driver.table(name) if name in self._held else SparkRows(self._session.table(name))

    def register(self, name: str, rows: pa.Table, /) -> None:
        """Show an Arrow table under a name."""
        self._driver.register(name, rows)
        self._hold(name)

    def unregister(self, name: str, /) -> None:
        """Forget a name given by `register`."""
        if name in self._held:
            self._driver.unregister(name)
        self._forget(name)

    def show(self, name: str, frame: DataFrame) -> None:
        """Show a DataFrame under a name."""
        self._forget(name)
        frame.createOrReplaceTempView(name)

    def frame(self, query: str) -> DataFrame:
        """The rows of a query about tables of the executors."""
        return self._frame(sqlglot.parse_one(query, read="duckdb"), None)

    def _run_here(self, query: str, parameters: object, statement: exp.Expr, target: str) -> Rows:
        if not target:
            return self._driver.sql(query, params=parameters)
        rows = self._driver.execute(query, parameters)
        if isinstance(statement, exp.Drop):
            self._forget(target)
        else:
            self._hold(target)
        return rows

    def _frame(self, query: exp.Expr, parameters: object) -> DataFrame:
        for name in _tables(query) & self._held:
            self._send(name, _columns(query, name)).createOrReplaceTempView(name)
        names = {result.name for result in query.find_all(exp.Placeholder, exp.Parameter)}
        given = parameters if isinstance(parameters, Mapping) else {}
        return self._session.sql(query.sql(dialect="spark"), args={name: given[name] for name in names})

    def _keep(self, name: str, frame: DataFrame) -> DataFrame:
        """Show rows that are computed once, when the first job needs them."""
        kept = _without_its_plan(frame)
        if name in self._held:
            self._driver.execute(f"DROP TABLE {name}")
        self.show(name, kept)
        return kept

    def _is_empty(self, name: str) -> bool:
        return name in self._held and not self._driver.table(name).limit(1).fetchall()

    def _shown(self, name: str) -> DataFrame:
        return self._send(name, set()) if name in self._held else self._session.table(name)

    def _send(self, name: str, columns: set[str]) -> DataFrame:
        """A table of the driver, or some of its columns (none named: all), for the executors."""
        held = self._driver.table(name)
        selected = tuple(column for column in held.columns if column in columns or not columns)
        if (name, *selected) not in self._sent:
            rows = held.select(*selected).to_arrow_table()
            self._sent[name, *selected] = self._sent_frame(rows)
        return self._sent[name, *selected]

    def _sent_frame(self, rows: pa.Table) -> DataFrame:
        frame = self._session.createDataFrame(rows)
        if self._in_one_partition and rows.num_rows <= _MOST_SENT_AGAIN:
            return _without_its_plan(frame.coalesce(1)).hint("shuffle_hash")
        return frame.hint("broadcast") if rows.num_rows <= _MOST_SENT_WHOLE else frame

    def _hold(self, name: str) -> None:
        """Know a table, new or changed, as one of the driver's."""
        self._forget(name)
        self._held.add(name)

    def _forget(self, name: str) -> None:
        self._held.discard(name)
        self._session.catalog.dropTempView(name)
        for key in [key for key in self._sent if key[0] == name]:
            del self._sent[key]


def _target(statement: exp.Expr) -> str:
    """The table that a statement makes, fills or drops; empty for a query."""
    changes = isinstance(statement, exp.Create | exp.Insert | exp.Drop)
    table = statement.find(exp.Table) if changes else None
    return "" if table is None else table.name


def _tables(statement: exp.Expr) -> set[str]:
    """The tables that a statement names, without those that it defines for itself."""
    own = {table.alias for table in statement.find_all(exp.CTE)}
    return {table.name for table in statement.find_all(exp.Table)} - own


def _columns(statement: exp.Expr, table: str) -> set[str]:
    """What a statement may name of a table's columns, and names besides; empty where it may take all."""
    result: set[str] = set()
    for place in statement.find_all(exp.Table):
        if place.name == table:
            select = place.parent_select
            if select is None or any(column.is_star for column in select.expressions):
                return set()
            result |= {name.name for name in select.find_all(exp.Identifier)}
    return result


def _without_its_plan(frame: DataFrame) -> DataFrame:
    """The same rows, kept once they were computed, behind a plan that does not know how they came about.

    A plan that remembered would double with every table. Spark cuts plans where it makes checkpoints, which
    it does at the end of a job: these then forget how to compute a row again that was lost with an executor,
    or are written to shared storage. So the rows are marked for a checkpoint, and the mark is taken off.
    """
    kept = frame.localCheckpoint(eager=False)
    rows: JavaObject = kept._jdf.logicalPlan().rdd()
    java: JavaObject = frame.sparkSession._jvm
    getattr(rows, "checkpointData_$eq")(java.scala.Option.empty())
    return kept
