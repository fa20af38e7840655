"""Measure another commit's labels and snapshot beside this working tree's, by turns, on the same lakes.

Each measurement is a process of its own. Processor time is compared: it says more than wall time where other
work runs on the cores, and by turns both meet the same load.

python -m benchmarks.beside COMMIT [--folder var/benchmarks] [--rounds 1] [--threads 2] [--memory 4GB]
    [--observations N ...] [--what labels snapshot]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.generate import generate

LABELS = "labels"
SNAPSHOT = "snapshot"
#: What is measured of a generated lake, by its number of observations.
SIZES = (6_300_000, 20_000_000)
#: Runs in the folder of either commit, whose own packages it imports. The written folder is not checked.
_WORK = """
import json, sys
from pathlib import Path
import duckdb, pyarrow
from benchmarks import readiness, snapshot
# DuckDB imports pandas, where it is installed, the first time that it is shown a table.
duckdb.connect().register("first", pyarrow.table({"any": [1]}))
what, size, lake, threads, memory = sys.argv[1:]
if what == "labels":
    result = readiness.measure(what, Path(lake), int(threads))
else:
    snapshot.verify = lambda *_, **__: 0
    result = snapshot.measure(int(size), Path(lake), memory, int(threads))
print(json.dumps(result))
"""


def main() -> None:
    """Generate what is missing, measure both by turns, print a line for each and the share."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commit")
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="4GB", help="limit of a snapshot's query engine")
    parser.add_argument("--observations", type=int, nargs="+", default=SIZES)
    parser.add_argument("--what", choices=(LABELS, SNAPSHOT), nargs="+", default=(LABELS, SNAPSHOT))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "other"
        subprocess.run(["git", "worktree", "add", "--detach", "--quiet", other, options.commit], check=True)
        try:
            for size in options.observations:
                lake = generate(options.folder, size).absolute()
                for what in options.what:
                    limits = (str(options.threads), options.memory)
                    _compare(what, size, lake, other, options.rounds, limits)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", other], check=True)


def _compare(what: str, size: int, lake: Path, other: Path, rounds: int, limits: tuple[str, str]) -> None:
    results: dict[Path, list[dict[str, float]]] = {other: [], Path.cwd(): []}
    for _ in range(rounds):
        for folder, measured in results.items():
            arguments = (what, str(size), str(lake), *limits)
            done = subprocess.run(
                [sys.executable, "-c", _WORK, *arguments], cwd=folder, check=True, stdout=subprocess.PIPE
            )
            measured.append(json.loads(done.stdout.splitlines()[-1]))
    before, now = (
        statistics.median(one["processor_seconds"] for one in measured) for measured in results.values()
    )
    peaks = [max(one["peak_gib"] for one in measured) for measured in results.values()]
    print(
        f"{what} of {size:,} observations: {before:.1f} s of processor time before, {now:.1f} s now"
        f" ({now / before:.0%}); peak {peaks[0]:.2f} and {peaks[1]:.2f} GiB",
        flush=True,
    )


if __name__ == "__main__":
    main()
