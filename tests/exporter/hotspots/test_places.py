import numpy as np

from exporter.hotspots.crowd import count_crowd
from exporter.hotspots.history import read_history, read_rows
from exporter.hotspots.observed import read_observed
from exporter.hotspots.places import out_of_range
from tests.exporter.hotspots.scenes import Scene, at, taxonomy_of

HERE = {"latitude": 52.0, "longitude": 5.0}
THERE = {"latitude": -40.0, "longitude": 175.0}


def flags(scene: Scene, *labelled: tuple[int, int]) -> list[bool]:
    """Which observations are out of range: pairs of id and label."""
    taxonomy, con = taxonomy_of(scene), scene.connect()
    observed = read_observed(con, None)
    crowd = count_crowd(observed, taxonomy, read_history(con, taxonomy, read_rows(con, None)))
    ids, labels = zip(*labelled, strict=True)
    _, surplus = crowd.numbers(crowd.places(np.array(ids)), at(taxonomy, labels))
    return out_of_range(observed, observed.places(np.array(ids)), surplus).tolist()


def test_common_elsewhere_and_hardly_ever_named_where_much_else_is() -> None:
    """Of 11 there are 10 here and 1 there, where half of all names were given: 5 others would be expected."""
    scene = Scene()
    scene.observe(10, 11, **HERE)
    scene.observe(1, 11, **THERE)
    scene.observe(10, 21, **THERE)
    assert flags(scene, (1, 11), (11, 11), (12, 21)) == [False, True, False]


def test_half_as_often_as_expected_is_out_by_hand() -> None:
    """There 2 of the 4 other names were given: 1 of the 2 others would be expected. None is: 1 to 2."""
    scene = Scene()
    scene.observe(2, 11, **HERE)
    scene.observe(1, 11, **THERE)
    scene.observe(2, 21, **THERE)
    assert flags(scene, (3, 11)) == [True]


def test_where_little_was_seen_and_of_a_rare_label_its_absence_says_nothing() -> None:
    scene = Scene()
    scene.observe(10, 11, **HERE)
    scene.observe(1, 11, **THERE)
    scene.observe(1, 31, **HERE)
    scene.observe(1, 31)
    assert flags(scene, (11, 11), (12, 31), (13, 31)) == [False, False, False]


def test_inaturalists_own_range_map_counts_for_any_label() -> None:
    scene = Scene()
    scene.observe(1, 11, **HERE)
    scene.observe(1, 11, is_out_of_range=True)
    assert flags(scene, (1, 11), (2, 11)) == [False, True]


def test_the_most_anomalous_twentieth_of_the_dumps_scores() -> None:
    scene = Scene()
    for score in range(99):
        scene.observe(1, 11, anomaly_score=float(score), source="dump")
    assert flags(scene, *((number, 11) for number in range(1, 100)))[-6:] == [False] + [True] * 5
