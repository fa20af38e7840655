"""Shares of test photos with their uncertainty, for one class or for arrays of them.

An accuracy is the share of test photos whose likeliest class is their label; its interval is Wilson's (J. Am.
Stat. Assoc. 22:209, 1927), which is wide where few photos were seen. The photos of several classes are drawn
class by class, which varies less than drawing them all at once, so that over a clade the interval is rather
too wide than too narrow.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats: TypeAlias = NDArray[np.float64]

#: The standard normal quantile of a 95 % interval.
Z = 1.959964
#: Of the changes told, at most this share is expected to be chance.
FALSE_DISCOVERIES = 0.05


def wilson(right: ArrayLike, images: ArrayLike) -> tuple[Floats, Floats]:
    """The 95 % interval of shares; 0 to 1 where there is no photo."""
    number = np.asarray(images, dtype=np.float64)
    safe = np.maximum(number, 1)
    share = np.asarray(right, dtype=np.float64) / safe
    centre = (share + Z**2 / (2 * safe)) / (1 + Z**2 / safe)
    reach = Z / (1 + Z**2 / safe) * np.sqrt(share * (1 - share) / safe + (Z / (2 * safe)) ** 2)
    low = np.where((share > 0) & (number > 0), centre - reach, 0.0)
    high = np.where((share < 1) & (number > 0), centre + reach, 1.0)
    return low, high


def differences(
    right: ArrayLike, images: ArrayLike, right_before: ArrayLike, images_before: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """How much shares differ from those before, with a 95 % interval: now less before, low, high.

    Newcombe's hybrid of two Wilson intervals (Stat. Med. 17:873, 1998, method 10). Every number of photos is
    above 0.
    """
    share = np.asarray(right, dtype=np.float64) / np.asarray(images)
    before = np.asarray(right_before, dtype=np.float64) / np.asarray(images_before)
    low, high = wilson(right, images)
    low_before, high_before = wilson(right_before, images_before)
    difference = share - before
    return (
        difference,
        difference - np.hypot(share - low, high_before - before),
        difference + np.hypot(high - share, before - low_before),
    )


def p_values(
    right: ArrayLike, images: ArrayLike, right_before: ArrayLike, images_before: ArrayLike
) -> Floats:
    """How likely shares that differ so much are by chance: Fisher's exact test, the smaller tail doubled.

    The two sets of photos are taken as independent; where they share photos the test errs toward no change.
    """
    now, number, before = (np.asarray(values, dtype=np.int64) for values in (right, images, right_before))
    total = number + np.asarray(images_before, dtype=np.int64)
    found = stats.hypergeom(total, now + before, number)
    return np.minimum(2 * np.minimum(found.cdf(now), found.sf(now - 1)), 1.0)


def q_values(p: Floats) -> Floats:
    """False discovery rates (Benjamini and Hochberg, J. R. Stat. Soc. B 57:289, 1995)."""
    return stats.false_discovery_control(p) if len(p) else p


@dataclass(frozen=True)
class Accuracy:
    """So many test photos named right, of so many."""

    right: int
    images: int

    @property
    def share(self) -> float:
        return self.right / self.images if self.images else 0.0

    @property
    def low(self) -> float:
        """The lower end of the 95 % interval."""
        return float(wilson(self.right, self.images)[0])

    @property
    def high(self) -> float:
        """The upper end."""
        return float(wilson(self.right, self.images)[1])


@dataclass(frozen=True)
class Difference:
    """How much an accuracy differs from the one before, with its 95 % interval."""

    value: float
    low: float
    high: float


def difference(now: Accuracy, before: Accuracy) -> Difference | None:
    """None where either has no photo."""
    if not now.images or not before.images:
        return None
    found = differences(now.right, now.images, before.right, before.images)
    return Difference(*(float(value) for value in found))
