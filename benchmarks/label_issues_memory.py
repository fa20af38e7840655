"""Measure the peak memory of suspecting labels, by photos and classes.

python -m benchmarks.label_issues_memory [--photos 50000 200000] [--classes 100 5000]

Each size runs in a process of its own. The probabilities are made up, batch by batch of 256, and go through
`trainer.folds.Kept`, as those of networks do; the network itself is not there. Beside the peak: what a table
of photos by classes would take, in float64.
"""

import argparse
import json

import numpy as np

from benchmarks.measure import in_own_process, timed
from trainer.folds import Kept
from trainer.label_issues import plain_issues
from trainer.metrics import log_softmax

BATCH = 256


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, nargs="+", default=[50_000, 200_000])
    parser.add_argument("--classes", type=int, nargs="+", default=[100, 5000])
    parser.add_argument("--one", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(timed(lambda: suspect(*options.one))))
        return
    for photos in options.photos:
        for classes in options.classes:
            result = in_own_process("benchmarks.label_issues_memory", "--one", str(photos), str(classes))
            print(
                f"{photos:,} photos of {classes:,} classes: {result['peak_gib']:.2f} GiB"
                f" (a table: {photos * classes * 8 / 2**30:.2f} GiB); {result['rows']:,.0f} suspected,"
                f" {result['processor_seconds']:.0f} s of processor time",
                flush=True,
            )


def suspect(photos: int, classes: int) -> int:
    """Suspect labels of made-up photos; how many."""
    random = np.random.default_rng(1)
    labels = random.integers(0, classes, photos)
    kept = Kept(labels)
    for start in range(0, photos, BATCH):
        rows = np.arange(start, min(start + BATCH, photos))
        logits = random.standard_normal((len(rows), classes), dtype=np.float32)
        logits[np.arange(len(rows)), labels[rows]] += 4
        kept.take(rows, log_softmax(logits))
    return len(plain_issues(kept.outcomes()).rows)


if __name__ == "__main__":
    main()
