import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.hotspots import arrays
from exporter.hotspots.arrays import (
    ends_of,
    place_in_group,
    place_in_run,
    places_in,
    significant,
    starts_of,
    tally,
)

groups = st.lists(st.integers(0, 4), max_size=20).map(lambda values: np.array(values, dtype=np.int64))


def test_tally_sums_weights_by_group() -> None:
    assert tally(np.array([0, 2, 2]), np.array([1.0, 2.0, 4.0]), 4).tolist() == [1.0, 0.0, 6.0, 0.0]


def test_starts_and_places_of_runs() -> None:
    group = np.array([7, 7, 3, 7])
    assert starts_of(group).tolist() == [0, 2, 3]
    assert place_in_run(group).tolist() == [0, 1, 0, 0]
    assert place_in_group(group).tolist() == [0, 1, 0, 2]


@given(groups)
def test_places_count_the_earlier_ones_of_the_group(group: np.ndarray) -> None:
    values = group.tolist()
    assert place_in_group(group).tolist() == [values[:at].count(value) for at, value in enumerate(values)]


def test_places_among_known_values_and_among_none() -> None:
    assert places_in(np.array([2, 5, 9]), np.array([5, 1, 9, 10])).tolist() == [1, -1, 2, -1]
    assert places_in(np.array([], dtype=np.int64), np.array([5, 1])).tolist() == [-1, -1]


numbers = st.one_of(st.integers(-1, 40), st.integers(-(2**62), 2**62))


@given(st.sets(numbers), st.lists(numbers), st.sampled_from([0, 1 << 16]))
def test_places_are_the_same_however_they_are_looked_up(
    known: set[int], values: list[int], cached: int
) -> None:
    """By a table, by a search, and by a search in order for more numbers than the cache holds."""
    ordered = sorted(known)
    values += ordered[::2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "_CACHED", cached)
        places = places_in(np.array(ordered, dtype=np.int64), np.array(values, dtype=np.int64))
    assert places.tolist() == [ordered.index(value) if value in known else -1 for value in values]


def test_where_runs_end() -> None:
    assert ends_of(np.array([3, 3, 7, 3])).tolist() == [1, 2, 3]
    assert ends_of(np.array([], dtype=np.int64)).tolist() == []


def test_numbers_have_so_many_significant_digits() -> None:
    values = np.array([0.0, 1.0, 0.12345, 123456.0, 9.996, -0.000987654, 1e-12, np.nan])
    expected = [0.0, 1.0, 0.123, 123000.0, 10.0, -0.000988, 1e-12]
    assert significant(values, 3)[:-1].tolist() == expected
    assert np.isnan(significant(values, 3)[-1])


@given(
    st.lists(st.floats(-1e12, 1e12).filter(lambda value: value == 0 or abs(value) > 1e-12), max_size=50),
    st.integers(1, 6),
)
def test_a_rounded_number_is_written_with_so_many_digits_and_near(values: list[float], digits: int) -> None:
    rounded = significant(np.array(values, dtype=np.float64), digits).tolist()
    assert rounded == [float(f"{value:.{digits - 1}e}") for value in rounded]
    assert rounded == pytest.approx(values, rel=0.5 * 10.0 ** (1 - digits) * (1 + 1e-9), abs=0)
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(np.array(rounded)[order]) >= 0)
