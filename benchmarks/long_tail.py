"""What helps rare classes, and what regularises: each against its absence, on real photographs.

python -m benchmarks.long_tail [--run RUN] [--draws 10]

RUN is a run of ``fit`` that trains the last layer alone (`benchmarks.warm_start` makes one). Its features are
shared out anew for each draw; the last layer is trained with and without each option, with one set of random
numbers.
Two training sets: as the photographs are (26 to 64 a class), and thinned to a long tail, in which the k-th of
n classes keeps its photos times 20 to the power -k / (n - 1).

Prints for each option the change of top-1, of the mean over classes, of the rarest third of classes, and of
the calibration error before and after temperature scaling: means over draws with 95 % intervals.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from benchmarks.photographs import SOURCE
from trainer.config import NAME, Config, load_config
from trainer.experiments.heads import train_heads
from trainer.experiments.pool import Draw, Pool, read_pool
from trainer.experiments.spread import mean_with_interval
from trainer.metrics import expected_calibration_error, fit_temperature, log_softmax
from trainer.runs import open_run
from trainer.snapshot import Ints

#: With all of these off; the warm start's config has label smoothing 0.1 and dropout 0.2.
OPTIONS = {
    "balanced sampling": "training.balance=1.0",
    "half balanced sampling": "training.balance=0.5",
    "logit adjustment": "training.logit_adjustment=1.0",
    "mixup 0.2": "training.mixup=0.2",
    "mixup 1.0": "training.mixup=1.0",
    "mean of weights 0.99": "training.weights_mean=0.99",
    "no label smoothing": "training.label_smoothing=0.0",
    "dropout 0.5": "network.dropout=0.5",
}
IMBALANCE = 20
FIGURES = ("top-1", "mean class", "rarest third", "calibration error", "uncalibrated")


def main() -> None:
    """Train all that, and print a table for each training set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, default=Path("var/benchmarks/warm_start/lite0-1"))
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if not SOURCE.is_dir():
        print(f"skipped: {SOURCE} is not on this machine")
        return
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    pool = read_pool(open_run(options.run))
    changes = [f"training.epochs={options.epochs}"]
    configs = {
        name: load_config(options.run / NAME, [*changes, *([change] if change else [])])
        for name, change in {"": "", **OPTIONS}.items()
    }
    for is_thinned in (False, True):
        measured = {name: [] for name in configs}
        for number in range(1, options.draws + 1):
            draw = pool.draw(number)
            rows = thin(pool, draw.train, number) if is_thinned else draw.train
            for name, config in configs.items():
                measured[name].append(judge(pool, draw, rows, config, number))
        print_table("a long tail" if is_thinned else "as they are", measured)


def thin(pool: Pool, rows: Ints, number: int) -> Ints:
    """Some of the photos: classes, in an order of the draw's, have fewer and fewer."""
    random = np.random.default_rng(number)
    kept = []
    for place, class_id in enumerate(random.permutation(pool.classes).tolist()):
        mine = random.permutation(rows[pool.class_ids[rows] == class_id])
        share = IMBALANCE ** -(place / (pool.classes - 1))
        kept.append(mine[: max(1, round(len(mine) * share))])
    return np.sort(np.concatenate(kept))


def judge(pool: Pool, draw: Draw, rows: Ints, config: Config, number: int) -> list[float]:
    """Train a last layer, and give its FIGURES on the draw's test photos."""
    seeded = config.model_copy(update={"seed": number})
    labels = pool.class_ids[rows]
    heads = train_heads(seeded, pool.features[rows], labels[None], pool.classes)
    val, logs = (heads.log_probabilities(pool.features[some])[0] for some in (draw.val, draw.test))
    true = pool.class_ids[draw.test]
    right = logs.argmax(axis=1) == true
    calibrated = log_softmax(logs / fit_temperature(pool.class_ids[draw.val], val))
    by_class = [right[true == one].mean() for one in np.unique(true)]
    rarest = np.argsort(np.bincount(labels, minlength=pool.classes), kind="stable")[: pool.classes // 3]
    return [
        float(right.mean()),
        float(np.mean(by_class)),
        float(right[np.isin(true, rarest)].mean()),
        *(expected_calibration_error(np.exp(one.max(axis=1)), right) for one in (calibrated, logs)),
    ]


def print_table(title: str, measured: dict[str, list[list[float]]]) -> None:
    """Figures without any option, and what each option changes, in points."""
    plain = np.array(measured.pop(""))
    print(f"{title}: {len(plain)} draws; {', '.join(FIGURES)}")
    print(f"{'without':24}", *(_points(column, "") for column in plain.T), flush=True)
    for name, rows in measured.items():
        print(f"{name:24}", *(_points(column, "+") for column in (np.array(rows) - plain).T), flush=True)


def _points(values: Ints, sign: str) -> str:
    mean, low, high = (100 * one for one in mean_with_interval(values))
    return f"{mean:{sign}.1f} ({low:{sign}.1f} to {high:{sign}.1f})".rjust(24)


if __name__ == "__main__":
    main()
