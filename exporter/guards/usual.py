"""Is a number more than the numbers of the windows before let expect?"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

#: Fewer windows than this do not show what is usual.
LEAST_WINDOWS = 2


def at_least(number: int, before: Sequence[int], windows: float = 1.0) -> float:
    """How likely so large a number is in so many windows, by the numbers of single windows before.

    Poisson with a gamma distribution of the rate by Jeffreys' prior (shape: sum + 1/2, rate: how many), so
    negative binomial. Where the numbers vary more than Poisson's do, shape and rate are divided by the ratio
    of their variance to their mean.
    """
    mean = float(np.mean(before))
    spread = max(1.0, float(np.var(before, ddof=1)) / mean) if mean > 0 else 1.0
    shape, rate = (sum(before) + 0.5) / spread, len(before) / spread
    return float(stats.nbinom.sf(number - 1, shape, rate / (rate + windows)))
