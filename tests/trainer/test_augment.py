"""What is drawn for each photo."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trainer.augment import plain_views, random_views, uniform
from trainer.config import Augment

IDS = np.arange(1, 5001)
SIDES = np.full(5000, 300)


def test_draws_are_splitmix64() -> None:
    mask = 2**64 - 1

    def mix(value: int) -> int:
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & mask
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB & mask
        return value ^ (value >> 31)

    step = 0x9E3779B97F4A7C15
    start = mix(mix(mix(7 + step & mask) + 3 & mask) + 99 & mask)
    selected = [(mix(start + step * n & mask) >> 11) * 2.0**-53 for n in (1, 2)]
    assert uniform(7, 3, np.array([99]), 2)[0].tolist() == selected


def test_draws_depend_on_seed_epoch_and_photo_alone() -> None:
    draws = uniform(1, 2, IDS, 3)
    assert np.array_equal(draws[::-1], uniform(1, 2, IDS[::-1], 3))
    assert np.array_equal(draws[10:20], uniform(1, 2, IDS[10:20], 3))
    for seed, epoch in ((2, 2), (1, 3)):
        assert not np.any(draws == uniform(seed, epoch, IDS, 3))


def test_draws_are_even_and_unrelated() -> None:
    draws = uniform(1, 1, IDS, 4)
    assert np.all((draws >= 0) & (draws < 1))
    assert np.allclose(np.histogram(draws, bins=10, range=(0, 1))[0], 2000, atol=200)
    assert np.allclose(np.corrcoef(draws.T), np.eye(4), atol=0.06)
    assert abs(np.corrcoef(draws[:-1, 0], draws[1:, 0])[0, 1]) < 0.06


def test_the_recipes_shares() -> None:
    views = random_views(Augment(), 1, 0, IDS, SIDES, SIDES)
    areas = views.boxes[:, 2] * views.boxes[:, 3] / 300**2
    assert 0.095 < areas.min() < 0.11
    assert areas.max() > 0.95
    assert abs(areas.mean() - 0.418) < 0.01
    assert abs(views.mirrored.mean() - 0.5) < 0.03
    assert abs(views.coloured.mean() - 0.3) < 0.03
    low, high = views.colours.min(axis=0), views.colours.max(axis=0)
    assert np.allclose(low, [-0.08, 0.6, -0.05, 0.7], atol=0.01)
    assert np.allclose(high, [0.08, 1.6, 0.05, 1.3], atol=0.01)


@settings(max_examples=100)
@given(st.integers(1, 2000), st.integers(1, 2000), st.integers(0, 2**32 - 1))
def test_every_box_lies_in_its_photo(height: int, width: int, seed: int) -> None:
    count = 20
    views = random_views(Augment(), seed, 1, IDS[:count], np.full(count, height), np.full(count, width))
    top, left, rows, columns = views.boxes.T
    assert np.all((top >= 0) & (left >= 0) & (rows >= 1) & (columns >= 1))
    assert np.all((top + rows <= height) & (left + columns <= width))


@pytest.mark.parametrize("sides", [(300, 300), (375, 500), (120, 600)])
@pytest.mark.parametrize("least", [0.08, 0.35])
def test_crops_are_distributed_as_the_published_recipe_draws_them(
    sides: tuple[int, int], least: float
) -> None:
    """As TensorFlow's own operation: areas and aspects, by the Kolmogorov-Smirnov test."""
    draw = tf.function(
        lambda seed: tf.image.stateless_sample_distorted_bounding_box(
            (*sides, 3),
            tf.constant([[[0.0, 0.0, 1.0, 1.0]]]),
            seed=seed,
            min_object_covered=0.1,
            aspect_ratio_range=(0.75, 1.33),
            area_range=(least, 1.0),
            max_attempts=100,
        )[1][:2]
    )
    published = np.array([draw(tf.constant([1, number])) for number in range(2000)])
    settings = Augment(crop_area=(least, 1.0))
    ours = random_views(settings, 1, 0, IDS, np.full(5000, sides[0]), np.full(5000, sides[1])).boxes[:, 2:]
    for figure in (lambda box: box[:, 0] * box[:, 1], lambda box: box[:, 1] / box[:, 0]):
        assert stats.ks_2samp(figure(published), figure(ours)).pvalue > 0.001


def test_what_fits_nowhere_is_taken_whole() -> None:
    tall = random_views(Augment(crop_area=(1.0, 1.0)), 1, 0, IDS[:5], np.full(5, 900), np.full(5, 30))
    assert tall.boxes.tolist() == [[0, 0, 900, 30]] * 5


def test_nothing_is_changed_when_nothing_is_asked_for() -> None:
    views = random_views(Augment(flip=False, colour_share=0.0), 1, 0, IDS, SIDES, SIDES)
    assert not views.mirrored.any()
    assert not views.coloured.any()


def test_plain_views_are_the_whole_photo_its_mirror_image_and_corners() -> None:
    height, width = np.array([100]), np.array([50])
    boxes = [plain_views(height, width, view).boxes[0].tolist() for view in range(0, 10, 2)]
    assert boxes == [[0, 0, 100, 50], [0, 0, 80, 40], [0, 10, 80, 40], [20, 0, 80, 40], [20, 10, 80, 40]]
    assert [bool(plain_views(height, width, view).mirrored[0]) for view in (0, 1, 4, 5)] == [False, True] * 2


def test_the_central_part_of_a_photo_and_its_corners() -> None:
    height, width = np.array([100]), np.array([50])
    boxes = [plain_views(height, width, view, crop=0.8).boxes[0].tolist() for view in range(0, 10, 2)]
    assert boxes == [[10, 5, 80, 40], [10, 5, 64, 32], [10, 13, 64, 32], [26, 5, 64, 32], [26, 13, 64, 32]]
    assert plain_views(np.array([1]), np.array([3]), 0, crop=0.2).boxes.tolist() == [[0, 1, 1, 1]]
