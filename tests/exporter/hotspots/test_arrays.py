import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from exporter.hotspots.arrays import place_in_group, place_in_run, starts_of, tally

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
