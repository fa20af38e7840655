"""90 % intervals of expected numbers.

Three things are uncertain: which of the doubtful observations are wrong, given the rates (a sum of
independent yes-or-no draws); the rates (on the log-odds scale a rate has the variance 1/information, see
`chances.Chances.variance`, and a step of it moves the expected number by the sum of p(1 - p) over the
observations that it bears on); and the model (`DISCREPANCY`, moving a label's observations together). The
number lies between 0 and the number of labels; a beta distribution has the mean and this variance.

What happens is a whole number, so an end lies half a number beyond the distribution's quantile. Where fewer
than 5 % lie below one half there are 5 % beyond each end; else nothing can be left out below 0, and all 10 %
lie above.
"""

from typing import Any

import numpy as np
from scipy.stats import beta

from exporter.columns import numbered
from exporter.hotspots.arrays import Floats, tally
from exporter.tree import Ints

LEVEL = 0.9

#: How far, on the log-odds scale, the model itself is off for a whole label: its standard deviation. Chosen
#: so that intervals covered nine in ten truths on simulated worlds (benchmarks/hotspots.py); it is what
#: keeps large numbers from looking exact.
DISCREPANCY = 0.55


def variances(group: Ints, rate: Ints, spread: Floats, information: Floats, count: int) -> Floats:
    """Variance of each group's expected number.

    ``group`` and ``rate`` of each observation, ``spread`` its p(1 - p); ``information`` by rate.
    """
    keys, number = numbered(group * np.int64(len(information)) + rate)
    moved = tally(number, spread)
    of_rate: Floats = moved**2 / information[keys % len(information)]
    draws = tally(group, spread, count)
    total: Floats = draws + (DISCREPANCY * draws) ** 2 + tally(keys // len(information), of_rate, count)
    return total


def intervals(mean: Floats, variance: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Return what 90 % of numbers of 0 to ``most`` with this mean and variance lie between."""
    share = law(mean, variance, most)
    tail = (1.0 - LEVEL) / 2
    low = most * share.ppf(tail) - 0.5
    beyond = np.where(low > 0.0, 1.0 - tail, LEVEL)
    high = most * share.ppf(beyond) + 0.5
    return low.clip(0.0, mean), high.clip(mean, most)


def law(mean: Floats, variance: Floats, most: Floats) -> Any:
    """Return the beta distribution of the share of ``most`` with this mean and variance of the number."""
    share = (mean / most).clip(1e-6, 1.0 - 1e-6)
    spread = (variance / most**2).clip(1e-12, 0.99 * share * (1.0 - share))
    size = share * (1.0 - share) / spread - 1.0
    return beta(share * size, (1.0 - share) * size)
