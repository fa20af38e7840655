"""The selection's statements on Spark, for lakes that outgrow one machine (`exporter.engine`).

Each statement is translated from DuckDB's SQL by sqlglot. A temporary table is a checkpoint: computed when it
is made and kept by the executors, or in Spark's checkpoint folder if one is set. The driver holds what the
selection keeps in arrays (the taxon tree, observations grouped by labels) and writes the files; photos and
places come to it one partition after the other, already in order.
"""

import logging
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlglot
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from exporter.errors import DataError
from exporter.lake import Lake, LakeVersion, with_life
from exporter.lineages import PLACED_SQL, find_places
from exporter.schema import TABLES, TAXA, read_sql

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
}

#: What Hadoop takes for a wildcard in a path unless a backslash stands before it.
_WILDCARDS = re.compile(r"[*?\[\]{}]")


@contextmanager
def connect(
    lake: Lake,
    version: LakeVersion,
    *,
    master: str | None = None,
    files_at: str | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator["SparkEngine"]:
    """A Spark session with the lake's tables as views, at one version; it ends with the block.

    master:   Spark's master URL; None: the one that Spark's own configuration names, else this machine.
    files_at: where the executors find the lake's folder, if not where the driver does: a mount or an
              object store's URL. The driver reads the lake's versions and the Delta logs from ``lake``.
    settings: Spark's properties, over those of its configuration files.

    DataError if there is no Java, or if Spark stops.
    """
    if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
        raise DataError("Spark needs Java 17, and there is no `java`: install one, or set JAVA_HOME")
    logging.getLogger("py4j").setLevel(logging.WARNING)  # it logs every connection that it closes
    if master is None or master.startswith("local"):
        # Else Spark's workers on this machine would be whatever `python3` is.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("leafline").config(map={**_SETTINGS, **(settings or {})})
    try:
        session = (builder if master is None else builder.master(master)).getOrCreate()
        try:
            engine = SparkEngine(session)
            _show_lake(engine, session, lake, version, files_at)
            yield engine
        finally:
            session.stop()
    except (PySparkException, Py4JError) as error:
        raise DataError(f"Spark stopped: {_first_line(error)}") from error


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
        """The rows batch by batch, of Spark's own size; the driver holds one partition at a time."""
        schema = self.frame.limit(0).toArrow().schema
        return pa.RecordBatchReader.from_batches(schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        # A local function is sent to the executors whole: they need pyarrow, but not this package.
        def packed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                sink = pa.BufferOutputStream()
                with pa.ipc.new_stream(sink, batch.schema) as stream:
                    stream.write_batch(batch)
                yield pa.record_batch({"batch": pa.array([sink.getvalue().to_pybytes()], pa.binary())})

        for row in self.frame.mapInArrow(packed, "batch binary").toLocalIterator():
            yield from pa.ipc.open_stream(row.batch)


class SparkEngine:
    """Runs the selection's statements in a Spark session (`exporter.engine.Engine`)."""

    def __init__(self, session: SparkSession) -> None:
        self._session = session

    def execute(self, query: str, parameters: object = None) -> SparkRows:
        """Run a statement: a query, or one that makes, fills or drops a temporary table."""
        statement = sqlglot.parse_one(query, read="duckdb")
        name = "" if (target := statement.find(exp.Table)) is None else target.name
        match statement:
            case exp.Create():
                frame = self.keep(name, self._frame(statement.expression, parameters))
            case exp.Insert():
                more = self._frame(statement.expression, parameters)
                frame = self.keep(name, self._session.table(name).unionByName(more))
            case exp.Drop():
                frame = self._session.table(name)
                self.unregister(name)
            case _:
                frame = self._frame(statement, parameters)
        return SparkRows(frame)

    def sql(self, query: str, *, params: object = None) -> SparkRows:
        """Run a query whose rows keep their order when they are read in batches."""
        return self.execute(query, params)

    def table(self, name: str, /) -> SparkRows:
        """The rows of a table, in no order."""
        return SparkRows(self._session.table(name))

    def register(self, name: str, rows: Any, /) -> None:
        """Show an Arrow table, or a DataFrame, under a name."""
        frame = rows if isinstance(rows, DataFrame) else self._session.createDataFrame(rows)
        frame.createOrReplaceTempView(name)

    def unregister(self, name: str, /) -> None:
        """Forget a name given by `register`."""
        self._session.catalog.dropTempView(name)

    def keep(self, name: str, frame: DataFrame) -> DataFrame:
        """Compute the rows now, as DuckDB does, and show them under a name.

        The rows forget how they came about: a plan that remembered would double with every table.
        """
        has_folder = self._session.sparkContext.getCheckpointDir() is not None
        kept = frame.checkpoint() if has_folder else frame.localCheckpoint()
        kept.createOrReplaceTempView(name)
        return kept

    def _frame(self, query: exp.Expr, parameters: object) -> DataFrame:
        names = {result.name for result in query.find_all(exp.Placeholder, exp.Parameter)}
        given = parameters if isinstance(parameters, Mapping) else {}
        return self._session.sql(query.sql(dialect="spark"), args={name: given[name] for name in names})


def _show_lake(
    engine: SparkEngine, session: SparkSession, lake: Lake, version: LakeVersion, files_at: str | None
) -> None:
    """Register the four tables, of the files that make up this version."""
    folder = str(lake.root.absolute()) if files_at is None else files_at.rstrip("/")
    folder = _WILDCARDS.sub(r"\\\g<0>", folder)
    for table in TABLES.values():
        files = [Path(path) for bucket in lake.files(table.name, version).values() for path in bucket]
        paths = [f"{folder}/{table.name}/{path.parent.name}/{path.name}" for path in files]
        if paths:
            # A lookup in folders takes no column from the name of a folder such as bucket=3.
            reader = session.read.option("recursiveFileLookup", "true")
            rows = reader.parquet(*paths).select(*table.names)
        else:
            rows = engine.sql(read_sql(table, [])).frame
        if table is TAXA:
            engine.register("rows_of_taxa", rows)
            rows = engine.keep(table.name, engine.sql(with_life("SELECT * FROM rows_of_taxa")).frame)
        engine.register(table.name, rows)
    with lake.connect(version) as con:
        places = find_places(con)
    if places is not None:
        for name in PLACED_SQL:
            engine.register(f"told_{name}", engine.table(name).frame)
        for name, rows in places.items():
            engine.register(name, rows)
        for name, sql in PLACED_SQL.items():
            engine.register(name, engine.sql(sql).frame)


def _first_line(error: Exception) -> str:
    java = getattr(error, "java_exception", None)
    text = str(error if java is None else java.getMessage())
    return next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
