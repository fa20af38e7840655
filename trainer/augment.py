"""What is done to each photo, drawn before any is decoded.

Every number depends on the seed, the epoch and the photo alone: not on the order of reading, the number of
threads or devices, or on where a run was stopped. So a restarted run sees what it would have seen.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from trainer.config import Augment
from trainer.snapshot import Floats, Ints

Boxes: TypeAlias = NDArray[np.int32]
Singles: TypeAlias = NDArray[np.float32]

#: How often a crop of random area and aspect is drawn before the whole photo is taken.
CROP_TRIES = 16

#: What `trainer.randaugment` can do to a photo, one of which leaves it as it is.
RANDAUGMENT_OPERATIONS = 14

_CROP_DRAWS = 4 * CROP_TRIES
_MULTIPLIERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Views:
    """How n photos are to be seen.

    boxes: n x 4, in pixels: top, left, height, width of the part that is decoded. mirrored: n.
    colours: n x 4: hue (share of the circle), saturation (factor), brightness (share of full), contrast
    (factor). coloured: n, whether the colours are changed at all. operations: n x k x 2, of
    `trainer.randaugment`: number and strength (share of its range, with a sign).
    """

    boxes: Boxes
    mirrored: NDArray[np.bool_]
    colours: Singles
    coloured: NDArray[np.bool_]
    operations: Singles


def random_views(
    settings: Augment, seed: int, epoch: int, photo_ids: Ints, heights: Ints, widths: Ints
) -> Views:
    """Training's views of photos of these heights and widths, in pixels."""
    operations = settings.randaugment_operations
    draws = uniform(seed, epoch, photo_ids, _CROP_DRAWS + 6 + 2 * operations)
    ends = np.cumsum([_CROP_DRAWS, 1, 1, 4])
    crop, flip, chosen, colour, changes = np.split(draws, ends, axis=1)
    boxes = _crops(crop.reshape(-1, CROP_TRIES, 4), settings, heights, widths)
    ranges = (
        (-settings.hue, settings.hue),
        settings.saturation,
        (-settings.brightness, settings.brightness),
        settings.contrast,
    )
    low, high = np.array(ranges).T
    return Views(
        boxes=boxes,
        mirrored=(flip[:, 0] < 0.5) & settings.flip,
        colours=(low + colour * (high - low)).astype(np.float32),
        coloured=chosen[:, 0] < settings.colour_share,
        operations=_operations(changes.reshape(len(draws), operations, 2), settings.randaugment_magnitude),
    )


def _operations(draws: Floats, magnitude: float) -> Singles:
    """One of all operations, and at the magnitude one of two signs; draws: n x k x 2."""
    numbers = np.floor(draws[..., 0] * RANDAUGMENT_OPERATIONS)
    strengths = np.where(draws[..., 1] < 0.5, -magnitude, magnitude)
    return np.stack([numbers, strengths], axis=-1).astype(np.float32)


def plain_views(heights: Ints, widths: Ints, view: int = 0, crop: float = 1.0) -> Views:
    """Return evaluation's views of the central part of each photo.

    ``crop``: that part's share of each side. ``view`` 0: that part; 2, 4, 6, 8: its four corners of 0.8 of
    each side; odd: the view before it, mirrored.
    """
    full = np.stack([heights, widths], axis=1)
    sides = np.maximum(1, np.rint(full * crop).astype(np.int64))
    starts = (full - sides) // 2
    if view >= 2:
        corner = view // 2 - 1
        corners = np.maximum(1, sides * 4 // 5)
        starts = starts + (sides - corners) * [corner // 2, corner % 2]
        sides = corners
    boxes = np.concatenate([starts, sides], axis=1).astype(np.int32)
    number = len(heights)
    neutral = np.tile(np.array([0, 1, 0, 1], dtype=np.float32), (number, 1))
    nothing = np.zeros(number, dtype=np.bool_)
    operations = np.empty((number, 0, 2), dtype=np.float32)
    return Views(boxes, np.full(number, view % 2 == 1), neutral, nothing, operations)


def uniform(seed: int, epoch: int, photo_ids: Ints, number: int) -> Floats:
    """Numbers in [0, 1), photos x number, that depend on nothing but the arguments.

    SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators") along each
    row, begun from a hash of seed, epoch and photo.
    """
    with np.errstate(over="ignore"):
        key = _mix(_mix(np.array([seed], dtype=np.uint64) + _STEP) + np.uint64(epoch))
        start = _mix(key + photo_ids.astype(np.uint64))
        state = start[:, None] + _STEP * np.arange(1, number + 1, dtype=np.uint64)
        bits = _mix(state) >> np.uint64(11)
    return bits.astype(np.float64) * 2.0**-53


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(30))) * _MULTIPLIERS[0]
    values = (values ^ (values >> np.uint64(27))) * _MULTIPLIERS[1]
    return values ^ (values >> np.uint64(31))


def _crops(draws: Floats, settings: Augment, heights: Ints, widths: Ints) -> Boxes:
    """The first of the tries that fits into the photo, else the whole photo; draws: n x tries x 4.

    A try is that of `tf.image.sample_distorted_bounding_box`, which the published recipe calls: the aspect is
    uniform, and for an aspect the height, not the area, is uniform between those of least and greatest area.
    """
    low, high = settings.crop_aspect
    aspects = low + draws[..., 0] * (high - low)
    full_heights, full_widths = heights[:, None], widths[:, None]
    areas = [share * full_heights * full_widths for share in settings.crop_area]
    least, most = (np.rint(np.sqrt(area / aspects)) for area in areas)
    most = np.minimum(most, np.minimum(np.floor((full_widths + 0.499) / aspects), full_heights))
    least = np.minimum(least, most)
    crop_heights = least + np.floor(draws[..., 1] * (most - least + 1))
    crop_widths = np.rint(crop_heights * aspects)
    covered = crop_heights * crop_widths
    # A pixel more or less of height may be rounding alone.
    fits = (covered >= areas[0] - crop_widths) & (covered <= areas[1] + crop_widths)
    fits &= covered >= settings.crop_covers * full_heights * full_widths
    fits &= (crop_heights >= 1) & (crop_widths >= 1) & (crop_widths <= full_widths)
    rows, first = np.arange(len(heights)), fits.argmax(axis=1)
    is_found = fits[rows, first]
    height = np.where(is_found, crop_heights[rows, first], heights)
    width = np.where(is_found, crop_widths[rows, first], widths)
    top = np.floor(draws[rows, first, 2] * (heights - height + 1))
    left = np.floor(draws[rows, first, 3] * (widths - width + 1))
    return np.stack([top, left, height, width], axis=1).astype(np.int32)
