"""Forecasts: worked by hand, and as often right as they say."""

from datetime import date, timedelta
from math import exp, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.forecast import Export, forecast

START = date(2026, 1, 1)


def record(*gaps, counts=None):
    """Exports with so many days between them, each the next of the one before."""
    days = [START]
    for gap in gaps:
        days.append(days[-1] + timedelta(days=gap))
    counts = counts or [1] * len(gaps)
    return [Export(day, day, count) for day, count in zip(days, [None, *counts], strict=True)]


def test_one_interval_worked_by_hand():
    """40 days once: the centre is log 40; the spread is the prior's 0.5, widened by one interval's doubt.

    The normal's 95th percentile is 1.6449.
    """
    known = record(40)
    result = forecast(known, known[-1].day)
    reach = exp(1.6449 * 0.5 * sqrt(2))
    assert (result.median_days, result.intervals, result.is_old) == (40, 1, False)
    assert (result.low - result.last).days == int(40 / reach)
    assert (result.high - result.last).days == int(40 * reach)


def test_a_mean_of_many_intervals_weighs_as_many():
    """Four intervals of 30 days, then one of 60: (4 log 30 + log 60) / 5 but for the older ones' age."""
    known = record(120, 60, counts=[4, 1])
    weight = 4 * 0.5 ** (60 / 365)
    expected = exp((weight * np.log(30) + np.log(60)) / (weight + 1))
    result = forecast(known, known[-1].day)
    assert (result.median_days, result.intervals) == (round(expected), 5)


def test_an_export_told_by_its_month_counts_as_its_middle():
    known = [Export(START, START, None), Export(date(2026, 3, 1), date(2026, 3, 31), 1)]
    assert forecast(known, START).last == date(2026, 3, 16)


def test_what_is_not_counted_gives_no_interval():
    assert forecast([], START) is None
    assert forecast(record(), START) is None
    assert forecast([*record(), Export(date(2026, 5, 1), date(2026, 5, 1), None)], START) is None


def test_as_time_passes_it_moves_on_and_widens_and_then_says_that_the_record_is_old():
    known = record(40, 35, 44, 38)
    result = [forecast(known, known[-1].day + timedelta(days=days)) for days in (0, 60, 200, 400)]
    widths = [(one.high - one.low).days for one in result]
    assert [one.low for one in result] == sorted({one.low for one in result})
    assert [one.high for one in result] == sorted({one.high for one in result})
    assert widths[1:] == sorted(widths[1:])
    assert [one.is_old for one in result] == [False, False, True, True]


@given(
    gaps=st.lists(st.integers(1, 2000), min_size=1, max_size=8),
    counts=st.lists(st.integers(1, 50), min_size=8, max_size=8),
    silence=st.integers(0, 20_000),
)
def test_the_interval_is_in_order_and_lies_ahead(gaps, counts, silence):
    known = record(*gaps, counts=counts[: len(gaps)])
    today = known[-1].day + timedelta(days=silence)
    result = forecast(known, today)
    assert today <= result.low + timedelta(days=1)
    assert result.low <= result.high


@pytest.mark.parametrize("spread", [0.2, 0.5])
def test_nine_in_ten_are_within(spread):
    rng = np.random.default_rng(1)
    within = 0
    for _ in range(400):
        *gaps, following = np.maximum(rng.lognormal(np.log(40), spread, 10).round(), 1).astype(int).tolist()
        known = record(*gaps)
        result = forecast(known, known[-1].day)
        within += result.low <= known[-1].day + timedelta(days=following) <= result.high
    assert 0.85 <= within / 400 <= 0.99
