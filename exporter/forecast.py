"""When the next cutoff may be, where nobody has announced one: an interval, from the exports known of.

The days from one export to the next are taken as log-normal, the latest weighing most. Where only the first
and the last of several exports have a date, their mean interval stands for as many intervals as it spans.
The forecast holds on the condition that no export has happened since the last one known of, so it moves on
and widens as time passes; after a long silence it says that the record is old.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import exp, log, sqrt
from statistics import NormalDist

#: An interval weighs half as much as one that ended so many days later.
HALF_LIFE_DAYS = 365
#: The spread (standard deviation of the logarithm) that is assumed before anything is known, and how many
#: intervals that assumption weighs as much as: schedules of people vary by about a half.
PRIOR_SPREAD = 0.5
PRIOR_WEIGHT = 1.0
#: The forecast interval holds the next cutoff with this probability.
COVERAGE = 0.9
#: A silence that so few intervals exceed makes the record old.
OLD = 0.05
#: No forecast reaches further.
FURTHEST_DAYS = 36_525

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Export:
    """An export that is known of: the days on which it can have been, both included.

    ``exports_since`` counts the exports from the one before it in the record to this one, itself included;
    None where that is not known, and for the first.
    """

    earliest: date
    latest: date
    exports_since: int | None

    @property
    def day(self) -> date:
        """The middle of the days."""
        return self.earliest + (self.latest - self.earliest) / 2


@dataclass(frozen=True)
class Forecast:
    """The next cutoff lies from ``low`` to ``high`` with probability `COVERAGE`, if the record is complete.

    ``median_days`` is the usual interval; ``intervals`` is how many the forecast rests on.
    """

    low: date
    high: date
    last: date
    median_days: int
    intervals: int
    is_old: bool


@dataclass(frozen=True)
class _Interval:
    log_days: float
    count: int
    weight: float


def forecast(record: Sequence[Export], today: date) -> Forecast | None:
    """The forecast from a record, oldest first. None if the record holds no interval."""
    intervals = _intervals(record)
    if not intervals:
        return None
    centre, spread = _fit(intervals)
    last = record[-1].day
    silence = max((today - last).days, 0)
    survival = _survival(silence, centre, spread)
    tail = (1 - COVERAGE) / 2
    return Forecast(
        low=last + _within(silence, _days_exceeded(survival * (1 - tail), centre, spread)),
        high=last + _within(silence, _days_exceeded(survival * tail, centre, spread)),
        last=last,
        median_days=round(exp(centre)),
        intervals=sum(interval.count for interval in intervals),
        is_old=survival < OLD,
    )


def _intervals(record: Sequence[Export]) -> list[_Interval]:
    newest = max((export.day for export in record), default=date.min)
    return [
        _Interval(
            log_days=log(max((after.day - before.day).days / after.exports_since, 1)),
            count=after.exports_since,
            weight=0.5 ** ((newest - after.day).days / HALF_LIFE_DAYS),
        )
        for before, after in pairwise(record)
        if after.exports_since
    ]


def _fit(intervals: Sequence[_Interval]) -> tuple[float, float]:
    """Centre and spread of the next interval's logarithm; the spread includes the centre's uncertainty.

    The mean of n intervals varies n times less than one of them, hence the weights. The sum of squares is
    divided by its own expectation under a spread of 1, so that it estimates the square of the spread, and
    is shrunk toward the prior.
    """
    total = sum(one.weight * one.count for one in intervals)
    centre = sum(one.weight * one.count * one.log_days for one in intervals) / total
    squares = sum(one.weight * one.count * (one.log_days - centre) ** 2 for one in intervals)
    doubled = sum(one.weight**2 * one.count for one in intervals)
    freedom = sum(one.weight for one in intervals) - doubled / total
    variance = (squares + PRIOR_WEIGHT * PRIOR_SPREAD**2) / (freedom + PRIOR_WEIGHT)
    return centre, sqrt(variance * (1 + doubled / total**2))


def _within(silence: int, days: float) -> timedelta:
    """So many days, but not before the silence ends, nor further ahead than anybody plans."""
    return timedelta(days=min(max(days, silence), silence + FURTHEST_DAYS))


def _survival(days: int, centre: float, spread: float) -> float:
    """The probability that an interval lasts longer than so many days. Never quite 0."""
    if days < 1:
        return 1.0
    return max(_NORMAL.cdf((centre - log(days)) / spread), 1e-300)


def _days_exceeded(probability: float, centre: float, spread: float) -> float:
    """The number of days that an interval exceeds with this probability."""
    return exp(centre - spread * _NORMAL.inv_cdf(probability))
