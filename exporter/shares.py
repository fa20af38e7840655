"""Shares with their uncertainty: so many of so many, with the interval that holds 90 % of what repeated
samples would estimate.

Wilson's score interval (J. Am. Stat. Assoc. 22:209, 1927): it stays within 0 and 1, and is wide where little
was seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats: TypeAlias = NDArray[np.float64]

LEVEL = 0.9
#: The half of the interval in standard deviations.
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


def bound(share: Any, of: Any, side: int, *, root: Callable[[Any], Any], z: float = Z) -> Any:
    """Return an end of the interval, the lower for ``side`` -1 and the upper for 1, where ``of`` is above 0.

    It works on anything that can be added and multiplied: numbers, arrays, and expressions of a database,
    each with its own square root.
    """
    reach = z * root(share * (1.0 - share) / of + z**2 / 4 / of / of)
    return (share + z**2 / 2 / of + side * reach) / (1.0 + z**2 / of)


def wilson(count: ArrayLike, of: ArrayLike, z: float = Z) -> tuple[Floats, Floats]:
    """Return both ends of the intervals of many shares; 0 and 1 where nothing was seen."""
    number = np.asarray(of, dtype=np.float64)
    safe = np.maximum(number, 1)
    share = np.asarray(count, dtype=np.float64) / safe
    low = np.where((share > 0) & (number > 0), bound(share, safe, -1, root=np.sqrt, z=z), 0.0)
    high = np.where((share < 1) & (number > 0), bound(share, safe, 1, root=np.sqrt, z=z), 1.0)
    return low.clip(0, 1), high.clip(0, 1)


def mean_interval(values: Floats) -> tuple[float, float, float]:
    """Return the mean of (n,) independent numbers, n at least 2, and both ends of Student's interval."""
    mean, number = float(values.mean()), len(values)
    reach = float(stats.t.ppf((1 + LEVEL) / 2, number - 1) * values.std(ddof=1) / np.sqrt(number))
    return mean, mean - reach, mean + reach


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share itself; 0 of nothing."""
        return self.count / self.of if self.of else 0.0

    @property
    def low(self) -> float:
        """The lower end of its interval."""
        return max(self._bound(-1), 0.0) if self.count else 0.0

    @property
    def high(self) -> float:
        """The upper end."""
        return min(self._bound(1), 1.0) if self.count < self.of else 1.0

    def _bound(self, side: int) -> float:
        return float(bound(self.value, self.of, side, root=sqrt))
