"""A snapshot's selection on Spark, for lakes that outgrow one machine (`exporter.engine`).

The driver reads versions, Delta logs and the taxa from the lake, holds what the selection keeps in arrays
(the taxon tree, observations grouped by labels) and writes the files. Executors read observations, photos and
identifications; photos and places come to the driver one partition after the other, already in order.
"""

import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from exporter import spark_classes
from exporter.columns import integers
from exporter.errors import DataError
from exporter.lake import Lake, LakeVersion
from exporter.lineages import PLACED_SQL
from exporter.schema import COMMON_NAMES, OBSERVATIONS, TABLES, TAXA
from exporter.spark_engine import SparkEngine
from exporter.storage import is_store

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # It would run a job for each shuffle as soon as a table is made, and make small ones of large ones.
    "spark.sql.adaptive.enabled": "false",
    # Only what the driver sends goes whole to every executor: anything else would need a job first.
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
}
#: Into how many partitions a shuffle divides rows: as many as there are for the lake's size, or as given.
_PARTITIONS = "spark.sql.shuffle.partitions"
#: For lakes so small that compiling takes longer than the work.
_SMALL_SETTINGS = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
#: For lakes so small that all rows go into one partition: then nothing need be shuffled, or broadcast.
_ONE_PARTITION_SETTINGS = {
    # A second executor would start another Java machine, and have nothing to do.
    "spark.cores.max": "1",
    # The planner takes the product of joined tables for their size, and would shuffle what seems so large.
    "spark.sql.maxSinglePartitionBytes": str(2**62),
    # A join below the `coalesce` that makes one partition of many files would have to be shuffled.
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.PushDownLeftSemiAntiJoin",
}
#: Rows of a lake's tables together.
_SMALL_ROWS = 1_000_000
_ROWS_A_PARTITION = 500_000

#: What Hadoop takes for a wildcard in a path unless a backslash stands before it.
_WILDCARDS = re.compile(r"[*?\[\]{}]")

#: What an exception says that has nothing to say but that another was thrown: nothing, or this.
_WRAPPING = re.compile(r"(Exception thrown in awaitResult:?|Multiple failures in stage materialization.?)?$")

#: The driver has the taxa, and no snapshot needs common names.
EXECUTORS_TABLES = tuple(name for name in TABLES if name not in (TAXA.name, COMMON_NAMES.name))

_ROWS = " UNION ALL ".join(f"SELECT count(*) AS rows FROM {name}" for name in EXECUTORS_TABLES)
_IS_PLACED = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'taxon_aliases'"


@contextmanager
def connect(
    lake: Lake,
    version: LakeVersion,
    *,
    master: str | None = None,
    files_at: str | None = None,
    settings: Mapping[str, str] | None = None,
    classes: Path | None = None,
) -> Iterator[SparkEngine]:
    """A Spark session with the lake's tables as views, at one version; it ends with the block.

    master:   Spark's master URL; None: the one that Spark's own configuration names, else this machine.
    files_at: where the executors find the lake's folder, if not where the driver does: a mount or an
              object store's URL. The driver reads the lake's versions and the Delta logs from ``lake``.
    settings: Spark's properties, over those of its configuration files.
    classes:  a folder where Java's classes are kept from one run to the next (`exporter.spark_classes`).

    DataError if there is no Java, or if Spark stops.
    """
    if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
        raise DataError("Spark needs Java 17, and there is no `java`: install one, or set JAVA_HOME")
    logging.getLogger("py4j").setLevel(logging.WARNING)  # it logs every connection that it closes
    with lake.connect(version) as driver:
        properties = _settings(driver, settings or {})
        if classes is not None:
            archive = spark_classes.archive_in(classes)
            properties = spark_classes.with_archive(properties, archive)
        builder = SparkSession.builder.appName("leafline").config(map=properties)
        try:
            session = (builder if master is None else builder.master(master)).getOrCreate()
            try:
                engine = SparkEngine(session, driver, in_one_partition=_in_one_partition(session))
                _show_lake(engine, session, driver, lake, version, files_at)
                yield engine
                if classes is not None:
                    spark_classes.make(session, archive)
            finally:
                session.stop()
        except (PySparkException, Py4JError) as error:
            raise DataError(f"Spark stopped: {_first_line(error)}") from error


def _settings(
    driver: duckdb.DuckDBPyConnection, given: Mapping[str, str]
) -> dict[str, bool | float | int | str | None]:
    """Spark's properties for a lake of this size, with those given in place of them."""
    rows = int(integers(driver.execute(_ROWS).fetchnumpy()["rows"]).sum())
    partitions = given.get(_PARTITIONS) or str(max(1, -(-rows // _ROWS_A_PARTITION)))
    return {
        **_SETTINGS,
        _PARTITIONS: partitions,
        **(_SMALL_SETTINGS if rows < _SMALL_ROWS else {}),
        **(_ONE_PARTITION_SETTINGS if partitions == "1" else {}),
        **given,
    }


def _show_lake(
    engine: SparkEngine,
    session: SparkSession,
    driver: duckdb.DuckDBPyConnection,
    lake: Lake,
    version: LakeVersion,
    files_at: str | None,
) -> None:
    """Show the executors the files that make up this version, but for the taxa, which the driver holds."""
    folder = _files_of(lake) if files_at is None else files_at.rstrip("/")
    folder = _WILDCARDS.sub(r"\\\g<0>", folder)
    # A lookup in folders takes no column from the name of a folder such as bucket=3.
    reader = session.read.option("recursiveFileLookup", "true")
    for name in EXECUTORS_TABLES:
        schema = from_arrow_schema(TABLES[name].arrow)
        files = [Path(path) for bucket in lake.files(name, version).values() for path in bucket]
        paths = [f"{folder}/{name}/{path.parent.name}/{path.name}" for path in files]
        rows = reader.schema(schema).parquet(*paths) if paths else session.createDataFrame([], schema)
        # Where a shuffle makes one partition, what is one from the beginning needs few shuffles.
        engine.show(name, rows.coalesce(1) if _in_one_partition(session) else rows)
    if driver.execute(_IS_PLACED).fetchall():
        engine.show(f"told_{OBSERVATIONS.name}", session.table(OBSERVATIONS.name))
        engine.show(OBSERVATIONS.name, engine.frame(PLACED_SQL[OBSERVATIONS.name]))


def _in_one_partition(session: SparkSession) -> bool:
    return session.conf.get(_PARTITIONS) == "1"


def _files_of(lake: Lake) -> str:
    """Where the executors find the lake's files, if they find them where the driver does."""
    if is_store(lake.root):
        return str(lake.root).replace("s3://", "s3a://", 1)  # as Hadoop calls it
    return str(lake.local.absolute())


def _first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or of its cause where it only says that one was thrown."""
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    if java is None:
        return _line(str(error), type(error).__name__)
    while _WRAPPING.match(_line(java.getMessage() or "", "")) and java.getCause() is not None:
        java = java.getCause()
    return _line(java.getMessage() or "", type(error).__name__)


def _line(text: str, otherwise: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), otherwise)
