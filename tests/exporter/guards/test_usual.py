import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.guards.usual import at_least

numbers = st.lists(st.integers(0, 50), min_size=2, max_size=8)


def test_at_least_one_after_two_windows_of_none() -> None:
    """Shape 1/2, rate 2: none with probability (2/3)^(1/2)."""
    assert at_least(1, [0, 0]) == pytest.approx(1 - (2 / 3) ** 0.5)


def test_a_longer_time_is_more_windows() -> None:
    """Shape 2 + 1/2, rate 2, three windows: none with probability (2/5)^2.5."""
    assert at_least(1, [1, 1], windows=3) == pytest.approx(1 - (2 / 5) ** 2.5)


def test_numbers_that_vary_widely_weigh_less() -> None:
    """Mean 2, variance 8, so a ratio of 4: shape 4.5 / 4, rate 2 / 4."""
    assert at_least(1, [0, 4]) == pytest.approx(1 - (0.5 / 1.5) ** 1.125)


@given(st.integers(0, 100), numbers)
def test_more_is_less_likely(number: int, before: list[int]) -> None:
    assert at_least(0, before) == 1
    assert at_least(number + 1, before) <= at_least(number, before)


@given(st.integers(0, 100), numbers)
def test_more_is_likelier_in_a_longer_time(number: int, before: list[int]) -> None:
    assert at_least(number, before, windows=2) >= at_least(number, before)
