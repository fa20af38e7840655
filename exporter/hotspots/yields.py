"""How many of some observations are probably wrong: what a batch to look at will yield.

The expected number is the sum of their suspicions, which are calibrated (see `calibration`). Its interval is
that of `intervals`: each observation is a draw of its own, and the observations of a label move together by
as much as the label's own interval says, at least by what the model itself may be off.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from math import log

import numpy as np

from exporter.hotspots.intervals import DISCREPANCY, intervals

#: Ends of a 90 % interval lie so many standard deviations from the middle.
_ENDS = 1.645
#: The most that a label's own log-odds are taken to be off: an interval that begins at 0 says no more.
_MOST = 2.0


@dataclass(frozen=True)
class Yield:
    """Of so many observations the expected number of wrong ones, with its 90 % interval."""

    of: int
    expected: float
    low: float
    high: float

    @property
    def is_check(self) -> bool:
        """Whether nearly all labels are expected to be right: fewer than 3 in 30 wrong."""
        return self.of > 0 and self.expected / self.of < 0.1


def spread(low: float, high: float, labels: int) -> float:
    """Return by how much a label's log-odds may be off, from the interval of its expected number."""
    ends = [min(max(end / labels, 1e-4), 1 - 1e-4) for end in (low, high)] if labels else [0.5, 0.5]
    odds = [log(share / (1 - share)) for share in ends]
    return min(max((odds[1] - odds[0]) / (2 * _ENDS), DISCREPANCY), _MOST)


def yield_of(rows: Iterable[tuple[int, float, float]]) -> Yield:
    """Return what is expected of observations: each its label's id, its suspicion, its label's `spread`."""
    ordered = sorted(rows)
    if not ordered:
        return Yield(0, 0.0, 0.0, 0.0)
    variance = 0.0
    for _label, group in groupby(ordered, key=lambda row: row[0]):
        of_label = list(group)
        draws = sum(suspicion * (1 - suspicion) for _, suspicion, _ in of_label)
        variance += draws + (of_label[0][2] * draws) ** 2
    expected = sum(suspicion for _, suspicion, _ in ordered)
    low, high = intervals(np.array([expected]), np.array([variance]), np.array([float(len(ordered))]))
    return Yield(len(ordered), expected, float(low[0]), float(high[0]))
