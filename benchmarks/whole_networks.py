"""Networks trained whole on real photographs: which, and with what, several seeds each.

python -m benchmarks.whole_networks options|networks [--folder var/benchmarks/whole_networks] [--seeds 1 2 3]
    [--ways NAME ...] [--table]

The photographs are those of ../shared/data/5_images (never committed), split by
`benchmarks.photographs.SPLIT`. Nothing is chosen on the test photos, nor on validation photos: the epochs
were set beforehand by what two processors can do in an hour, and whole photos are judged.

options    ImageNet's EfficientNet-Lite0 at 64 pixels, its last four blocks trained for 5 epochs: plain, and
           with RandAugment, stochastic depth, or photos that grow in size
networks   Xception, Inception v3, a transformer (ViT-S/16) and EfficientNet-Lite0 from random weights at 80
           pixels, 9 epochs; beside them the last layer alone on ImageNet's EfficientNet-Lite0

A run that has ended is not repeated; --table trains nothing, and prints what there is.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from benchmarks.photographs import SOURCE, SPLIT, write_photographs
from benchmarks.warm_start import quiet, share_features
from trainer.config import Config, load_config
from trainer.evaluate import evaluate
from trainer.experiments.spread import mean_with_interval
from trainer.files import write_json
from trainer.fit import fit
from trainer.paired import compare_pairs
from trainer.snapshot import read_snapshot

MINIATURE = "trainer/configs/miniature.toml"
LITE = "trainer/configs/efficientnet_lite0_224.toml"
#: As the networks' own papers have it for few steps; the same for all.
ADAMW = (
    "training.optimizer=adamw",
    "training.learning_rate=0.001",
    "training.schedule=cosine",
    "training.warmup_epochs=1",
)
TUNED = (
    *ADAMW,
    "training.learning_rate=0.003",
    "network.train=all",
    "network.feature_views=1",
    "network.freeze=block_11",
    "data.image_size=64",
    "data.short_side=80",
    "training.epochs=5",
    "training.batch_size=32",
)
FROM_NOTHING = (
    *ADAMW,
    "data.image_size=80",
    "data.short_side=96",
    "training.epochs=9",
    "training.batch_size=16",
)
JUDGING = ("evaluation.crop=1.0", "evaluation.prior=false", "evaluation.geomodel=false")
#: By name the config and its changes; of each set the first is what the others are measured against.
WAYS: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "options": {
        "plain": (LITE, TUNED),
        "randaugment": (LITE, (*TUNED, "augment.randaugment_operations=2")),
        "stochastic_depth": (LITE, (*TUNED, "network.stochastic_depth=0.2")),
        "growing_photos": (LITE, (*TUNED, "training.first_image_size=48")),
    },
    "networks": {
        "xception": (MINIATURE, (*FROM_NOTHING, "network.name=xception")),
        "inception_v3": (MINIATURE, (*FROM_NOTHING, "network.name=inception_v3")),
        "vit_small": (MINIATURE, (*FROM_NOTHING, "network.name=vit_small")),
        "efficientnet_lite0": (MINIATURE, (*FROM_NOTHING, "network.name=efficientnet_lite0")),
        "lite0_imagenet": (LITE, ("data.image_size=80", "data.short_side=96")),
    },
}


def main() -> None:
    """Train and judge what is missing, then print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=WAYS)
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks/whole_networks"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--ways", nargs="+")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if not SOURCE.is_dir():
        print(f"skipped: {SOURCE} is not on this machine")
        return
    ways = options.ways or list(WAYS[options.what])
    if unknown := set(ways) - set(WAYS[options.what]):
        parser.error(f"--ways: no {', '.join(sorted(unknown))}; give some of {', '.join(WAYS[options.what])}")
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    if not (options.folder / "photographs" / "snapshot" / "manifest.json").is_file():
        write_photographs(options.folder / "photographs")
    if not options.table:
        for seed in options.seeds:
            for way in ways:
                measure(options.folder, options.what, way, seed, options.threads)
    print_table(options.folder, options.what, options.seeds)


def measure(folder: Path, what: str, way: str, seed: int, threads: int) -> None:
    """Train and judge one run, unless it has ended."""
    run = folder / f"{way}-{seed}"
    cost = read_cost(run)
    if cost["has_ended"]:
        return
    name, changes = WAYS[what][way]
    settings = [*changes, *JUDGING, f"seed={seed}", f"hardware.input_threads={threads}"]
    config = load_config(Path(name), settings)
    share_features(config, folder / f"{way}-features", run)
    photographs, shards = folder / "photographs", folder / f"shards-{config.data.short_side}"
    snapshot, images = photographs / "snapshot", photographs / "images"
    run.mkdir(parents=True, exist_ok=True)
    began = time.process_time()
    try:
        fit(config, snapshot, images, run, shards_folder=shards, accept_changes=True, say=quiet)
    finally:  # asked to stop, too
        cost["processor_seconds"] += time.process_time() - began
        write_json(run / "cost.json", cost)
    document = evaluate(run, say=quiet)
    assert document is not None
    write_json(run / "cost.json", cost | {"has_ended": True, "parameters": parameters(config)})
    print(f"{way} seed {seed}: {document['overall']['top1']:.1%}", flush=True)


def read_cost(run: Path) -> dict[str, Any]:
    """What a run has cost so far, and whether it has ended."""
    path = run / "cost.json"
    if not path.is_file():
        return {"processor_seconds": 0.0, "has_ended": False}
    cost: dict[str, Any] = json.loads(path.read_text())
    return cost


def parameters(config: Config) -> int:
    """Count the weights of a config's network before its classifier."""
    from trainer.networks.catalogue import NETWORKS

    features = NETWORKS[config.network.name].build(config.data.image_size, 0.0)
    return int(features.count_params())


def print_table(folder: Path, what: str, seeds: list[int]) -> None:
    """A line for each way: right of the test photos, against the first way, and what it cost."""
    first = next(iter(WAYS[what]))
    snapshot = read_snapshot(folder / "photographs" / "snapshot")
    for way in WAYS[what]:
        ended = [seed for seed in seeds if read_cost(folder / f"{way}-{seed}")["has_ended"]]
        if not ended:
            print(f"{way:20} no run has ended")
            continue
        runs = [folder / f"{way}-{seed}" for seed in ended]
        top1, top5 = ([overall(run, name) for run in runs] for name in ("top1", "top5"))
        costs = [read_cost(run) for run in runs]
        minutes = np.mean([cost["processor_seconds"] for cost in costs]) / 60
        print(
            f"{way:20} {SPLIT}, {len(runs)} seeds: top-1 {percent(top1)}, top-5 {percent(top5)};"
            f" {costs[0]['parameters']:,} weights, {minutes:.1f} minutes of one processor"
        )
        others = [folder / f"{first}-{seed}" for seed in ended]
        if way != first and all(read_cost(other)["has_ended"] for other in others):
            print_pairs(
                [
                    compare_pairs(run, other, snapshot)["pairs"]
                    for run, other in zip(runs, others, strict=True)
                ]
            )


def overall(run: Path, name: str) -> float:
    """A figure of a run's results, on the photo alone."""
    value: float = json.loads((run / "results.json").read_text())["overall"][name]
    return value


def print_pairs(pairs: list[dict[str, Any]]) -> None:
    """The differences on the same photos, seed by seed."""
    mean = percent([pair["difference"] for pair in pairs], "+")
    tests = ", ".join(
        f"{pair['right_only_here']} to {pair['right_only_before']} (p = {pair['p_value']:.2g})"
        for pair in pairs
    )
    print(f"{'':20} against the first: {mean} points; right alone, seed by seed: {tests}")


def percent(values: list[float], sign: str = "") -> str:
    """The mean with its interval over seeds."""
    mean, *ends = (100 * one for one in mean_with_interval(values))
    if not ends:
        return f"{mean:{sign}.1f}"
    return f"{mean:{sign}.1f} ({ends[0]:{sign}.1f} to {ends[1]:{sign}.1f})"


if __name__ == "__main__":
    main()
