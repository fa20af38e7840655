"""How accuracies of two networks differ, for one class or for arrays of them.

An accuracy is the share of test photos whose likeliest class is their label. The photos of several classes
are drawn class by class, which varies less than drawing them all at once, so that over a clade an interval
is rather too wide than too narrow.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from exporter.shares import Share, Z, wilson

Floats: TypeAlias = NDArray[np.float64]

#: Of the changes reported, at most this share is expected to be chance.
FALSE_DISCOVERIES = 0.05


def differences(
    right: ArrayLike, images: ArrayLike, right_before: ArrayLike, images_before: ArrayLike, *, z: float = Z
) -> tuple[Floats, Floats, Floats]:
    """Return how much shares differ from those before, with a 90 % interval: now less before, low, high.

    Newcombe's hybrid of two Wilson intervals (Stat. Med. 17:873, 1998, method 10). Every number of photos is
    above 0.
    """
    share = np.asarray(right, dtype=np.float64) / np.asarray(images)
    before = np.asarray(right_before, dtype=np.float64) / np.asarray(images_before)
    low, high = wilson(right, images, z)
    low_before, high_before = wilson(right_before, images_before, z)
    difference = share - before
    return (
        difference,
        difference - np.hypot(share - low, high_before - before),
        difference + np.hypot(high - share, before - low_before),
    )


def p_values(
    right: ArrayLike, images: ArrayLike, right_before: ArrayLike, images_before: ArrayLike
) -> Floats:
    """Return how likely such differences are by chance: Fisher's exact test, the smaller tail doubled.

    The two sets of photos are taken as independent; where they share photos the test errs toward no change.
    """
    now, number, before = (np.asarray(values, dtype=np.int64) for values in (right, images, right_before))
    total = number + np.asarray(images_before, dtype=np.int64)
    result = stats.hypergeom(total, now + before, number)
    chances: Floats = np.minimum(2 * np.minimum(result.cdf(now), result.sf(now - 1)), 1.0)
    return chances


def q_values(p: Floats) -> Floats:
    """Return false discovery rates (Benjamini and Hochberg, J. R. Stat. Soc. B 57:289, 1995)."""
    rates: Floats = stats.false_discovery_control(p) if len(p) else p
    return rates


@dataclass(frozen=True)
class Difference:
    """How much an accuracy differs from the one before, with its 90 % interval."""

    value: float
    low: float
    high: float


def difference(now: Share, before: Share) -> Difference | None:
    """Return how much an accuracy differs from the one before; None where either has no photo."""
    if not now.of or not before.of:
        return None
    result = differences(now.count, now.of, before.count, before.of)
    return Difference(*(float(value) for value in result))
