"""The probabilities that are learned from reviews."""

import numpy as np
import pytest

from exporter.hotspots.chances import fifths
from exporter.hotspots.judging import Reading, judge, read
from exporter.hotspots.predictors import COLUMNS, GROUPS
from exporter.hotspots.prior import BLANK, from_json, load_prior, to_json
from exporter.hotspots.records import Records
from exporter.hotspots.schema import FIT
from exporter.hotspots.taxonomy import Taxonomy
from tests.exporter.hotspots.scenes import Scene, at, says, suggested, taxonomy_of


def learned(scene: Scene) -> tuple[Reading, Taxonomy]:
    taxonomy = taxonomy_of(scene)
    return read(Records(scene.connect(), None), taxonomy), taxonomy


def mixed() -> Scene:
    """Labels 11 of which every third falls, and labels 31 of which none does, in turns."""
    scene = Scene()
    for number in range(60):
        wrong = number % 3 == 0
        said = says(2, 12 if wrong else 11)
        scene.story(12 if wrong else 11, says(1000 + number, 11), said)
        scene.story(31, says(2000 + number, 31), says(2, 31))
    return scene


def test_labels_that_fall_more_often_are_doubted_more() -> None:
    scene = mixed()
    scene.story(11, says(3001, 11))
    scene.story(31, says(3002, 31))
    reading, taxonomy = learned(scene)
    last = len(reading.history.observation_ids)
    result = judge(reading, taxonomy, np.array([last - 2, last - 1]), at(taxonomy, [11, 31])).suspicion
    assert result[0] == pytest.approx(1 / 3, abs=0.1)
    assert result[1] < 0.05


def test_labels_that_fall_by_suggestions_are_doubted_less_than_others() -> None:
    scene = Scene()
    for number in range(60):
        wrong = number % 6 == 0
        said = (suggested(2, 12), says(3, 32)) if wrong else (says(2, 11), says(3, 31))
        scene.story(said[0]["taxon_id"], says(1000 + number, 11), said[0])
        scene.story(said[1]["taxon_id"], says(2000 + number, 31), said[1])
    scene.story(11, says(3001, 11))
    scene.story(31, says(3002, 31))
    reading, taxonomy = learned(scene)
    last = len(reading.history.observation_ids)
    result = judge(reading, taxonomy, np.array([last - 2, last - 1]), at(taxonomy, [11, 31])).suspicion
    assert result[0] < 0.9 * result[1]
    assert sum(expected for _, expected, _ in fifths(reading.chances)) == pytest.approx(20, rel=0.25)


def test_held_out_predictions_come_true_in_sum() -> None:
    reading, _ = learned(mixed())
    parts = fifths(reading.chances)
    assert sum(number for number, _, _ in parts) == 120
    assert sum(fell for _, _, fell in parts) == 20
    assert sum(expected for _, expected, _ in parts) == pytest.approx(20, rel=0.25)


def test_without_reviews_the_prior_is_all_there_is() -> None:
    scene = Scene()
    scene.story(11, says(1, 11))
    reading, _ = learned(scene)
    assert reading.chances.weights.tolist() == pytest.approx(load_prior().mean.tolist())
    assert fifths(reading.chances) == []


def test_more_reviews_leave_less_open() -> None:
    few, many = Scene(), Scene()
    few.stories(5, 11, says(1, 11), says(2, 11))
    many.stories(80, 11, says(1, 11), says(2, 11))
    variance = []
    for scene in (few, many):
        reading, taxonomy = learned(scene)
        variance.append(float(reading.chances.variance(taxonomy, at(taxonomy, [11]))[0]))
    assert variance[1] < variance[0]


def test_the_fit_is_told_without_a_person() -> None:
    table = learned(mixed())[0].chances.as_table()
    assert table.schema == FIT
    recorded = table.to_pylist()
    assert [row["name"] for row in recorded if row["part"] == "coefficient"] == list(COLUMNS)
    assert {row["part"] for row in recorded} == {"coefficient", "data", "calibration", "source"}
    assert [row["value"] for row in recorded if row["name"] == "labels that were overturned"] == [20.0]


def test_a_prior_is_the_same_after_it_was_written_down() -> None:
    prior = load_prior()
    assert to_json(from_json(to_json(prior))) == to_json(prior)
    assert set(prior.groups) == set(GROUPS)
    assert "2026" in prior.provenance
    assert BLANK.classes == {}


def test_identifications_of_observations_that_the_lake_has_not_are_read() -> None:
    scene = mixed()
    scene.observations.clear()
    reading, taxonomy = learned(scene)
    result = judge(reading, taxonomy, np.array([0]), at(taxonomy, [11]))
    assert 0.0 < result.suspicion[0] < 1.0
