"""A snapshot on a Spark cluster of this machine beside DuckDB: the same bytes, and what each takes.

The cluster is a standalone master with two workers of one core each. Up to 100,000 observations are a
simulated world, more are generated: of fewer generated ones no taxon passes. Each run is a process of its
own. Wall time is that of the snapshot, the start of Spark's session in it and that of the cluster not.

The stages' times, from Spark's event log, say how long the snapshot takes at least on n cores: all the time
in which no stage runs, and for each stage the time of its tasks divided by n.

python -m benchmarks.spark [--folder var/benchmarks] [--observations N ...] [--conf KEY=VALUE ...]
    [--classes DIR]
"""

import argparse
import json
import os
import re
import statistics
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import worlds
from benchmarks.generate import generate
from benchmarks.measure import GIB_PER_KIB, in_own_process, timed
from benchmarks.snapshot import SEED, SETTLE_DAYS, GeneratedLake
from benchmarks.spark_log import read_log
from exporter import spark
from exporter.criteria import INAT_2022
from exporter.lake import Lake, LakeVersion
from exporter.manifest import digest
from exporter.snapshot import Connect, Request, snapshot
from exporter.spark_engine import SparkEngine
from tests.exporter.spark_cluster import Cluster, cluster

SIZES = (20_000, 2_000_000)
MOST_SIMULATED = 100_000
#: Engines by name: DuckDB with so many threads, or Spark.
ENGINES = ("duckdb-1", "duckdb-2", "spark")
CORES = (2, 4, 8, 16, 32, 64, 128)
_TICKS = os.sysconf("SC_CLK_TCK")
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


class SharedLake(GeneratedLake):
    """A generated lake whose files lie where those of a lake do."""

    def files(self, table: str, version: LakeVersion) -> dict[int, list[str]]:  # noqa: ARG002
        """The only file of a table, by a link in the folder of a bucket."""
        link = self.root / table / "bucket=0" / "0.parquet"
        if not link.exists():
            link.parent.mkdir(parents=True)
            link.symlink_to(self.root.absolute() / f"{table}.parquet")
        return {0: [str(link)]}


def main() -> None:
    """Make the lakes that are missing, then measure each size on each engine, some lines for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--observations", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=1, help="of which the one of median wall time counts")
    parser.add_argument("--conf", nargs="*", default=[], metavar="KEY=VALUE", help="properties of Spark")
    parser.add_argument("--classes", type=Path, metavar="DIR", help="as --spark-classes of a snapshot")
    parser.add_argument("--memory", type=int, default=2, help="GB of each worker, and of DuckDB's engine")
    parser.add_argument("--measure", nargs=2, metavar=("ENGINE", "SIZE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        engine, size = options.measure
        print(json.dumps(measure(options, engine, int(size))))
        return
    for size in options.observations:
        _lake(options.folder, size)
        results = {}
        for engine in ENGINES:
            results[engine] = _median(options, engine, size)
            print(f"{size:,} observations, {engine}: {_line(results[engine])}", flush=True)
        if len({result["digest"] for result in results.values()}) > 1:
            raise SystemExit(f"{size:,} observations: the engines give other bytes")
        for line in _cores(results["spark"], results["duckdb-2"]["seconds"]):
            print(line, flush=True)


def measure(options: argparse.Namespace, engine: str, size: int) -> dict[str, Any]:
    """Make the snapshot once in this process."""
    lake, request = _lake(options.folder, size)
    with tempfile.TemporaryDirectory() as folder:
        if engine == "spark":
            settings = dict(pair.split("=", 1) for pair in options.conf)
            result = _on_spark(lake, request, Path(folder), options, settings)
        else:
            threads = int(engine.removeprefix("duckdb-"))
            result = _made(lake, request, Path(folder) / "out", None, f"{options.memory}GB", threads)
    return result | {"load": os.getloadavg()[0]}


def _lake(folder: Path, size: int) -> tuple[Lake, Request]:
    if size > MOST_SIMULATED:
        cutoff = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=size)
        return SharedLake(generate(folder, size)), Request(INAT_2022, cutoff, SEED, SETTLE_DAYS)
    world = worlds.world(folder, seed=1, difficulty=1.0, observations=size)
    end = datetime(worlds.END.year, worlds.END.month, worlds.END.day, tzinfo=UTC)
    return world.lake, Request(INAT_2022, end - timedelta(days=7), SEED)


def _made(
    lake: Lake, request: Request, out: Path, connect: Connect | None, memory: str, threads: int
) -> dict[str, Any]:
    def work() -> int:
        manifest = snapshot(lake, request, out, connect=connect, memory_limit=memory, threads=threads)
        return sum(manifest["counts"][name]["photos"] for name in ("train", "val", "test"))

    result: dict[str, Any] = timed(work)
    return result | {"digest": digest(out / "manifest.json")}  # which has those of all other files


def _on_spark(
    lake: Lake, request: Request, folder: Path, options: argparse.Namespace, settings: dict[str, str]
) -> dict[str, Any]:
    memory = options.memory
    log = folder / "log"
    log.mkdir()
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.executor.memory": f"{memory}g",
        "spark.driver.memory": f"{memory}g",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": f"file://{log}",
    } | settings
    used: dict[str, float] = {}
    with cluster(folder / "cluster", memory=f"{memory + 1}g") as running:

        @contextmanager
        def connect(source: Lake, version: LakeVersion) -> Iterator[SparkEngine]:
            with spark.connect(
                source, version, master=running.url, settings=settings, classes=options.classes
            ) as engine:
                yield engine
                used.update(_used(running))

        result = _made(lake, request, folder / "out", connect, f"{memory}GB", 1)
    read = read_log(log)
    return result | used | asdict(read.summary())


def _used(running: Cluster) -> dict[str, float]:
    """Processor time and peak memory of the Java machines, just before they end."""
    executors, driver = list(running.executors()), list(_java_children())
    return {
        "executors_seconds": sum(map(_seconds, executors)),
        "driver_seconds": sum(map(_seconds, driver)),
        "executors_gib": max(map(_peak, executors), default=0.0),
        "driver_gib": max(map(_peak, driver), default=0.0),
    }


def _java_children() -> Iterator[int]:
    for process in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if (
                int(process.name)
                and parent == os.getpid()
                and b"SparkSubmit" in (process / "cmdline").read_bytes()
            ):
                yield int(process.name)


def _seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _peak(process: int) -> float:
    found = _PEAK.search(Path(f"/proc/{process}/status").read_text())
    return 0.0 if found is None else int(found[1]) * GIB_PER_KIB


def _median(options: argparse.Namespace, engine: str, size: int) -> dict[str, Any]:
    given = ["--folder", str(options.folder), "--memory", str(options.memory), "--measure", engine, str(size)]
    conf = ["--conf", *options.conf] if options.conf else []
    conf += ["--classes", str(options.classes)] if options.classes else []
    results = [in_own_process("benchmarks.spark", *given, *conf) for _ in range(options.rounds)]
    middle = statistics.median_low(result["seconds"] for result in results)
    return next(result for result in results if result["seconds"] == middle)


def _line(result: dict[str, Any]) -> str:
    line = (
        f"{result['seconds']:.1f} s, {result['processor_seconds']:.1f} s of processor time in Python, peak"
        f" {result['peak_gib']:.2f} GiB, {result['rows']:,} photos; load {result['load']:.1f}"
    )
    if "jobs" not in result:
        return line
    return (
        f"{line}; Java of the driver {result['driver_seconds']:.1f} s, {result['driver_gib']:.2f} GiB, of the"
        f" executors {result['executors_seconds']:.1f} s, at most {result['executors_gib']:.2f} GiB;"
        f" {result['jobs']} jobs, {result['stages']} stages, {result['tasks']} tasks, of"
        f" {result['work']:.1f} s together, {result['processor']:.1f} s of processor time;"
        f" in stages {result['in_stages']:.1f} s"
    )


def _cores(result: dict[str, Any], beside: float) -> Iterable[str]:
    """How long the snapshot takes at least on more cores, and from how many it is faster than DuckDB."""
    alone = result["seconds"] - result["in_stages"]
    yield f"no stage runs for {alone:.1f} s; with the stages' work divided: " + ", ".join(
        f"{alone + result['work'] / cores:.1f} s on {cores}" for cores in CORES
    )
    faster = "no number of cores is faster"
    if beside > alone:
        faster = f"faster from {result['work'] / (beside - alone):.0f} cores"
    yield f"DuckDB with 2 threads takes {beside:.1f} s: {faster}"


if __name__ == "__main__":
    main()
