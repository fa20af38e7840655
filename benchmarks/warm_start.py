"""Measure a warm start beside the miniature from nothing, on real photographs, several seeds each.

python -m benchmarks.warm_start [--folder var/benchmarks/warm_start] [--seeds 1 2 3 4 5] [--ways miniature
lite0]

The photographs are those of ../shared/data/5_images (never committed), split by
`benchmarks.photographs.SPLIT`. Nothing is chosen on the test photos: crop and temperature are fitted on
validation photos by `evaluate`, and the configs were. The ways:

miniature      the miniature from nothing at 96 pixels, 60 epochs lite0
trainer/configs/efficientnet_lite0_224.toml: ImageNet's EfficientNet-Lite0, of which the last layer alone
               is trained; the seeds share the features, which are computed once

Each is judged as its config says (crop chosen on validation, one view) and on the whole photo. A rerun goes
on where the last one stopped.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from benchmarks.photographs import SOURCE, SPLIT, write_photographs
from trainer.config import Config, load_config
from trainer.evaluate import evaluate
from trainer.features import FOLDER as FEATURES
from trainer.fit import fit

WAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "miniature": (
        "trainer/configs/miniature.toml",
        (
            "data.image_size=96",
            "data.short_side=112",
            "training.epochs=60",
            "training.decay=0.95",
            "training.learning_rate=0.006",
            "training.batch_size=16",
        ),
    ),
    "lite0": ("trainer/configs/efficientnet_lite0_224.toml", ()),
}
WHOLE = ("evaluation.crop=1.0",)


def main() -> None:
    """Train and judge what is missing, and print a line for each way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks/warm_start"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if not SOURCE.is_dir():
        print(f"skipped: {SOURCE} is not on this machine")
        return
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    photographs = options.folder / "photographs"
    if not (photographs / "snapshot" / "manifest.json").is_file():
        write_photographs(photographs)
    for way in options.ways:
        result = [measure(options.folder, way, seed, options.threads) for seed in options.seeds]
        report(way, result)


def measure(folder: Path, way: str, seed: int, threads: int) -> tuple[float, float, float]:
    """Top-1 with the crop of validation, that crop, and top-1 of the whole photo."""
    name, changes = WAYS[way]
    config = load_config(Path(name), [*changes, f"seed={seed}", f"hardware.input_threads={threads}"])
    run, photographs = folder / f"{way}-{seed}", folder / "photographs"
    share_features(config, folder / f"{way}-features", run)
    fit(
        config,
        photographs / "snapshot",
        photographs / "images",
        run,
        shards_folder=folder / f"{way}-shards",
        say=quiet,
    )
    whole = evaluate(run, changes=WHOLE, say=quiet)
    chosen = evaluate(run, say=quiet)
    assert whole is not None
    assert chosen is not None
    top1, crop = chosen["overall"]["top1"], chosen["calibration"]["crop"]
    print(
        f"{way} seed {seed}: {top1:.1%} at {crop:g}; whole photo {whole['overall']['top1']:.1%}", flush=True
    )
    return top1, crop, whole["overall"]["top1"]


def quiet(_: str) -> None:
    """Print nothing."""


def share_features(config: Config, shared: Path, run: Path) -> None:
    """Let runs that differ in their seed alone compute the features of photos once."""
    if config.network.train != "last_layer" or (run / FEATURES).exists():
        return
    shared.mkdir(parents=True, exist_ok=True)
    run.mkdir(parents=True, exist_ok=True)
    (run / FEATURES).symlink_to(shared.absolute())


def report(way: str, result: list[tuple[float, float, float]]) -> None:
    """The mean over the seeds, and how far they are apart."""
    chosen, _, whole = np.array(result).T
    print(
        f"{way:10} {SPLIT}, {len(result)} seeds: top-1 {chosen.mean():.1%} ({chosen.min():.1%} to"
        f" {chosen.max():.1%}); whole photo {whole.mean():.1%}",
        flush=True,
    )


if __name__ == "__main__":
    main()
