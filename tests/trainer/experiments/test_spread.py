"""Means and ratios over draws, with their intervals."""

import numpy as np
import pytest

from trainer.experiments.spread import mean_with_interval, ratio_with_interval


def test_a_mean_has_students_interval() -> None:
    # Deviation 1, so that the reach is t / sqrt(3) with 2 degrees of freedom: 4.3027 / 1.7321.
    assert mean_with_interval([1.0, 2.0, 3.0]) == pytest.approx([2.0, -0.4841, 4.4841], abs=1e-4)
    assert mean_with_interval([5.0]) == [5.0]


def test_a_ratio_of_sums_that_is_the_same_in_each_draw_is_certain() -> None:
    assert ratio_with_interval([2, 4, 6], [1, 2, 3]) == [2.0, 2.0, 2.0]


def test_a_ratios_interval_holds_it_and_narrows_with_draws() -> None:
    random = np.random.default_rng(3)
    few, many = (ratio_with_interval(random.poisson(20, n), random.poisson(10, n)) for n in (10, 400))
    assert few[1] < 2.0 < few[2]
    assert many[2] - many[1] < (few[2] - few[1]) / 3


def test_a_ratio_over_nothing_is_none() -> None:
    assert ratio_with_interval([1, 2], [0, 0]) == []


def test_intervals_of_means_hold_the_truth_as_often_as_they_say() -> None:
    draws = np.random.default_rng(4).normal(1.0, 2.0, (1000, 6))
    held = [low <= 1.0 <= high for _, low, high in map(mean_with_interval, draws)]
    assert abs(np.mean(held) - 0.95) < 0.02
