"""One model against a model for each clade, on real photographs and on a larger made-up set.

python -m benchmarks.split_models [--folder var/benchmarks/split_models] [--what photographs synthetic]
    [--draws 10] [--seeds 3] [--equal-steps]

photographs    the campus plants of ../shared/data/5_images (never committed), features of ImageNet's
               EfficientNet-Lite0, split into ferns, conifers, monocots and dicots
synthetic      240 classes in eight clades of 6 to 90 classes, 15 to 200 photos each; features drawn around
               a tree of centres: clades far apart, genera nearer, species of a genus overlapping

Writes the summaries, FOLDER/comparison.json (portal/training/ has a copy for its page), and prints a table
for each. Stopped, it goes on where it stopped.
"""

import argparse
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from benchmarks.photographs import SOURCE, write_photographs
from trainer.config import Config, load_config
from trainer.experiments.pool import Pool, read_pool
from trainer.experiments.split_models import FOLDER, measure
from trainer.files import write_summary
from trainer.fit import fit
from trainer.runs import open_run
from trainer.snapshot import Ints

CONFIG = Path("trainer/configs/efficientnet_lite0_224.toml")
#: One view, so that any photo may be training in a draw; with it twice the epochs do no better.
PHOTOGRAPHS = ("network.feature_views=1", "training.epochs=40", "hardware.input_threads=1")
SYNTHETIC = ("training.epochs=15", "training.batch_size=64")
CLADE_SIZES = (90, 50, 36, 24, 16, 12, 6, 6)
GENUS = 3
WIDTH = 128


def main() -> None:
    """Run what is missing, and print a table for each set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks/split_models"))
    sets = {"photographs": photographs, "synthetic": synthetic}
    parser.add_argument("--what", nargs="+", choices=sets, default=list(sets))
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--equal-steps", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    documents = []
    for what in options.what:
        folder = options.folder / what
        folder.mkdir(parents=True, exist_ok=True)
        made = sets[what](folder)
        if made is None:
            print(f"skipped: {SOURCE} is not on this machine")
            continue
        draws = range(1, options.draws + 1)
        summary = measure(
            made.pool,
            made.groups,
            made.config,
            folder / (f"{FOLDER}-equal" if options.equal_steps else FOLDER),
            draws,
            options.seeds,
            equal_steps=options.equal_steps,
        )
        for row, name, size in zip(
            summary["groups"], made.names, np.bincount(made.groups).tolist(), strict=True
        ):
            row |= {"name": name, "classes": size}
        described = {
            "name": what,
            "is_simulated": what == "synthetic",
            "command": f"python -m benchmarks.split_models --what {what} --draws {options.draws}"
            f" --seeds {options.seeds}{' --equal-steps' if options.equal_steps else ''}",
            "made_on": datetime.now(UTC).date().isoformat(),
        }
        documents.append(described | summary)
        print(what)
        print_table(summary)
    name = "comparison-equal" if options.equal_steps else "comparison"
    write_summary(options.folder / f"{name}.json", documents)


@dataclass(frozen=True)
class Compared:
    """A set of photos. groups: the clade of each class, by number; names: of the clades."""

    pool: Pool
    groups: Ints
    names: list[str]
    config: Config


def photographs(folder: Path) -> Compared | None:
    """The campus plants, by class; None where they are not at hand."""
    if not SOURCE.is_dir():
        return None
    config = load_config(CONFIG, PHOTOGRAPHS)
    run, data = folder / "run", folder / "photographs"
    if not (data / "snapshot" / "manifest.json").is_file():
        write_photographs(data, with_classes=True)
    if not (run / "progress.json").is_file():
        # One step: the run is there for its features.
        fit(config, data / "snapshot", data / "images", run, shards_folder=folder / "shards")
    opened = open_run(run)
    clades, groups = np.unique(opened.snapshot.groups_at(50.0), return_inverse=True)
    names = [opened.snapshot.taxa[clade].name for clade in clades.tolist()]
    return Compared(read_pool(opened), groups, names, config)


def synthetic(_folder: Path) -> Compared:
    """The made-up set, the same each time."""
    random = np.random.default_rng(1)
    clades = np.repeat(np.arange(len(CLADE_SIZES)), CLADE_SIZES)
    genera = np.arange(len(clades)) // GENUS
    centres = (
        random.normal(size=(len(CLADE_SIZES), WIDTH))[clades] * 0.7
        + random.normal(size=(genera.max() + 1, WIDTH))[genera] * 0.5
        + random.normal(size=(len(clades), WIDTH)) * 0.25
    )
    photos = np.exp(random.uniform(np.log(15), np.log(200), len(clades))).astype(np.int64)
    class_ids = np.repeat(np.arange(len(clades)), photos)
    features = centres[class_ids] + random.normal(size=(len(class_ids), WIDTH))
    levels = [genera, clades, clades, clades]
    pool = Pool(features.astype(np.float32), class_ids, np.arange(len(class_ids)), levels)
    names = [f"Clade {number}" for number in range(1, len(CLADE_SIZES) + 1)]
    return Compared(pool, clades, names, load_config(CONFIG, SYNTHETIC))


def print_table(summary: dict) -> None:
    """Accuracies, differences and spread, in percent."""

    def percent(values: list[float]) -> str:
        mean, low, high = (100 * one for one in values)
        return f"{mean:6.2f} ({low:.2f} to {high:.2f})"

    for way, values in summary["ways"].items():
        print(f"  {way:14} {percent(values)}")
    print(f"  {'router':14} {percent(summary['router'])}")
    for pair in summary["pairs"]:
        print(
            f"  {pair['first']:14} - {pair['second']:12} {percent(pair['difference'])}; clear in"
            f" {pair['clearly_better']} up, {pair['clearly_worse']} down of {len(pair['draws'])}"
        )
    print("  spread", {name: f"{100 * value:.2f}" for name, value in summary["spread"].items()})


if __name__ == "__main__":
    main()
