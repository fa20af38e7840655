"""Measure the trainer's input beside the published recipe and beside decoding alone, in one run.

python -m benchmarks.input_pipeline [--photos 768] [--rounds 5] [--threads 2]

The photos are generated JPEG files of 500 x 375 pixels. Every round measures each way once, so that other
work on the machine meets all of them; the medians are printed. The ways:

published      as iNaturalist's own training code does it (inaturalist/inatVisionTraining,
               datasets/inat_dataset.py, read for its sequence of operations): read the file, decode all of
               it, to float, then crop, flip, colours for 30 %, resize and clip, photo by photo; resizing on
               one thread, as there
parallel       the same with every step on all threads
ours           trainer.batches from shards: the same augmentation
decode         read the file and decode it, nothing else: a ceiling for anything that decodes whole files
decode shards  decode the whole photos of the shards, nothing else
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf
from PIL import Image

from tests.trainer.world import World, write_world
from trainer.batches import Order, training_batches
from trainer.config import Config
from trainer.shards import Shards, make_shards

SIZE = 299
BATCH = 64


def main() -> None:
    """Make the photos, measure in rounds, and print the medians and ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=768)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    config = Config.model_validate(
        {"training": {"batch_size": BATCH}, "hardware": {"input_threads": options.threads}}, strict=False
    )
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.photos, options.rounds, options.threads, config)


def measure(folder: Path, photos: int, rounds: int, threads: int, config: Config) -> None:
    """Print images/s of each way: the median over the rounds, and its ratio to the published recipe."""
    world = write_world(folder / "world", sizes={"train": photos}, with_images=False)
    paths = make_photos(world, photos)
    shards = make_shards(
        world.snapshot(), "train", world.images, folder / "shards", config.data, lambda _: None
    )
    ways: dict[str, Callable[[], tf.data.Dataset]] = {
        "published": lambda: published(paths, threads, resize_threads=None),
        "parallel": lambda: published(paths, threads, resize_threads=threads),
        "ours": lambda: ours(shards, config),
        "decode": lambda: decode(paths, threads),
        "decode shards": lambda: decode_shards(shards, threads),
    }
    result: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, make in ways.items():
            result[name].append(speed(make()))
    load = os.getloadavg()[0]
    print(
        f"{photos} photos, mean {np.mean([Path(path).stat().st_size for path in paths]) / 1000:.0f} kB;",
        end=" ",
    )
    print(f"shards {np.mean([len(shards.read(row)) for row in range(len(shards))]) / 1000:.0f} kB;", end=" ")
    print(f"{threads} threads; load {load:.1f}")
    base = [statistics.median(column) for column in zip(*result["published"], strict=True)]
    for name, rounds_of in result.items():
        speeds, work = zip(*rounds_of, strict=True)
        middle, busy = statistics.median(speeds), statistics.median(work)
        print(
            f"{name:14} {middle:6.0f} images/s"
            f" ({min(speeds):.0f} to {max(speeds):.0f}), {middle / base[0]:.2f};"
            f" {busy:.2f} ms of processor time a photo, {base[1] / busy:.2f}"
        )


def speed(dataset: tf.data.Dataset) -> tuple[float, float]:
    """Images/s, and milliseconds of processor time a photo, after the first batches, which start the threads.

    Processor time changes less when other work runs on the machine.
    """
    batches = iter(dataset)
    for _ in range(2):
        next(batches)
    start, work, images = time.perf_counter(), time.process_time(), 0
    for batch in batches:
        images += len(batch[0] if isinstance(batch, tuple) else batch)
    return images / (time.perf_counter() - start), (time.process_time() - work) / images * 1000


def ours(shards: Shards, config: Config) -> tf.data.Dataset:
    """One epoch."""
    order = Order(shards.photos.class_ids, BATCH, config.seed, 0.0)
    return training_batches(shards, order, config, range(order.steps_per_epoch))


def published(paths: list[str], threads: int, resize_threads: int | None) -> tf.data.Dataset:
    """One epoch in the way of the published code."""
    dataset = tf.data.Dataset.from_tensor_slices(paths)
    for step in (_read, _crop, tf.image.random_flip_left_right, _sometimes_colours):
        dataset = dataset.map(step, num_parallel_calls=threads)
    dataset = dataset.map(
        lambda image: tf.image.resize(image, (SIZE, SIZE)), num_parallel_calls=resize_threads
    )
    dataset = dataset.map(lambda image: tf.clip_by_value(image, 0, 1), num_parallel_calls=threads)
    return dataset.batch(BATCH, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def decode(paths: list[str], threads: int) -> tf.data.Dataset:
    """Read and decode, nothing else; not batched, for the photos may differ in size."""

    def work(path: tf.Tensor) -> tf.Tensor:
        return tf.io.decode_jpeg(tf.io.read_file(path), channels=3)[:1, 0, 0]

    dataset = tf.data.Dataset.from_tensor_slices(paths).map(work, num_parallel_calls=threads)
    return dataset.batch(BATCH, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def decode_shards(shards: Shards, threads: int) -> tf.data.Dataset:
    """Decode the shards' photos whole, nothing else."""
    contents = [shards.read(row) for row in range(len(shards))]

    def work(content: tf.Tensor) -> tf.Tensor:
        return tf.io.decode_jpeg(content, channels=3)[:1, 0, 0]

    dataset = tf.data.Dataset.from_tensor_slices(contents).map(work, num_parallel_calls=threads)
    return dataset.batch(BATCH, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def _read(path: tf.Tensor) -> tf.Tensor:
    image = tf.image.decode_jpeg(tf.io.read_file(path), channels=3)
    return tf.image.convert_image_dtype(image, tf.float32)


def _crop(image: tf.Tensor) -> tf.Tensor:
    begin, size, _ = tf.image.sample_distorted_bounding_box(
        tf.shape(image),
        tf.constant([[[0.0, 0.0, 1.0, 1.0]]]),
        area_range=(0.08, 1.0),
        aspect_ratio_range=(0.75, 1.33),
        max_attempts=100,
        min_object_covered=0.1,
    )
    return tf.slice(image, begin, size)


def _sometimes_colours(image: tf.Tensor) -> tf.Tensor:
    return tf.cond(tf.random.uniform([]) > 0.7, lambda: _colours(image), lambda: image)


def _colours(image: tf.Tensor) -> tf.Tensor:
    image = tf.image.random_hue(image, 0.08)
    image = tf.image.random_saturation(image, 0.6, 1.6)
    image = tf.image.random_brightness(image, 0.05)
    return tf.image.random_contrast(image, 0.7, 1.3)


def make_photos(world: World, number: int) -> list[str]:
    """Photos of noise at many scales, about as long on disk as a photo is."""
    random = np.random.default_rng(1)
    paths = [world.image(photo_id) for photo_id in range(1, number + 1)]
    for path in paths:
        _noise(random).save(path, "JPEG", quality=85)
    return [str(path) for path in paths]


def _noise(random: np.random.Generator) -> Image.Image:
    pixels = np.full((375, 500, 3), 128.0)
    for cells in (4, 12, 40, 120, 375):
        grid = Image.fromarray(random.integers(0, 256, (cells, cells * 4 // 3, 3), dtype=np.uint8))
        pixels += (
            (np.asarray(grid.resize((500, 375), Image.Resampling.BICUBIC), dtype=float) - 128)
            * 0.9
            / cells**0.35
        )
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()
