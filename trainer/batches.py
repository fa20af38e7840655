"""From shards to batches on their way to the network.

Reading and drawing happen once for a batch, in NumPy; decoding, cropping, resizing and colours photo by
photo, on all threads. Photos are bytes (0 to 255) but while they are resized and coloured.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from trainer.augment import Views, plain_views, random_views
from trainer.config import Config
from trainer.randaugment import randaugment
from trainer.shards import Shards
from trainer.snapshot import Ints

#: images (n, size, size, 3) uint8; labels (n,) int32; weights (n,) float32, 0 for what only fills a batch.
Batch: TypeAlias = tuple[tf.Tensor, tf.Tensor, tf.Tensor]


@dataclass(frozen=True)
class Part:
    """What one process feeds: of each batch its slices, one after the other, for its devices."""

    #: Devices over all processes, and the numbers of those that this process has.
    devices: int = 1
    mine: range = range(1)

    def slices(self, values: Any) -> list[Any]:
        """Give the parts of a batch that are for this process's devices."""
        size = len(values) // self.devices
        return [values[device * size : (device + 1) * size] for device in self.mine]


ALONE = Part()

#: Photos are read by so many threads: a read from a cold disk is waiting, not work.
READERS = ThreadPoolExecutor(16, thread_name_prefix="read")


class Order:
    """The order in which training sees photos: a function of seed and epoch."""

    def __init__(self, class_ids: Ints, batch_size: int, seed: int, balance: float) -> None:
        """``balance``: see `trainer.config.Training`."""
        self.batch_size = batch_size
        self.steps_per_epoch = len(class_ids) // batch_size
        self._seed = seed
        self._number = len(class_ids)
        self._epoch = -1
        self._rows: Ints = np.empty(0, dtype=np.int64)
        self._ends = _cumulated_shares(class_ids, balance) if balance else None

    def rows(self, step: int) -> Ints:
        """The rows of the batch of that step, counted from 0 over all epochs."""
        epoch, position = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._rows = epoch, self._draw(epoch)
        return self._rows[position * self.batch_size : (position + 1) * self.batch_size]

    def _draw(self, epoch: int) -> Ints:
        random = np.random.default_rng([self._seed, epoch])
        if self._ends is None:
            return random.permutation(self._number)
        # Systematic sampling: each photo comes as often as its share says, up to one more or less.
        points = (np.arange(self._number) + random.random()) / self._number
        rows = np.searchsorted(self._ends, points, side="right").astype(np.int64)
        return random.permutation(np.minimum(rows, self._number - 1))


def training_batches(
    shards: Shards, order: Order, config: Config, steps: range, part: Part = ALONE
) -> tf.data.Dataset:
    """Give the batches of these steps, counted from 0 over all epochs; this process's part of each."""

    def generate() -> Iterator[tuple[Any, ...]]:
        for step in steps:
            views = _drawn_views(shards, config, step // order.steps_per_epoch)
            for rows in part.slices(order.rows(step)):
                yield _records(shards, rows, views(rows), np.ones(len(rows), dtype=np.float32))

    operations = config.augment.randaugment_operations
    return _dataset(generate, config, order.batch_size // part.devices, operations)


def plain_batches(
    shards: Shards, rows: Ints, config: Config, view: int = 0, crop: float = 1.0, part: Part = ALONE
) -> tf.data.Dataset:
    """Give these rows in their order, in batches that are all of one size (see `Batch`).

    ``view``, ``crop``: see `trainer.augment.plain_views`. Of each batch this process's part.
    """

    def views(some: Ints) -> Views:
        return plain_views(shards.heights[some], shards.widths[some], view, crop)

    return _filled_batches(shards, rows, config, views, part)


def viewed_batches(shards: Shards, rows: Ints, config: Config, epoch: int) -> tf.data.Dataset:
    """Give these rows in their order as training sees them in that epoch, in batches of one size."""
    views, operations = _drawn_views(shards, config, epoch), config.augment.randaugment_operations
    return _filled_batches(shards, rows, config, views, ALONE, operations)


def feature_batches(
    take: Callable[[Ints, int], Any], class_ids: Ints, order: Order, steps: range, part: Part = ALONE
) -> tf.data.Dataset:
    """Give the batches of `training_batches`, of features in place of photos.

    ``take``: from rows and an epoch to their features, (n, width) float32.
    """
    size = order.batch_size // part.devices

    def generate() -> Iterator[tuple[Any, ...]]:
        for step in steps:
            for rows in part.slices(order.rows(step)):
                yield take(rows, step // order.steps_per_epoch), class_ids[rows], np.ones(size)

    return _ready(generate, size, take(np.array([0]), 0).shape[1])


def plain_feature_batches(
    take: Callable[[Ints, int], Any], class_ids: Ints, size: int, part: Part = ALONE
) -> tf.data.Dataset:
    """Give the features of all photos in their order, in batches of one size."""

    def generate() -> Iterator[tuple[Any, ...]]:
        for some, weights in _chunks(np.arange(len(class_ids)), size):
            for rows, one in zip(part.slices(some), part.slices(weights), strict=True):
                yield take(rows, 0), class_ids[rows], one

    return _ready(generate, size // part.devices, take(np.array([0]), 0).shape[1])


def _ready(generate: Callable[[], Iterator[tuple[Any, ...]]], size: int, width: int) -> tf.data.Dataset:
    signature = (
        tf.TensorSpec((size, width), tf.float32),
        tf.TensorSpec((size,), tf.int32),
        tf.TensorSpec((size,), tf.float32),
    )
    dataset = tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(2)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return dataset.with_options(options)


def _drawn_views(shards: Shards, config: Config, epoch: int) -> Callable[[Ints], Views]:
    def views(rows: Ints) -> Views:
        ids, heights, widths = shards.photos.photo_ids[rows], shards.heights[rows], shards.widths[rows]
        return random_views(config.augment, config.seed, epoch, ids, heights, widths)

    return views


def _filled_batches(
    shards: Shards,
    rows: Ints,
    config: Config,
    views: Callable[[Ints], Views],
    part: Part,
    operations: int = 0,
) -> tf.data.Dataset:
    size = config.training.batch_size
    if part.devices == 1:
        size = min(size, max(len(rows), 1))

    def generate() -> Iterator[tuple[Any, ...]]:
        for some, weights in _chunks(rows, size):
            for mine, one in zip(part.slices(some), part.slices(weights), strict=True):
                yield _records(shards, mine, views(mine), one)

    return _dataset(generate, config, size // part.devices, operations)


def _chunks(rows: Ints, size: int) -> Iterator[tuple[Ints, Any]]:
    """Give the rows in chunks of one size, the last filled with rows of weight 0."""
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        yield np.resize(some, size), (np.arange(size) < len(some)).astype(np.float32)


def _records(shards: Shards, rows: Ints, views: Views, weights: Any) -> tuple[Any, ...]:
    contents = np.empty(len(rows), dtype=object)
    contents[:] = list(READERS.map(shards.read, rows.tolist()))
    geometry = np.concatenate([views.boxes, views.mirrored[:, None]], axis=1).astype(np.int32)
    operations = views.operations.reshape(len(rows), -1)
    colours = np.concatenate([views.colours, views.coloured[:, None], operations], axis=1).astype(np.float32)
    return contents, geometry, colours, shards.photos.class_ids[rows].astype(np.int32), weights


def _dataset(
    generate: Callable[[], Iterator[tuple[Any, ...]]], config: Config, size: int, operations: int = 0
) -> tf.data.Dataset:
    """``operations``: of `trainer.randaugment` on each photo."""
    signature = (
        tf.TensorSpec((size,), tf.string),
        tf.TensorSpec((size, 5), tf.int32),
        tf.TensorSpec((size, 5 + 2 * operations), tf.float32),
        tf.TensorSpec((size,), tf.int32),
        tf.TensorSpec((size,), tf.float32),
    )
    threads = config.hardware.input_threads or os.cpu_count() or 1
    pixels = config.data.image_size

    def view(
        content: tf.Tensor, geometry: tf.Tensor, colours: tf.Tensor, label: tf.Tensor, weight: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        return decode_view(content, geometry, colours, pixels), label, weight

    dataset = tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(2)
    dataset = dataset.unbatch().map(view, num_parallel_calls=threads, deterministic=True)
    dataset = dataset.batch(size, drop_remainder=True).prefetch(2)
    options = tf.data.Options()
    options.threading.private_threadpool_size = threads
    options.autotune.enabled = False
    # Each process makes its own part; nothing is left to share out.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return dataset.with_options(options)


def decode_view(content: tf.Tensor, geometry: tf.Tensor, colours: tf.Tensor, pixels: int) -> tf.Tensor:
    """One photo as `trainer.augment.Views` has it: (pixels, pixels, 3) uint8.

    content: a JPEG file. geometry: the box, and 1 if mirrored. colours: the four numbers, and 1 if they
    count, then number and strength of each operation of `trainer.randaugment`. Only the rows and columns of
    the box are decoded.
    """
    image = tf.io.decode_and_crop_jpeg(content, geometry[:4], channels=3, dct_method="INTEGER_FAST")
    image = tf.ensure_shape(tf.image.resize(image, (pixels, pixels)), (pixels, pixels, 3))
    image = tf.cond(colours[4] > 0, lambda: recolour(image, colours[:4]), lambda: image)
    image = randaugment(image, tf.reshape(colours[5:], (-1, 2)))
    return tf.reverse(tf.cast(image + 0.5, tf.uint8), tf.ones([geometry[4]], tf.int32))


def _recolour(image: tf.Tensor, colours: tf.Tensor) -> tf.Tensor:
    """Turn the hue, stretch saturation, add brightness, stretch contrast; (height, width, 3), 0 to 255.

    As `tf.image.adjust_hue`, `adjust_saturation`, `adjust_brightness` and `adjust_contrast` one after the
    other do, with one trip to hue and chroma and back.
    """
    red, green, blue = tf.unstack(image, axis=-1)
    value = tf.maximum(tf.maximum(red, green), blue)
    chroma = value - tf.minimum(tf.minimum(red, green), blue)
    scale = 1 / tf.maximum(chroma, 1e-3)
    blue_or_green = tf.where(value == green, (blue - red) * scale + 2, (red - green) * scale + 4)
    hue = tf.where(value == red, (green - blue) * scale, blue_or_green) + 6 * colours[0]
    stretched = tf.minimum(chroma * colours[1], value)

    def channel(sixths: int) -> tf.Tensor:
        at = hue + sixths
        at -= 6 * tf.floor(at / 6)  # floormod is not vectorised
        return value - stretched * tf.clip_by_value(tf.minimum(at, 4 - at), 0, 1)

    turned = tf.stack([channel(5), channel(3), channel(1)], axis=-1)
    mean = tf.reduce_mean(turned, axis=(0, 1))
    return tf.clip_by_value((turned - mean) * colours[3] + mean + colours[2] * 255, 0, 255)


#: Compiled into one loop over the pixels by XLA: an eighth of the time of the four operations of tf.image.
#: For a batch at once it takes longer, because a batch does not fit into the processor's cache.
recolour = tf.function(_recolour, jit_compile=True)


def _cumulated_shares(class_ids: Ints, balance: float) -> Any:
    """Where each photo's part of [0, 1] ends: a class of n photos has a part like n to the 1 - balance."""
    counts = np.bincount(class_ids).astype(np.float64)
    shares = counts[class_ids] ** -balance
    return np.cumsum(shares / shares.sum())
