"""Measure readiness and labels on a generated lake: wall time and peak memory, each in a process of its own.

python -m benchmarks.readiness [--folder var/benchmarks] [--threads 2] [--observations N ...]
"""

import argparse
import json
from pathlib import Path

from benchmarks.generate import connect, generate
from benchmarks.measure import in_own_process, timed
from exporter.community import labels
from exporter.criteria import INAT_2022
from exporter.readiness import readiness

SIZES = (2_000_000, 6_300_000, 20_000_000)
#: The lake of SIZES[1] holds about 12.6 million identifications.
LABELS_SIZE = SIZES[1]
MEMORY_LIMIT = "3GB"


def main() -> None:
    """Generate what is missing, then measure each size and print one line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--observations", type=int, nargs="+", default=SIZES)
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "LAKE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        what, target = options.measure
        print(json.dumps(measure(what, Path(target), options.threads)))
        return
    for size in options.observations:
        target = generate(options.folder, size)
        _report("readiness", size, target, options.threads)
        if size == LABELS_SIZE:
            _report("labels", size, target, options.threads)


def measure(what: str, target: Path, threads: int) -> dict[str, float]:
    """Do it once in this process: seconds, peak memory in GiB, rows given."""
    con = connect(target, MEMORY_LIMIT, threads)
    if what == "readiness":
        return timed(lambda: readiness(con, INAT_2022).num_rows)
    return timed(lambda: len(labels(con)))


def _report(what: str, size: int, target: Path, threads: int) -> None:
    result = in_own_process("benchmarks.readiness", "--threads", str(threads), "--measure", what, str(target))
    print(
        f"{what} of {size:,} observations: {result['seconds']:.1f} s, peak {result['peak_gib']:.2f} GiB,"
        f" {result['rows']:,} rows"
    )


if __name__ == "__main__":
    main()
