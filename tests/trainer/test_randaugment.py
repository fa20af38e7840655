"""RandAugment's operations, beside Pillow's; and its draws."""

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageEnhance, ImageOps

from trainer.augment import RANDAUGMENT_OPERATIONS, random_views
from trainer.config import Augment
from trainer.randaugment import OPERATIONS, randaugment

NAMES = list(OPERATIONS)
apply = tf.function(randaugment)


def photo() -> np.ndarray:
    """A smooth picture, 40 x 40, that differs in each direction; no channel reaches 0 or 255."""
    across, down = np.meshgrid(np.linspace(0, 3, 40), np.linspace(0, 2, 40))
    waves = [np.sin(across + down), np.cos(across * 1.5), np.sin(down * 2 + 1)]
    return np.rint(np.stack(waves, axis=-1) * 90 + 120).astype(np.uint8)


def operate(image: np.ndarray, *operations: tuple[str, float]) -> np.ndarray:
    numbered = [[NAMES.index(name), strength] for name, strength in operations]
    return np.asarray(apply(tf.constant(image, tf.float32), tf.constant(numbered, tf.float32)))


def enhance(kind: Callable[[Image.Image], ImageEnhance._Enhance], factor: float) -> Callable:
    return lambda image: kind(image).enhance(factor)


def affine(*rows: float) -> Callable[[Image.Image], Image.Image]:
    return lambda image: image.transform(
        image.size, Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR, fillcolor=(128,) * 3
    )


@pytest.mark.parametrize(
    ("name", "strength", "pillow"),
    [
        ("identity", 0.5, lambda image: image),
        ("brightness", 0.4, enhance(ImageEnhance.Brightness, 1.36)),
        ("color", -0.5, enhance(ImageEnhance.Color, 0.55)),
        ("contrast", -1.0, enhance(ImageEnhance.Contrast, 0.1)),
        ("sharpness", 1.0, enhance(ImageEnhance.Sharpness, 1.9)),
        ("posterize", -0.5, lambda image: ImageOps.posterize(image, 6)),
        ("solarize", 0.5, lambda image: ImageOps.solarize(image, 128)),
        ("auto_contrast", 0.0, ImageOps.autocontrast),
        ("rotate", 1.0, lambda image: image.rotate(30, Image.Resampling.BILINEAR, fillcolor=(128,) * 3)),
        ("translate_x", 1.0, affine(1, 0, -18, 0, 1, 0)),
        ("translate_y", -0.5, affine(1, 0, 0, 0, 1, 9)),
        # The centre stays: 20 - 0.3 * 20 rows further.
        ("shear_x", 1.0, affine(1, 0.3, -6, 0, 1, 0)),
        ("shear_y", -1.0, affine(1, 0, 0, -0.3, 1, 6)),
    ],
)
def test_an_operation_is_pillows(name: str, strength: float, pillow: Callable) -> None:
    """But for what Pillow rounds; at a moved photo's edge Pillow takes the nearest pixel."""
    image = photo()
    off = np.abs(operate(image, (name, strength)) - np.asarray(pillow(Image.fromarray(image)), float))
    assert np.mean(off <= 1.6) > 0.93
    assert np.median(off) < 1


def test_equalising_spreads_values_evenly() -> None:
    """Pillow and Keras round the steps in other ways, so neither is the other's measure."""
    equalized = operate(photo() // 4, ("equalize", 0.0))
    assert (equalized.min(), equalized.max()) == (0, 255)
    assert np.histogram(equalized, 4)[0] == pytest.approx(1200, rel=0.35)
    assert np.all(np.diff(equalized[0, :, 0][np.argsort(photo()[0, :, 0])]) >= 0)


def test_operations_follow_each_other() -> None:
    """Values stay between 0 and 255, whatever is drawn; a photo of one colour breaks nothing."""
    both = operate(operate(photo(), ("solarize", 1.0)), ("rotate", -0.3))
    assert np.array_equal(operate(photo(), ("solarize", 1.0), ("rotate", -0.3)), both)
    for image in (photo(), np.full((40, 40, 3), 7, np.uint8)):
        for name in NAMES:
            for strength in (-1.0, 1.0):
                changed = operate(image, (name, strength))
                assert np.all((changed >= 0) & (changed <= 255))


def test_draws_are_even_and_leave_the_others_as_they_were() -> None:
    ids, sides = np.arange(1, 20_001), np.full(20_000, 300)
    assert len(OPERATIONS) == RANDAUGMENT_OPERATIONS
    views = random_views(
        Augment(randaugment_operations=2, randaugment_magnitude=0.4), 1, 0, ids, sides, sides
    )
    numbers, strengths = np.moveaxis(views.operations, -1, 0)
    for place in range(2):
        assert np.allclose(np.bincount(numbers[:, place].astype(int)) / 20_000, 1 / 14, atol=0.008)
    assert abs(np.corrcoef(numbers.T)[0, 1]) < 0.03
    assert np.unique(np.abs(strengths)).tolist() == pytest.approx([0.4])
    assert np.mean(strengths > 0) == pytest.approx(0.5, abs=0.02)
    without = random_views(Augment(), 1, 0, ids, sides, sides)
    assert without.operations.shape == (20_000, 0, 2)
    for name in ("boxes", "mirrored", "colours", "coloured"):
        assert np.array_equal(getattr(views, name), getattr(without, name))
