from datetime import date

import numpy as np

from exporter.hotspots.places import out_of_range
from tests.exporter.hotspots.scenes import Scene


def flags(scene: Scene, doubtful: int) -> list[bool]:
    """Which of the last observations are out of range, the others being well known."""
    number = len(scene.observations)
    suspicion = np.where(np.arange(number) < number - doubtful, 0.01, 0.5)
    ids = np.arange(1, number + 1)
    found = out_of_range(scene.connect(), ids, np.full(number, 7), suspicion)
    return found[-doubtful:].tolist()


def well_known(scene: Scene, number: int) -> None:
    scene.observe(number, 11, latitude=52.0, longitude=-179.0, observed_on=date(2026, 12, 5))


def test_far_from_the_well_known_records_or_outside_their_months() -> None:
    scene = Scene()
    well_known(scene, 30)
    month = date(2026, 12, 1)
    scene.observe(1, 11, latitude=57.0, longitude=-177.0, observed_on=month)  # the cell beside
    scene.observe(1, 11, latitude=52.0, longitude=179.0, observed_on=month)  # across the date line
    scene.observe(1, 11, latitude=62.0, longitude=-179.0, observed_on=month)
    scene.observe(1, 11, latitude=52.0, longitude=-179.0, observed_on=date(2026, 1, 9))  # the month after
    scene.observe(1, 11, latitude=52.0, longitude=-179.0, observed_on=date(2026, 7, 1))
    scene.observe(1, 11)  # nothing told, nothing held against it
    assert flags(scene, 6) == [False, False, True, False, True, False]


def test_few_records_tell_nothing_but_inaturalists_own_range_map_does() -> None:
    scene = Scene()
    well_known(scene, 29)
    scene.observe(1, 11, latitude=0.0, longitude=0.0, observed_on=date(2026, 7, 1))
    scene.observe(1, 11, is_out_of_range=True)
    assert flags(scene, 2) == [False, True]


def test_the_most_anomalous_twentieth_of_the_dumps_scores() -> None:
    scene = Scene()
    for score in range(99):
        scene.observe(1, 11, anomaly_score=float(score), source="dump")
    assert flags(scene, 6) == [False, True, True, True, True, True]
