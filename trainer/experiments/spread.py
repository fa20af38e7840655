"""Means over draws, and ratios of sums, with the interval that repeated draws would give."""

from typing import Any

import numpy as np
from scipy import stats

#: The share of such intervals that should hold the true value.
LEVEL = 0.95
_RESAMPLES = 4_000


def mean_with_interval(values: Any) -> list[float]:
    """Return the mean of one number a draw, and both ends of Student's interval; [mean] if there is one."""
    known = np.asarray(values, dtype=np.float64)
    mean = float(known.mean())
    if len(known) < 2:
        return [mean]
    reach = float(stats.t.ppf((1 + LEVEL) / 2, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known)))
    return [mean, mean - reach, mean + reach]


def ratio_with_interval(numerators: Any, denominators: Any) -> list[float]:
    """Return the sum of the one over the sum of the other, and both ends of the bootstrap's interval.

    A number of each for a draw; draws are resampled whole, the same ones each time. Empty where the
    denominators are 0 in so many draws that no interval can be given.
    """
    above, below = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    rows = np.random.default_rng(1).integers(0, len(above), (_RESAMPLES, len(above)))
    sums = below[rows].sum(axis=1)
    if not (sums > 0).all():
        return []
    low, high = np.quantile(above[rows].sum(axis=1) / sums, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return [float(above.sum() / below.sum()), float(low), float(high)]
