"""Did something that was done to some classes help? Each beside one to which it was not done.

Classes that were known badly before are known better afterwards by chance alone (regression to the mean), and
classes with few photos vary more. So each treated class is paired with one that was known about as well
before, on about as many photos, and is of the same group where there is one: the pairs whose distances add up
to least (optimal pair matching without replacement, Rosenbaum, J. Am. Stat. Assoc. 84:1024, 1989). The result
is the mean change within pairs, with Student's interval over pairs, which covers sampled photos and unlike
classes alike.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import KDTree

from exporter.columns import distinct
from exporter.shares import mean_interval

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]

#: Partners looked at for each treated class: those next to it.
_NEAREST = 20
#: How far apart, in standard deviations of what is matched, partners may lie.
CALIPER = 0.5
#: What another group counts for, likewise: one of the same group is taken where it lies within the caliper.
_OTHER_GROUP = 0.25
#: With fewer pairs nothing is said.
LEAST_PAIRS = 10


@dataclass(frozen=True)
class Before:
    """Classes as they stood before: (n,) test photos, those named right, and a number of their group."""

    images: Ints
    right: Ints
    group: Ints


@dataclass(frozen=True)
class Estimate:
    """A mean over pairs, with its 90 % interval."""

    value: float
    low: float
    high: float


def pairs(before: Before, is_treated: Bools, may_pair: Bools) -> tuple[Ints, Ints]:
    """Return places of treated classes, and of the partner of each: (p,) each, in the order of the former.

    may_pair: (n,), which may be partners; treated ones are not. A class without a partner within `CALIPER` is
    left out of both.
    """
    treated = np.flatnonzero(is_treated & (before.images > 0))
    others = np.flatnonzero(may_pair & ~is_treated & (before.images > 0))
    if not len(treated) or not len(others):
        return treated[:0], others[:0]
    where = _standing(before)
    nearest = min(_NEAREST, len(others))
    _, result = KDTree(where[others]).query(where[treated], k=[*range(1, nearest + 1)])
    candidates = others[distinct(result.ravel())]
    apart = np.linalg.norm(where[treated][:, None] - where[candidates][None], axis=2)
    apart += _OTHER_GROUP * (before.group[treated][:, None] != before.group[candidates][None])
    # What lies beyond the caliper counts for so much that it is taken last.
    row, column = linear_sum_assignment(np.where(apart <= CALIPER, apart, 1e3 + apart))
    is_near = apart[row, column] <= CALIPER
    return treated[row[is_near]], candidates[column[is_near]]


def _standing(before: Before) -> Floats:
    """(n, 2): log-odds of the accuracy, drawn to a half; logarithm of the photos; in standard deviations."""
    share = (before.right + 0.5) / (before.images + 1.0)
    columns = np.column_stack([np.log(share / (1.0 - share)), np.log1p(before.images)])
    spread = columns.std(axis=0)
    return np.asarray(columns / np.where(spread > 0, spread, 1.0), dtype=np.float64)


def change(now: Floats, before: Floats, treated: Ints, partner: Ints) -> Estimate | None:
    """Return how much more the treated changed than their partners; None with fewer than `LEAST_PAIRS` pairs.

    now, before: (n,) shares by class.
    """
    if len(treated) < LEAST_PAIRS:
        return None
    changed = now - before
    apart = changed[treated] - changed[partner]
    return Estimate(*mean_interval(apart))
