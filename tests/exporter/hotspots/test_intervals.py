import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom

from exporter.hotspots.intervals import DISCREPANCY, intervals, variances


def test_variance_of_one_label_by_hand() -> None:
    """Draws 0.25 + 0.25; the model off by a share of that; the rate: (0.5)^2 / 2."""
    result = variances(np.array([0, 0]), np.array([1, 1]), np.array([0.25, 0.25]), np.array([9.0, 2.0]), 1)
    np.testing.assert_allclose(result, [0.5 + (DISCREPANCY * 0.5) ** 2 + 0.25 / 2])


def test_two_rates_of_a_label_err_apart_and_one_rate_errs_together() -> None:
    spread, information = np.array([1.0, 1.0]), np.array([1.0, 1.0])
    apart = variances(np.array([0, 0]), np.array([0, 1]), spread, information, 1)
    together = variances(np.array([0, 0]), np.array([0, 0]), spread, information, 1)
    np.testing.assert_allclose(together - apart, 2.0)  # (1 + 1)^2 against 1^2 + 1^2


def test_more_information_narrows_the_interval() -> None:
    widths = []
    for information in (0.5, 5.0, 500.0):
        spread = np.full(50, 0.2)
        variance = variances(np.zeros(50, int), np.zeros(50, int), spread, np.array([information]), 1)
        low, high = intervals(np.array([14.0]), variance, np.array([50.0]))
        widths.append(high[0] - low[0])
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > widths[2]


@given(st.integers(1, 5_000), st.floats(0.0, 1.0), st.floats(0.0, 1e6))
def test_the_mean_lies_within_and_all_lie_between_none_and_all(
    most: int, share: float, variance: float
) -> None:
    low, high = intervals(np.array([share * most]), np.array([variance]), np.array([float(most)]))
    assert 0 <= low[0] <= share * most <= high[0] <= most


@pytest.mark.parametrize(("mean", "most"), [(0.05, 4), (0.3, 4), (0.9, 6), (3.0, 30), (40.0, 200)])
@pytest.mark.parametrize("doubt", [0.05, 0.3])
def test_nine_in_ten_numbers_lie_within(mean: float, most: int, doubt: float) -> None:
    """Numbers drawn by a share that is itself only known to that doubt: a few whole numbers hold more."""
    share = mean / most
    spread = doubt * share * (1.0 - share)
    variance = most * share * (1.0 - share) + most * (most - 1) * spread
    low, high = intervals(np.array([mean]), np.array([variance]), np.array([float(most)]))
    size = share * (1.0 - share) / spread - 1.0
    law = betabinom(most, share * size, (1.0 - share) * size)
    held = law.cdf(np.floor(high[0])) - law.cdf(np.ceil(low[0]) - 1)
    assert 0.87 <= held <= (0.97 if mean > 1.0 else 1.0)


def test_what_hardly_ever_happens_is_expected_not_to_happen() -> None:
    low, high = intervals(np.array([0.05]), np.array([0.05]), np.array([4.0]))
    assert low[0] == 0.0
    assert 0.05 < high[0] < 1.0
