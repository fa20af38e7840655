"""One model against a model for each clade, on real photographs and on a larger made-up set.

python -m benchmarks.split_models [--folder var/benchmarks/split_models] [--what photographs synthetic]
    [--draws 10] [--seeds 3] [--equal-steps] [--page portal/training/comparison.json]

photographs    the campus plants of ../shared/data/5_images (never committed), features of ImageNet's
               EfficientNet-Lite0, split into ferns, conifers, monocots and dicots
synthetic      2,000 classes in 20 clades of 8 to 360 classes, 8 to 49 photos each, few of most; features
               drawn around a tree of centres: clades far apart, genera nearer, species of a genus
               overlapping. Each clade's model takes as many steps as the one model, or small clades would be
               trained too little. No photos, and no network before the last layer

Writes the summary of each, FOLDER/SET.json, and prints a table; --page puts them into the file that the
portal shows, in place of what it had of these sets. Stopped, it goes on where it stopped.
"""

import argparse
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from benchmarks.photographs import SOURCE, write_photographs
from trainer.config import Config, load_config
from trainer.experiments.kept import recipe
from trainer.experiments.pool import Pool, read_pool
from trainer.experiments.split_models import FOLDER, measure
from trainer.files import write_summary
from trainer.fit import fit
from trainer.runs import open_run
from trainer.snapshot import Ints

CONFIG = Path("trainer/configs/efficientnet_lite0_224.toml")
#: One view, so that any photo may be training in a draw; with it twice the epochs do no better.
PHOTOGRAPHS = ("network.feature_views=1", "training.epochs=40", "hardware.input_threads=1")
SYNTHETIC = ("training.epochs=24", "training.batch_size=256", "training.learning_rate=0.02")
CLADE_SIZES = (360, 292, 232, 192, 156, 124, 104, 88, 76, 64, 56, 48, 44, 36, 32, 28, 24, 20, 16, 8)
GENUS = 4
WIDTH = 64
#: How far centres of clades, of genera in a clade, and of species in a genus scatter in each direction;
#: photos of a species scatter by 1.
SCATTER = (0.6, 0.45, 0.3)
FEWEST, MOST = 8, 50


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
    parser.add_argument("--page", type=Path, metavar="FILE")
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
        document = compare(what, made, folder, options)
        write_summary(options.folder / f"{what}.json", document)
        documents.append(document)
        print(what)
        print_table(document)
    if options.page:
        put_in_place(options.page, documents)


@dataclass(frozen=True)
class Compared:
    """A set of photos. groups: the clade of each class, by number; names: of the clades."""

    pool: Pool
    groups: Ints
    names: list[str]
    config: Config
    needs_equal_steps: bool = False


def compare(what: str, made: Compared, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Run the draws that are missing; give the summary, and what it was made from."""
    is_equal = options.equal_steps or made.needs_equal_steps
    summary = measure(
        made.pool,
        made.groups,
        made.config,
        folder / (f"{FOLDER}-equal" if is_equal else FOLDER),
        range(1, options.draws + 1),
        options.seeds,
        equal_steps=is_equal,
    )
    sizes = np.bincount(made.groups).tolist()
    for row, name, size in zip(summary["groups"], made.names, sizes, strict=True):
        row |= {"name": name, "classes": size}
    described = {
        "name": what,
        "is_simulated": what == "synthetic",
        "command": f"python -m benchmarks.split_models --what {what} --draws {options.draws}"
        f" --seeds {options.seeds}{' --equal-steps' if options.equal_steps else ''}",
        "made_on": datetime.now(UTC).date().isoformat(),
        "made_from": {
            "features": made.pool.digest,
            "recipe": recipe(made.config),
            "equal_steps": is_equal,
            **{module.__name__: module.__version__ for module in (keras, np, tf)},
        },
    }
    return described | summary


def put_in_place(page: Path, documents: list[dict[str, Any]]) -> None:
    """Write the page's file: these summaries in place of those of the same names, the others as they are."""
    kept = json.loads(page.read_text(encoding="utf-8")) if page.is_file() else []
    by_name = {one["name"]: one for one in [*kept, *documents]}
    write_summary(page, list(by_name.values()))


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
        random.normal(size=(len(CLADE_SIZES), WIDTH))[clades] * SCATTER[0]
        + random.normal(size=(genera.max() + 1, WIDTH))[genera] * SCATTER[1]
        + random.normal(size=(len(clades), WIDTH)) * SCATTER[2]
    )
    photos = np.exp(random.uniform(np.log(FEWEST), np.log(MOST), len(clades))).astype(np.int64)
    class_ids = np.repeat(np.arange(len(clades)), photos)
    features = centres[class_ids] + random.normal(size=(len(class_ids), WIDTH))
    levels = [genera, clades, clades, clades]
    pool = Pool(features.astype(np.float32), class_ids, np.arange(len(class_ids)), levels)
    names = [str(number) for number in range(1, len(CLADE_SIZES) + 1)]
    return Compared(pool, clades, names, load_config(CONFIG, SYNTHETIC), needs_equal_steps=True)


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
