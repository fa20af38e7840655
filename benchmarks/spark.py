"""A snapshot of a generated lake on a Spark cluster of this machine beside DuckDB: the same bytes, and what
each takes. The cluster is a standalone master with two workers of one core each. DuckDB has two threads.

python -m benchmarks.spark [--folder var/benchmarks] [--observations N ...] [--conf KEY=VALUE ...]
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyspark.sql import SparkSession

from benchmarks.generate import generate
from benchmarks.snapshot import SEED, SETTLE_DAYS, GeneratedLake
from exporter import spark
from exporter.criteria import INAT_2022
from exporter.lake import Lake, LakeVersion
from exporter.manifest import digest
from exporter.snapshot import Request, snapshot
from exporter.spark_engine import SparkEngine
from tests.exporter.spark_cluster import Cluster, cluster

SIZES = (20_000, 2_000_000)
_TICKS = os.sysconf("SC_CLK_TCK")


class SharedLake(GeneratedLake):
    """A generated lake whose files lie where those of a lake do."""

    def files(self, table: str, version: LakeVersion) -> dict[int, list[str]]:  # noqa: ARG002
        """The only file of a table, by a link in the folder of a bucket."""
        link = self.root / table / "bucket=0" / "0.parquet"
        if not link.exists():
            link.parent.mkdir(parents=True)
            link.symlink_to(self.root.absolute() / f"{table}.parquet")
        return {0: [str(link)]}


@dataclass
class Cost:
    """Seconds of a snapshot. ``executors`` and ``driver`` are processor time; ``jobs`` is a number."""

    wall: float = 0.0
    executors: float = 0.0
    driver: float = 0.0
    jobs: int = 0


def main() -> None:
    """Measure each size on both engines, one line each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--observations", type=int, nargs="+", default=SIZES)
    parser.add_argument("--conf", nargs="*", default=[], metavar="KEY=VALUE")
    parser.add_argument("--memory", default="1g", help="of each executor")
    options = parser.parse_args()
    settings = dict(pair.split("=", 1) for pair in options.conf) | {
        "spark.driver.host": "127.0.0.1",
        "spark.executor.memory": options.memory,
    }
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder) / "cluster", memory="3g") as running:
        for size in options.observations:
            print(measure(SharedLake(generate(options.folder, size)), size, running, settings), flush=True)


def measure(lake: SharedLake, size: int, running: Cluster, settings: dict[str, str]) -> str:
    """Make the snapshot on both engines; gives a line about it."""
    request = Request(
        INAT_2022, datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=size), SEED, SETTLE_DAYS
    )
    cost = Cost()

    @contextmanager
    def connect(source: Lake, version: LakeVersion) -> Iterator[SparkEngine]:
        with spark.connect(source, version, master=running.url, settings=settings) as engine:
            yield engine
            cost.executors = sum(running.executors().values()) / _TICKS
            cost.jobs = len(_session().sparkContext.statusTracker().getJobIdsForGroup(None))

    started, java = time.monotonic(), _children()
    _make(lake, request, "spark", connect)
    cost.wall, cost.driver = time.monotonic() - started, _children() - java
    started, used = time.monotonic(), time.process_time()
    _make(lake, request, "duckdb", None)
    wall, used = time.monotonic() - started, time.process_time() - used
    same = _digests(lake, "spark") == _digests(lake, "duckdb")
    for name in ("spark", "duckdb"):
        shutil.rmtree(lake.root / name)
    return (
        f"{size:,} observations on Spark: {cost.wall:.1f} s, {cost.jobs} jobs, processor time"
        f" {cost.executors:.1f} s of executors and {cost.driver:.1f} s of the driver's Java;"
        f" DuckDB: {wall:.1f} s, {used:.1f} s of processor time;"
        f" {'the same' if same else 'OTHER'} bytes; load {os.getloadavg()[0]:.1f}"
    )


def _session() -> SparkSession:
    session = SparkSession.getActiveSession()
    assert session is not None
    return session


def _make(lake: SharedLake, request: Request, name: str, connect: object) -> None:
    out = lake.root / name
    shutil.rmtree(out, ignore_errors=True)
    snapshot(lake, request, out, threads=2, connect=connect)  # type: ignore[arg-type]


def _digests(lake: SharedLake, name: str) -> dict[str, str]:
    return {path.name: digest(path) for path in (lake.root / name).iterdir()}


def _children() -> float:
    """Processor time of this process's children that still run: of the Java machine that drives Spark."""
    total = 0
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                name = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if int(fields[1]) == os.getpid() and b"SparkSubmit" in name:
                total += int(fields[11]) + int(fields[12])
    return total / _TICKS


if __name__ == "__main__":
    main()
