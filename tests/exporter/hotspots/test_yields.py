"""What a batch will yield: the sum of its suspicions, and an interval that does not look exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.hotspots.intervals import DISCREPANCY
from exporter.hotspots.yields import Yield, spread, yield_of

SHARES = st.floats(0.001, 0.999)


def test_the_expected_number_is_the_sum() -> None:
    found = yield_of([(1, 0.5, DISCREPANCY)] * 10)
    # Draws vary by 10 x 0.25 = 2.5, the label by (0.55 x 2.5)^2 = 1.89: a deviation of 2.1 either way, and
    # half a number, for what happens is whole.
    assert (found.of, found.expected) == (10, 5.0)
    assert found.low == pytest.approx(5 - 3.9, abs=0.2)
    assert found.high == pytest.approx(5 + 3.9, abs=0.2)


def test_labels_of_which_less_is_known_widen_it() -> None:
    narrow, wide = (yield_of([(1, 0.5, doubt)] * 30) for doubt in (0.55, 1.5))
    assert wide.low < narrow.low < 15 < narrow.high < wide.high


def test_labels_that_move_apart_narrow_it() -> None:
    one, several = (yield_of([(row % labels, 0.5, 1.0) for row in range(30)]) for labels in (1, 10))
    assert one.low < several.low < several.high < one.high


@given(st.lists(st.tuples(st.integers(1, 3), SHARES, st.floats(0.55, 2.0)), min_size=1, max_size=40))
def test_an_interval_holds_what_is_expected(rows: list[tuple[int, float, float]]) -> None:
    found = yield_of(rows)
    assert 0 <= found.low <= found.expected <= found.high <= len(rows)


def test_the_spread_of_a_label_is_read_from_its_interval() -> None:
    # The odds of 5 in 100 are 1 to 19, of 50 in 100 even: ln 19 = 2.944 between the ends of 3.29 deviations.
    assert spread(5, 50, 100) == pytest.approx(2.944 / 3.29, abs=1e-3)
    assert spread(40, 41, 100) == DISCREPANCY
    assert spread(0, 90, 100) == 2.0
    assert spread(0, 1, 0) == DISCREPANCY


@pytest.mark.parametrize(("expected", "is_check"), [(2.9, True), (3.0, False)])
def test_fewer_than_three_in_thirty_wrong_are_a_check(expected: float, is_check: bool) -> None:
    assert Yield(30, expected, 0, 30).is_check == is_check


def test_nothing_yields_nothing() -> None:
    assert yield_of([]) == Yield(0, 0.0, 0.0, 0.0)
    assert not yield_of([]).is_check
