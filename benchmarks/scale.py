"""As much of iNaturalist as a machine holds: each step from the monthly dump to the portal's pages, by size.

A dump is made up (`benchmarks.dumps`), ingested, and judged: readiness, a snapshot, checking it. It has no
identifications, as iNaturalist's has none; a lake that has them (`benchmarks.generate`) is labelled beside
it, and `benchmarks.refresh_waits` measures what 1.5 million taxa cost the portal's database.

Each step runs in a process of its own and leaves a file with its figures: a run that was stopped goes on
where it was, and one that ended prints the figures again. `--afresh` forgets them. A dump is removed once it
is ingested. An exponent above 1 says that a step grows faster than the data.

python -m benchmarks.scale [--observations N ...] [--identifications N] [--memory 8GB] [--folder FOLDER]
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import readiness as labelling
from benchmarks import snapshot as snapshotting
from benchmarks.dumps import LAST_DAY, write_dump
from benchmarks.generate import generate
from benchmarks.measure import Watch, folder_size, in_own_process, timed
from exporter.criteria import INAT_2022
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.readiness import readiness
from exporter.snapshot import Request, snapshot
from exporter.verify import verify

SIZES = (20_000_000, 150_000_000)
IDENTIFICATIONS = 20_000_000
#: A generated lake has so many identifications an observation.
IDENTIFICATIONS_EACH = 2
#: Steps with a dump's lake, then those with identifications.
DUMP_STEPS = ("dump", "ingest", "readiness", "snapshot", "verify")
LABEL_STEPS = ("lake", "labels", "labelled snapshot")
#: A step at two sizes may grow this much faster than the data.
EXPONENT = 1.1


@dataclass(frozen=True)
class Work:
    """A step's surroundings: how many observations, where, and what it may use."""

    size: int
    folder: Path
    memory: str
    threads: int

    @property
    def lake(self) -> Lake:
        """The lake that the dump is loaded into."""
        return Lake(self.folder / "lake")

    @property
    def dump(self) -> Path:
        """The dump's folder."""
        return self.folder / "dump"

    @property
    def snapshot(self) -> Path:
        """The snapshot's folder."""
        return self.folder / "snapshot"


def main() -> None:
    """Run what has no figures yet, print a line for each step, and the exponents between the sizes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks/scale"))
    parser.add_argument("--observations", type=int, nargs="*", default=SIZES)
    parser.add_argument("--identifications", type=int, nargs="*", default=[IDENTIFICATIONS])
    parser.add_argument("--taxa", type=int, default=1_500_000, help="of the portal's refresh; 0: no refresh")
    parser.add_argument("--memory", default="8GB", help="limit of the query engine")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--afresh", action="store_true", help="forget earlier figures")
    parser.add_argument("--step", nargs=2, metavar=("STEP", "SIZE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        step, size = options.step
        print(json.dumps(_take(step, Work(int(size), options.folder, options.memory, options.threads))))
        return
    if options.afresh:
        shutil.rmtree(options.folder, ignore_errors=True)
    for steps, sizes in (
        (DUMP_STEPS, options.observations),
        (LABEL_STEPS, [number // IDENTIFICATIONS_EACH for number in options.identifications]),
    ):
        results = {}
        for size in sizes:
            work = Work(size, options.folder / str(size), options.memory, options.threads)
            results[size] = {step: _figures(step, work) for step in steps}
        _compare(results)
    if options.taxa:
        _refresh(options.folder, options.taxa)


def _figures(step: str, work: Work) -> dict[str, float]:
    """Take a step in a process of its own, unless it has its figures; print them."""
    stamp = work.folder / f"{step}.json"
    if not stamp.exists():
        work.folder.mkdir(parents=True, exist_ok=True)
        limits = ("--folder", work.folder, "--memory", work.memory, "--threads", work.threads)
        result = in_own_process("benchmarks.scale", *map(str, limits), "--step", step, str(work.size))
        result["load"] = os.getloadavg()[0]
        _publish(stamp, json.dumps(result))
    figures: dict[str, float] = json.loads(stamp.read_text())
    print(
        f"{step} of {work.size:,} observations: {figures['seconds']:.0f} s,"
        f" {figures['processor_seconds']:.1f} s of processor time, peak {figures['peak_gib']:.2f} GiB,"
        f" at most {figures['disk_gib']:.2f} GiB of disk on the way, {figures['left_gib']:.2f} GiB left;"
        f" {figures['rows']:,} rows; load {figures['load']:.0f}",
        flush=True,
    )
    return figures


def _take(step: str, work: Work) -> dict[str, float]:
    before = folder_size(work.folder)
    watch = Watch(work.folder)
    result = timed(lambda: _STEPS[step](work))
    result["disk_gib"] = max(watch.most - before, 0) / 2**30
    result["left_gib"] = (folder_size(work.folder) - before) / 2**30
    if step == "ingest":
        shutil.rmtree(work.dump)
    return result


def _dump(work: Work) -> int:
    write_dump(work.dump, work.size)
    return work.size


def _ingest(work: Work) -> int:
    shutil.rmtree(work.lake.root, ignore_errors=True)
    return sum(changes.read for changes in ingest(work.lake, [work.dump]).tables.values())


def _readiness(work: Work) -> int:
    with work.lake.connect(memory_limit=work.memory, threads=work.threads) as con:
        return readiness(con, INAT_2022).num_rows


def _snapshot(work: Work) -> int:
    shutil.rmtree(work.snapshot, ignore_errors=True)
    cutoff = datetime.fromisoformat(LAST_DAY).replace(tzinfo=UTC)
    request = Request(INAT_2022, cutoff, snapshotting.SEED)
    manifest = snapshot(work.lake, request, work.snapshot, memory_limit=work.memory, threads=work.threads)
    return sum(manifest["counts"][name]["photos"] for name in ("train", "val", "test"))


def _verify(work: Work) -> int:
    verify(work.snapshot, memory_limit=work.memory)
    return sum(1 for _ in work.snapshot.iterdir())


def _generate(work: Work) -> int:
    generate(work.folder, work.size)
    return work.size


def _labels(work: Work) -> int:
    return int(labelling.measure("labels", generate(work.folder, work.size), work.threads)["rows"])


def _labelled_snapshot(work: Work) -> int:
    target = generate(work.folder, work.size)
    return int(snapshotting.measure(work.size, target, work.memory, work.threads)["rows"])


_STEPS: dict[str, Callable[[Work], int]] = dict(
    zip(
        (*DUMP_STEPS, *LABEL_STEPS),
        (_dump, _ingest, _readiness, _snapshot, _verify, _generate, _labels, _labelled_snapshot),
        strict=True,
    )
)


def _compare(results: dict[int, dict[str, dict[str, float]]]) -> None:
    """Print by what power of the data each step grows from the smallest to the largest size."""
    if len(results) < 2:
        return
    small, large = min(results), max(results)
    for step, figures in results[large].items():
        for what in ("seconds", "processor_seconds"):
            value = exponent(small, large, results[small][step][what], figures[what])
            print(
                f"{step}, {what}: exponent {value:.2f} from {small:,} to {large:,}; at most {EXPONENT} wanted"
            )


def exponent(small: int, large: int, before: float, after: float) -> float:
    """Return the power of the data by which a figure grows."""
    return math.log(after / before) / math.log(large / small)


def _refresh(folder: Path, taxa: int) -> None:
    """Print what the portal's first refresh of that many taxa takes; `benchmarks.refresh_waits` has more."""
    stamp = folder / f"refresh_{taxa}.txt"
    if not stamp.exists():
        command = [sys.executable, "-m", "benchmarks.refresh_waits", "--taxa", str(taxa), "--refreshes", "1"]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        _publish(stamp, done.stdout)
    print(f"refresh of {taxa:,} taxa: {stamp.read_text()}")


def _publish(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}")
    partial.write_text(text)
    partial.rename(path)


if __name__ == "__main__":
    main()
