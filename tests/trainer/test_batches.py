"""From shards to batches."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.trainer.world import World, jpeg, small_config
from trainer.batches import Order, Part, decode_view, plain_batches, recolour, training_batches
from trainer.shards import Shards, make_shards


@pytest.fixture(scope="module")
def shards(world: World, tmp_path_factory: pytest.TempPathFactory) -> Shards:
    folder = tmp_path_factory.mktemp("batches")
    return make_shards(
        world.snapshot(), "train", world.images, folder, small_config().data, lambda line: None
    )


def read(dataset: tf.data.Dataset) -> list[np.ndarray]:
    return [images.numpy() for images, _, _ in dataset]


def order_of(shards: Shards) -> Order:
    return Order(shards.photos.class_ids, 8, seed=1, balance=0.0)


def test_each_epoch_has_every_photo_once_in_an_order_of_its_own() -> None:
    order = Order(np.zeros(20, dtype=np.int64), 5, seed=3, balance=0.0)
    epochs = [np.concatenate([order.rows(4 * epoch + step) for step in range(4)]) for epoch in range(2)]
    assert [sorted(rows.tolist()) for rows in epochs] == [list(range(20))] * 2
    assert not np.array_equal(*epochs)


def test_the_order_of_a_step_does_not_depend_on_what_was_asked_before() -> None:
    one, other = (Order(np.zeros(20, dtype=np.int64), 5, seed=3, balance=0.0) for _ in range(2))
    for step in range(9):
        one.rows(step)
    assert np.array_equal(one.rows(9), other.rows(9))


@pytest.mark.parametrize(("balance", "share"), [(0.0, 0.1), (0.5, 0.25), (1.0, 0.5)])
def test_balance_brings_rare_classes_more_often(balance: float, share: float) -> None:
    """Of 100 photos 10 are of the rare class: n to the 1 - balance is 10 : 90, 3.2 : 9.5 and 1 : 1."""
    class_ids = np.repeat([0, 1], [10, 90])
    rows = np.concatenate([Order(class_ids, 100, seed=seed, balance=balance).rows(0) for seed in range(50)])
    assert np.mean(class_ids[rows] == 0) == pytest.approx(share, abs=0.005)


def test_batches_are_the_same_from_wherever_one_starts(shards: Shards) -> None:
    straight = read(training_batches(shards, order_of(shards), small_config(), range(9)))
    later = read(training_batches(shards, order_of(shards), small_config(), range(7, 9)))
    assert all(np.array_equal(a, b) for a, b in zip(straight[7:], later, strict=True))
    assert straight[0].shape == (8, 32, 32, 3)
    assert straight[0].dtype == np.uint8


def test_the_parts_of_two_devices_make_up_the_batch(shards: Shards) -> None:
    whole = read(training_batches(shards, order_of(shards), small_config(), range(3)))
    parts = [
        read(training_batches(shards, order_of(shards), small_config(), range(3), Part(2, range(n, n + 1))))
        for n in range(2)
    ]
    together = [np.concatenate(pair) for pair in zip(*parts, strict=True)]
    assert all(np.array_equal(a, b) for a, b in zip(whole, together, strict=True))


def test_plain_batches_keep_the_order_and_fill_the_last_one(shards: Shards) -> None:
    rows = np.arange(11)
    batches = list(plain_batches(shards, rows, small_config()))
    labels = np.concatenate([labels.numpy() for _, labels, _ in batches])
    weights = np.concatenate([weights.numpy() for _, _, weights in batches])
    assert labels[:11].tolist() == shards.photos.class_ids[:11].tolist()
    assert weights.tolist() == [1.0] * 11 + [0.0] * 5


def test_decoding_a_box_is_cropping_the_decoded_photo() -> None:
    content = jpeg(1, 1, size=(64, 48))
    whole = tf.io.decode_jpeg(content, channels=3, dct_method="INTEGER_FAST")
    crop = tf.cast(tf.image.resize(whole[8:40, 16:48], (32, 32)) + 0.5, tf.uint8).numpy()
    neutral = tf.constant([0.0, 1.0, 0.0, 1.0, 0.0])
    views = [decode_view(content, tf.constant([8, 16, 32, 32, turn]), neutral, 32).numpy() for turn in (0, 1)]
    # libjpeg smooths colours across the box's edge, so the outermost pixels may differ.
    assert np.abs(views[0][2:-2, 2:-2].astype(int) - crop[2:-2, 2:-2]).max() <= 2
    assert np.array_equal(views[1], views[0][:, ::-1])


def test_colours_are_changed_as_tensorflow_changes_them_one_after_the_other() -> None:
    photo = tf.random.stateless_uniform((32, 32, 3), [1, 2]) * 255
    for hue, saturation, brightness, contrast in (
        (0.08, 1.6, 0.05, 1.3),
        (-0.08, 0.6, -0.05, 0.7),
        (0, 1, 0, 1),
    ):
        selected = tf.image.adjust_hue(photo / 255, hue)
        selected = tf.image.adjust_saturation(selected, saturation)
        selected = tf.image.adjust_contrast(tf.image.adjust_brightness(selected, brightness), contrast)
        changed = recolour(photo, tf.constant([hue, saturation, brightness, contrast], tf.float32))
        assert np.allclose(changed, tf.clip_by_value(selected, 0, 1) * 255, atol=0.05)


def test_grey_stays_grey() -> None:
    grey = tf.fill((32, 32, 3), 100.0)
    assert np.allclose(recolour(grey, tf.constant([0.08, 1.6, 0.0, 1.0])), grey, atol=1e-3)


def test_a_grey_photo_and_a_tiny_one_are_decoded() -> None:
    stream = io.BytesIO()
    Image.new("L", (1, 1), 77).save(stream, "JPEG")
    neutral = tf.constant([0.0, 1.0, 0.0, 1.0, 0.0])
    image = decode_view(stream.getvalue(), tf.constant([0, 0, 1, 1, 0]), neutral, 32)
    assert np.all(image.numpy() == 77)
