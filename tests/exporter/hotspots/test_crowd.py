"""How common labels are around an observation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.hotspots.crowd import Around, Crowd, count_crowd
from exporter.hotspots.history import read_history, read_rows
from exporter.hotspots.observed import read_observed
from tests.exporter.hotspots.scenes import Scene, at, says, taxonomy_of


def ranges(scene: Scene, *labelled: tuple[int, int]) -> list[float]:
    """How much more often labels than expected were named around observations: pairs of id and label."""
    taxonomy, con = taxonomy_of(scene), scene.connect()
    crowd: Crowd = count_crowd(
        read_observed(con, None), taxonomy, read_history(con, taxonomy, read_rows(con, None))
    )
    ids, labels = zip(*labelled, strict=True)
    return crowd.numbers(crowd.places(np.array(ids)), at(taxonomy, labels))[1].tolist()


def test_a_label_that_is_common_elsewhere_and_absent_here_by_hand() -> None:
    """Of 10 names 7 were given here, 1 of them the label: of its 3 others, 6/9 would be here. None is.

    There, of its 3 others 2 are around, where 2/9 of 3 would be.
    """
    scene = Scene()
    scene.observe(3, 11, latitude=10.5, longitude=20.5)
    scene.observe(1, 11, latitude=50.5, longitude=20.5)
    scene.observe(6, 21, latitude=51.5, longitude=21.5)
    result = ranges(scene, (4, 11), (1, 11))
    assert result == pytest.approx([np.log(1 / (1 + 2)), np.log((1 + 2) / (1 + 2 / 3))])


def test_the_cells_beside_count_across_the_date_line_too_and_an_unknown_place_says_nothing() -> None:
    scene = Scene()
    scene.observe(1, 11, latitude=0.5, longitude=179.5)
    scene.observe(1, 11, latitude=-0.5, longitude=-179.5)
    scene.observe(1, 11, latitude=0.5, longitude=0.5)
    scene.observe(1, 11)
    scene.observe(4, 21, latitude=50.5, longitude=0.5)
    there = np.log((1 + 1) / (1 + 2 * 1 / 6))
    assert ranges(scene, (1, 11), (2, 11), (4, 11)) == pytest.approx([there, there, 0.0])


def test_every_name_counts_at_the_place_of_its_observation() -> None:
    """Named 11 once and then 12: both are there, and each is judged without its own."""
    scene = Scene()
    scene.story(12, says(1, 11), says(2, 12), latitude=10.5, longitude=20.5)
    scene.observe(1, 12, latitude=10.5, longitude=20.5)
    scene.observe(2, 12, latitude=60.5, longitude=20.5)
    here = np.log((1 + 1) / (1 + 3 * 2 / 4))
    assert ranges(scene, (1, 12), (1, 11)) == pytest.approx([here, 0.0])


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 180), st.integers(0, 359)), min_size=1, max_size=40)
)
def test_around_is_what_lies_in_the_cell_and_beside_it(named: list[tuple[int, int, int]]) -> None:
    kind, row, column = (np.array(values) for values in zip(*named, strict=True))
    row, column = row // 2, column // 2
    around = Around.count(kind, row * 180 + column, 4)
    expected = [
        sum(
            other == one and abs(there_y - y) <= 1 and abs(there_x - x) % 180 in (0, 1, 179)
            for other, there_y, there_x in zip(kind, row, column, strict=True)
        )
        for one, y, x in zip(kind, row, column, strict=True)
    ]
    assert around.of(kind, row * 180 + column).tolist() == expected
    assert around.total.tolist() == np.bincount(kind, minlength=4).tolist()
