"""Numbers of a hotspot as they are said and drawn: rounded, with their uncertainty."""

from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import NormalDist

#: The half of a 90 % interval in standard deviations.
Z = NormalDist().inv_cdf(0.95)


@dataclass(frozen=True)
class Share:
    """So many of so many, with the interval that holds 90 % of what repeated samples would estimate.

    Wilson's score interval (J. Am. Stat. Assoc. 22:209, 1927): it stays within 0 and 1, and is wide where
    little was seen.
    """

    count: int
    of: int

    @property
    def value(self) -> float:
        return self.count / self.of if self.of else 0.0

    @property
    def low(self) -> float:
        return max(self._centre() - self._reach(), 0.0) if self.count else 0.0

    @property
    def high(self) -> float:
        return min(self._centre() + self._reach(), 1.0) if self.count < self.of else 1.0

    def _centre(self) -> float:
        return (self.count + Z**2 / 2) / (self.of + Z**2)

    def _reach(self) -> float:
        return Z * sqrt(self.count * (self.of - self.count) / self.of + Z**2 / 4) / (self.of + Z**2)


def bounds(low: float, high: float) -> tuple[int, int]:
    """An interval in whole numbers, rounded outward."""
    return floor(low), ceil(high)


def percent(share: float) -> int:
    """A share in whole per cent; 0 and 100 only where it is so, or nearer than a tenth."""
    if 0.001 < share < 0.01:
        return 1
    if 0.99 < share < 0.999:
        return 99
    return round(100 * share)
