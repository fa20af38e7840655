"""Measure how well wrong labels are detected: real photographs, 5 % of their labels exchanged for a sister's.

python -m benchmarks.label_issues [--folder var/benchmarks/label_issues] [--swaps 1 2] [--folds 5]

The photographs are those of ../shared/data/5_images (never committed). For each seed of --swaps the labels of
5 % of the training photos are exchanged for another species of the genus, else of the family, else any. A
network is trained K times, each on K - 1 folds: the miniature from nothing, or (--config lite0) the last
layer of ImageNet's EfficientNet-Lite0. What it says of the photos left out is given to

plain          another class is likelier than the label; ranked by 1 - p(label)
margin         the same photos, ranked by p(likeliest) - p(label)
confident      those that confident learning prunes (cleanlab), ranked by normalised margin

Of each: how many photos it names, the share of them that were exchanged (precision), the share of the
exchanged that it names (recall), and precision among the first as many as were exchanged. Chance is the
share exchanged. A rerun goes on where the last one stopped.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks.photographs import SOURCE, write_photographs
from trainer.config import load_config
from trainer.folds import cross_validate
from trainer.label_issues import Issues, confident_issues, plain_issues
from trainer.metrics import interval, outcomes
from trainer.runs import begin_run
from trainer.shards import make_shards
from trainer.snapshot import SETS, Floats, Ints

SWAPPED = 0.05
CONFIGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "miniature": (
        "trainer/configs/miniature.toml",
        (
            "data.image_size=96",
            "data.short_side=112",
            "training.epochs=60",
            "training.learning_rate=0.006",
            "training.decay=0.95",
        ),
    ),
    "lite0": ("trainer/configs/efficientnet_lite0_224.toml", ()),
}


def main() -> None:
    """Train what is missing, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks/label_issues"))
    parser.add_argument("--swaps", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--config", choices=CONFIGS, default="miniature")
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    if not SOURCE.is_dir():
        print(f"skipped: {SOURCE} is not on this machine")
        return
    rows = [row for seed in options.swaps for row in measure(options.folder / str(seed), seed, options)]
    print_table(rows)


def measure(folder: Path, seed: int, options: argparse.Namespace) -> list[tuple[str, Issues, Ints]]:
    """For each way its result, and which photos were exchanged (1) or not (0)."""
    if not (folder / "snapshot" / "manifest.json").is_file():
        write_photographs(folder, swapped=SWAPPED, seed=seed)
    name, changes = CONFIGS[options.config]
    config = load_config(Path(name), [*changes, *options.set])
    run = begin_run(config, folder / "snapshot", folder / f"run-{options.config}", None, accept_changes=False)
    sets = {one: make_shards(run.snapshot, one, folder / "images", run.shards, config.data) for one in SETS}
    shards = sets["train"]
    logs = np.empty((len(shards), len(run.snapshot.class_taxon_ids)))

    def take(rows: Ints, some: Floats) -> None:
        logs[rows] = some

    def say(line: str) -> None:
        print(f"  {line}", flush=True)

    cross_validate(run, shards, options.folds, take, say)
    given = shards.photos.class_ids
    truth = true_classes(folder, shards.photos.photo_ids)
    right = logs.argmax(axis=1)
    print(
        f"swap seed {seed}: {len(given)} photos, {np.sum(truth != given)} exchanged; held-out top-1:"
        f" {np.mean(right == given):.1%} of the given labels, {np.mean(right == truth):.1%} of the true ones"
    )
    result = outcomes(given, logs)
    plain = plain_issues(result)
    ways = {"plain": plain, "margin": by_margin(plain, result.top_probability - result.true_probability)}
    ways["confident"] = confident_issues(given, np.exp(logs))
    return [(name, issues, (truth != given).astype(np.int64)) for name, issues in ways.items()]


def true_classes(folder: Path, photo_ids: Ints) -> Ints:
    """Each photo's class before the exchange."""
    truth = dict(np.load(folder / "truth.npy").tolist())
    return np.array([truth[photo_id] for photo_id in photo_ids.tolist()])


def by_margin(issues: Issues, margins: Floats) -> Issues:
    """The same photos in the order of how far another class is ahead."""
    order = np.argsort(-margins[issues.rows], kind="stable")
    return Issues(issues.rows[order], margins[issues.rows[order]], issues.suggested[order])


def print_table(rows: Sequence[tuple[str, Issues, Ints]]) -> None:
    """One line for each way, over all seeds."""
    for name in dict.fromkeys(name for name, *_ in rows):
        mine = [(issues, wrong) for way, issues, wrong in rows if way == name]
        named = sum(len(issues.rows) for issues, _ in mine)
        hits = sum(wrong[issues.rows].sum() for issues, wrong in mine)
        exchanged = sum(wrong.sum() for _, wrong in mine)
        first = sum(wrong[issues.rows[: wrong.sum()]].sum() for issues, wrong in mine)
        shares = [describe(hits, named), describe(hits, exchanged), describe(first, exchanged)]
        print(f"{name:10} {named:5} named; precision {shares[0]}; recall {shares[1]}; first: {shares[2]}")
    photos = sum(len(wrong) for name, _, wrong in rows if name == rows[0][0])
    print(f"chance     {describe(exchanged, photos)}")


def describe(hits: int, number: int) -> str:
    """A share with its 95 % interval."""
    low, high = interval(hits, number)
    return f"{hits / max(number, 1):.1%} ({float(low):.1%} to {float(high):.1%})"


if __name__ == "__main__":
    main()
