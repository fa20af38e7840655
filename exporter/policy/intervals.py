"""Means over worlds with their intervals, and differences between scenarios of the same worlds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from exporter.columns import Floats
from exporter.shares import LEVEL, mean_interval

#: Fewer worlds than this give no interval.
LEAST_SEEDS = 3


@dataclass(frozen=True)
class Estimate:
    """A mean over worlds, and the interval that holds it as often as `LEVEL` says; None: too few worlds."""

    value: float
    low: float | None
    high: float | None

    @property
    def is_clear(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def estimate(values: Sequence[float] | Floats) -> Estimate:
    """Return the mean of one number a world, by Student's t; what is not a number is left out."""
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    if not known.size:
        return Estimate(float("nan"), None, None)
    if known.size < LEAST_SEEDS:
        return Estimate(float(known.mean()), None, None)
    return Estimate(*mean_interval(known))


def difference(values: Sequence[float] | Floats, others: Sequence[float] | Floats) -> Estimate:
    """Return the mean of what each world's first number has more than its second (paired)."""
    return estimate(np.asarray(values, dtype=np.float64) - np.asarray(others, dtype=np.float64))


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> Estimate:
    """Return the sum of the one over the sum of the other, by Fieller's theorem (Biometrika 24:428, 1932).

    Not a number where the denominators' mean is not clearly above 0: the ratio could be anything.
    """
    above = np.asarray(numerators, dtype=np.float64)
    below = np.asarray(denominators, dtype=np.float64)
    bottom = estimate(below)
    if bottom.low is None or bottom.low <= 0:
        return Estimate(float("nan"), None, None)
    size = above.size
    [[var_above, both], [_, var_below]] = np.cov(above, below) / size
    quantile = float(stats.t.ppf((1 + LEVEL) / 2, size - 1)) ** 2
    a = below.mean() ** 2 - quantile * var_below
    b = above.mean() * below.mean() - quantile * both
    c = above.mean() ** 2 - quantile * var_above
    root = np.sqrt(max(b * b - a * c, 0.0))
    return Estimate(float(above.mean() / below.mean()), float((b - root) / a), float((b + root) / a))
