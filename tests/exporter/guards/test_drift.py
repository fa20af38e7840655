"""Drift: photos per class by hand, turnover, and what cannot be compared."""

import json
from dataclasses import asdict
from datetime import timedelta

import pytest

from exporter.criteria import INAT_2021, INAT_2022, Criteria
from exporter.errors import DataError
from exporter.guards.drift import Previous, Turnover, compare, find_drift
from exporter.guards.finding import Finding
from exporter.guards.usual import at_least
from exporter.manifest import Manifest
from exporter.readiness import assess
from exporter.settling import SETTLED, settle
from tests.exporter.world import World, day

SPECIES = 300
WEEK = timedelta(days=7)
USUAL = Turnover(gained=[1, 0, 1, 2], gone=[0, 0, 0, 0], window=WEEK)


def test_photos_per_class_by_hand() -> None:
    """Shares up to 100: 2 of 2 against 1 of 2. Log ratios of the sorted photos: log 1 and log 4."""
    assert compare({1: 100, 3: 100}, {1: 100, 2: 400}) == {
        "ks": 0.5,
        "p_value": pytest.approx(1.0),
        "wasserstein_log": pytest.approx(0.693147, abs=1e-6),
        "classes_added": 1,
        "classes_lost": 1,
    }


def test_the_same_classes_have_not_drifted() -> None:
    classes = {taxon_id: 100 + taxon_id for taxon_id in range(50)}
    result = compare(classes, classes)
    assert (result["ks"], result["p_value"], result["wasserstein_log"]) == (0, 1, 0)


def test_without_classes_on_one_side_only_their_numbers_are_told() -> None:
    assert compare({}, {1: 100}) == {
        "ks": None,
        "p_value": None,
        "wasserstein_log": None,
        "classes_added": 0,
        "classes_lost": 1,
    }


def test_turnover_is_told_by_the_windows_before_the_previous_snapshot() -> None:
    """Two weeks back: the latest past window ended a week before the cutoff and is left out. 1 a week."""
    turnover = Turnover(gained=[9, 1, 0, 1, 2], gone=[9, 0, 0, 0, 0], window=WEEK)
    assert turnover.judge(3, 0, 2 * WEEK) == {
        "usual_added": 2.0,
        "usual_lost": 0.0,
        "turnover_p_value": min(1.0, 2 * at_least(3, [1, 0, 1, 2], 2)),
    }


def test_a_push_since_the_previous_snapshot_stands_out_though_the_window_is_quiet() -> None:
    turnover = Turnover(gained=[0, 12, 1, 0, 1], gone=[0] * 5, window=WEEK)
    p_value = turnover.judge(12, 0, 3 * WEEK)["turnover_p_value"]
    assert p_value is not None
    assert p_value < 0.01


def test_turnover_from_too_few_windows_is_not_told() -> None:
    assert set(USUAL.judge(3, 0, 4 * WEEK).values()) == {None}
    assert None not in USUAL.judge(3, 0, 3 * WEEK).values()


@pytest.fixture
def world() -> World:
    """The smallest class of inat-2022."""
    world = World()
    world.taxon(1, None, "stateofmatter")
    world.taxon(SPECIES, 1, "species")
    world.observe(50, SPECIES, SPECIES, created_at=day(1))
    world.observe(10, SPECIES, SPECIES, photos=5, created_at=day(1))
    return world


def previous(criteria: Criteria = INAT_2022, cutoff: str = "2026-01-10T00:00:00Z") -> Manifest:
    classes = [
        {"taxon_id": SPECIES, "train": 50, "val": 25, "test": 24},
        {"taxon_id": 9, "train": 60, "val": 25, "test": 25},
    ]
    as_read = json.loads(json.dumps(asdict(criteria)))
    return {"cutoff": cutoff, "criteria": as_read, "counts": {"classes": classes}}


def found(world: World, before: Manifest | None) -> Finding:
    with world.connect() as con:
        settle(con, INAT_2022, day(10), day(20))
        former = None if before is None else Previous.of(before)
        return find_drift(con, INAT_2022, day(20), assess(con, INAT_2022, SETTLED), former, USUAL)


def test_photos_are_those_that_the_export_would_hold(world: World) -> None:
    """100 now, and 99 and 110 before: the farthest apart the shares get is 1 of 1 against 1 of 2."""
    finding = found(world, previous())
    assert finding.content == {
        "baseline": "2026-01-10T00:00:00Z",
        "ks": 0.5,
        "p_value": pytest.approx(1.0),
        "wasserstein_log": pytest.approx(0.0527, abs=1e-3),
        "classes_added": 0,
        "classes_lost": 1,
        **USUAL.judge(0, 1, timedelta(days=10)),
    }
    assert (finding.fired, finding.missing) == (False, [])
    assert finding.words == [
        {"code": "turnover", "added": 0, "lost": 1},
        {
            "code": "usual_turnover",
            "added": finding.content["usual_added"],
            "lost": finding.content["usual_lost"],
        },
        {"code": "photos_differ", "most": 0.5, "chance": finding.content["p_value"]},
    ]


def test_without_a_previous_snapshot_nothing_is_guessed(world: World) -> None:
    finding = found(world, None)
    assert set(finding.content.values()) == {None}
    assert (finding.fired, finding.missing) == (False, [{"code": "previous_not_given"}])


def test_other_criteria_are_not_compared(world: World) -> None:
    finding = found(world, previous(INAT_2021))
    assert set(finding.content.values()) == {None}
    assert finding.missing == [{"code": "previous_has_other_criteria"}]


def test_a_previous_snapshot_from_after_the_cutoff_is_refused(world: World) -> None:
    with pytest.raises(DataError, match="2026-01-20T00:00:00Z is not before 2026-01-20T00:00:00Z; give an"):
        found(world, previous(cutoff="2026-01-20T00:00:00Z"))


def test_classes_that_come_all_at_once_fire(world: World) -> None:
    before = previous()
    before["counts"]["classes"] = [{"taxon_id": n, "train": 50, "val": 25, "test": 25} for n in range(30)]
    finding = found(world, before)
    assert finding.content["classes_lost"] == 30
    assert finding.fired


def test_a_class_whose_photos_all_serve_others_is_compared_as_well() -> None:
    result = compare({1: 0, 2: 100}, {1: 1, 2: 100})
    assert (result["ks"], result["wasserstein_log"], result["classes_lost"]) == (0.5, 0.0, 0)
