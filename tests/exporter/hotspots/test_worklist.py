import pyarrow as pa
import pytest

from exporter.hotspots import find
from exporter.hotspots.listing import worklist_rows
from exporter.hotspots.schema import WORKLIST
from exporter.schema import surrogate_id
from tests.exporter.hotspots.scenes import TINY, Scene


def test_of_two_equally_suspect_the_one_with_more_photos_comes_first() -> None:
    scene = Scene()
    votes = {"source": "csv", "identification_disagreements": 2, "identification_agreements": 0}
    scene.observe(1, 11, None, photos=1, **votes)
    scene.observe(1, 11, None, photos=4, **votes)
    scene.observe(8, 11, None, source="csv", identification_agreements=3, identification_disagreements=0)
    rows = find(scene.connect(), TINY).worklist.to_pylist()
    assert [row["observation_id"] for row in rows] == [2, 1]
    assert rows[0]["suspicion"] == rows[1]["suspicion"]
    assert rows[0]["priority"] == pytest.approx(4 * rows[1]["priority"], rel=0.1)


def test_grade_source_and_dissent_are_told() -> None:
    scene = Scene()
    votes = {"source": "csv", "identification_agreements": 0}
    scene.observe(1, 11, None, quality_grade="needs_id", identification_disagreements=3, **votes)
    scene.observe(1, 11, None, quality_grade=None, identification_disagreements=2, **votes)
    scene.observe(8, 11, None, source="csv", identification_agreements=3, identification_disagreements=0)
    rows = find(scene.connect(), TINY).worklist.to_pylist()
    assert [(row["quality_grade"], row["is_suggested"], row["is_disputed"]) for row in rows] == [
        ("needs_id", False, True),
        (None, False, True),
    ]


def test_public_place_and_date_and_what_is_not_told_is_empty() -> None:
    scene = Scene()
    votes = {"source": "csv", "identification_disagreements": 3, "identification_agreements": 0}
    scene.observe(1, 11, None, latitude=10.5, longitude=20.5, **votes)
    scene.observe(1, 11, None, **votes)
    scene.observe(8, 11, None, source="csv", identification_agreements=3, identification_disagreements=0)
    rows = find(scene.connect(), TINY).worklist.to_pylist()
    assert [(row["latitude"], row["longitude"], row["observed_on"]) for row in rows] == [
        (10.5, 20.5, None),
        (None, None, None),
    ]


def test_an_observation_of_which_only_the_uuid_is_known_has_no_id_and_a_link_by_it() -> None:
    uuids = ["00000000-1111-4111-8111-111111111111", None]
    columns = {
        "observation_id": [surrogate_id(uuids[0]), 7],
        "label_taxon_id": [11, 11],
        "suspicion": [0.5, 0.4],
        "suggested_taxon_id": [12, None],
        "reasons": ['[{"code":"little"}]', '[{"code":"disagree","against":2,"of":3},{"code":"suggested"}]'],
        "priority": [1.0, 1.0],
        "observation_uuid": uuids,
    }
    empty = {name: pa.nulls(2) for name in WORKLIST.names}
    rows = pa.table(empty | columns).select(WORKLIST.names).cast(WORKLIST)
    result = worklist_rows(rows, "suspicion", None).to_pylist()
    assert [(row["observation_id"], row["url"], row["reason"]) for row in result] == [
        (None, f"https://www.inaturalist.org/observations/{uuids[0]}", "Little speaks for the label."),
        (
            7,
            "https://www.inaturalist.org/observations/7",
            "2 of 3 identifications disagree. First named by a computer vision suggestion.",
        ),
    ]
