"""Measure a snapshot of a generated lake, and checking it: time, peak memory and disk, each size in a process
of its own. Processor time says more than wall time where other work runs beside it.

python -m benchmarks.snapshot [--folder var/benchmarks] [--threads 2] [--memory 4GB] [--observations N ...]
"""

import argparse
import json
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.generate import connect, generate
from benchmarks.measure import Watch, folder_size, in_own_process, timed
from exporter.criteria import INAT_2022
from exporter.lake import Lake, LakeVersion
from exporter.snapshot import Request, snapshot
from exporter.verify import verify

SIZES = (2_000_000, 6_300_000, 20_000_000)
#: Observations of the generated lake are a second apart, so two days are 0.9 % of the largest: about what
#: 14 days are of iNaturalist.
SETTLE_DAYS = 2
SEED = "a seed of the benchmark"


class GeneratedLake(Lake):
    """The generated tables in place of a lake's."""

    def require_latest(self) -> LakeVersion:
        """The only one."""
        return LakeVersion(1, datetime(2026, 1, 1, tzinfo=UTC), {}, True)

    def connect(
        self,
        version: LakeVersion | None = None,  # noqa: ARG002
        *,
        memory_limit: str = "1GB",
        threads: int | None = None,
    ) -> duckdb.DuckDBPyConnection:
        """The generated tables as views."""
        con = connect(self.root, memory_limit, threads or 2)
        con.execute("SET preserve_insertion_order = false")
        return con


def main() -> None:
    """Generate what is missing, then measure each size and print one line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--observations", type=int, nargs="+", default=SIZES)
    parser.add_argument("--measure", nargs=2, metavar=("SIZE", "LAKE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        size, target = options.measure
        print(json.dumps(measure(int(size), Path(target), options.memory, options.threads)))
        return
    for size in options.observations:
        target = generate(options.folder, size)
        limits = ("--threads", str(options.threads), "--memory", options.memory)
        result = in_own_process("benchmarks.snapshot", *limits, "--measure", str(size), str(target))
        print(
            f"snapshot of {size:,} observations: {result['seconds']:.1f} s"
            f" ({result['processor_seconds']:.0f} s of processor time), peak {result['peak_gib']:.2f} GiB"
            f" ({options.memory} for the query engine), {result['rows']:,} photos,"
            f" {result['spilled_gib']:.1f} GiB spilled, {result['written_gib']:.2f} GiB written;"
            f" verify: {result['verify_seconds']:.1f} s"
            f" ({result['verify_processor_seconds']:.0f} s of processor time)"
        )


def measure(size: int, target: Path, memory_limit: str, threads: int) -> dict[str, float]:
    """Do it once in this process: seconds, peak memory, photos selected, spilled at most, written."""
    out = target / "snapshot"
    shutil.rmtree(out, ignore_errors=True)
    cutoff = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=size)
    request = Request(INAT_2022, cutoff, SEED, SETTLE_DAYS)
    spill = Watch(target / "spill")

    def work() -> int:
        manifest = snapshot(GeneratedLake(target), request, out, memory_limit=memory_limit, threads=threads)
        return sum(manifest["counts"][name]["photos"] for name in ("train", "val", "test"))

    started = time.process_time()
    result = timed(work)
    result["processor_seconds"] = time.process_time() - started
    result["spilled_gib"] = spill.most / 2**30
    result["written_gib"] = folder_size(out) / 2**30
    started = time.process_time()
    result["verify_seconds"] = timed(lambda: verify(out, memory_limit=memory_limit) or 0)["seconds"]
    result["verify_processor_seconds"] = time.process_time() - started
    shutil.rmtree(out)
    return result


if __name__ == "__main__":
    main()
