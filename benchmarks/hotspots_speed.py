"""Measure the search for wrong labels on a generated lake: time and memory, in a process of its own.

python -m benchmarks.hotspots_speed [--folder var/benchmarks] [--threads 2] [--observations 5000000]
"""

import argparse
import json
import time
from pathlib import Path

from benchmarks.generate import connect, generate
from benchmarks.measure import in_own_process, timed
from exporter.criteria import INAT_2022
from exporter.hotspots import find

#: Two identifications an observation.
OBSERVATIONS = 5_000_000
MEMORY_LIMIT = "3GB"


def main() -> None:
    """Generate what is missing, measure, and print one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--observations", type=int, default=OBSERVATIONS)
    parser.add_argument("--measure", metavar="LAKE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(Path(options.measure), options.threads)))
        return
    target = generate(options.folder, options.observations)
    arguments = ("--threads", str(options.threads), "--measure", str(target))
    result = in_own_process("benchmarks.hotspots_speed", *arguments)
    print(
        f"hotspots of {result['identifications']:,} identifications: {result['seconds']:.1f} s"
        f" ({result['processor_seconds']:.1f} s of processor time), peak {result['peak_gib']:.2f} GiB,"
        f" {result['rows']:,} labels"
    )


def measure(target: Path, threads: int) -> dict[str, float]:
    """Search once in this process: seconds, peak memory in GiB, labels, identifications."""
    con = connect(target, MEMORY_LIMIT, threads)
    con.execute("SET preserve_insertion_order = false")
    result = timed(lambda: find(con, INAT_2022).hotspots.num_rows)
    result["processor_seconds"] = time.process_time()
    result["identifications"] = con.execute("SELECT count(*) FROM identifications").fetchall()[0][0]
    return result


if __name__ == "__main__":
    main()
