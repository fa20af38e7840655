"""Means over worlds with their intervals, by hand and by how often they hold what they should."""

import numpy as np
import pytest

from exporter.policy.intervals import Estimate, difference, estimate, ratio
from exporter.shares import LEVEL


def test_a_mean_has_an_interval_by_students_t() -> None:
    # Mean 2, standard deviation 1, t with 2 degrees of freedom at 95 %: 2.919986; over the root of 3.
    found = estimate([1.0, 2.0, 3.0])
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 2 - 1.685854, 2 + 1.685854), abs=1e-6)
    assert found.is_clear


def test_few_worlds_give_no_interval() -> None:
    assert estimate([1.0, 2.0]) == Estimate(1.5, None, None)
    assert not estimate([1.0, 2.0]).is_clear


def test_what_was_not_looked_at_is_left_out() -> None:
    assert estimate([1.0, float("nan"), 2.0, 3.0]) == estimate([1.0, 2.0, 3.0])
    assert np.isnan(estimate([float("nan")]).value)


def test_a_difference_is_paired() -> None:
    assert difference([5.0, 7.0, 9.0], [4.0, 5.0, 6.0]) == estimate([1.0, 2.0, 3.0])


def test_a_ratio_is_that_of_the_sums() -> None:
    found = ratio([2.0, 4.0, 6.0, 4.0], [1.0, 2.0, 3.0, 2.0])
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 2.0, 2.0), abs=1e-6)


def test_a_ratio_over_what_may_be_nothing_is_not_given() -> None:
    assert np.isnan(ratio([1.0, 1.0, 1.0], [1.0, -1.0, 1.0]).value)


def test_intervals_of_no_difference_hold_0_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    held = [not difference(*rng.normal(size=(2, 10))).is_clear for _ in range(2_000)]
    assert np.mean(held) == pytest.approx(LEVEL, abs=0.02)


def test_intervals_of_ratios_hold_the_ratio_as_often_as_they_say() -> None:
    rng = np.random.default_rng(4)
    found = [ratio(rng.normal(6, 2, 10).tolist(), rng.normal(3, 1, 10).tolist()) for _ in range(1_000)]
    known = [one for one in found if one.low is not None]
    assert len(known) > 990
    assert np.mean([one.low <= 2 <= one.high for one in known]) == pytest.approx(LEVEL, abs=0.03)


def test_four_times_as_many_worlds_halve_the_interval() -> None:
    rng = np.random.default_rng(5)
    widths = [
        np.mean([one.high - one.low for one in (estimate(rng.normal(size=size)) for _ in range(300))])
        for size in (20, 80)
    ]
    assert widths[0] / widths[1] == pytest.approx(2.0, abs=0.1)
