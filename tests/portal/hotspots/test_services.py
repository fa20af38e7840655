"""Taking over what was found: the present is replaced, the history kept."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError

from portal.hotspots.models import Confusion, Hotspot, HotspotHistory, WorklistEntry
from portal.lake.models import Content
from tests.portal.hotspots.findings import (
    AXYRIDIS,
    AXYRIDIS_HOTSPOT,
    CARNARIA,
    CARNARIA_HOTSPOT,
    CONFUSED,
    IMPATIENS,
    IMPATIENS_HOTSPOT,
    entry,
    make_found,
)
from tests.portal.taking_over import take_over_hotspots
from tests.portal.world import FIRST_DAY, LAST_DAY, make_refresh

CRITERIA = "inat-2022"


def trend():
    return list(
        HotspotHistory.objects.order_by("refresh__moment", "taxon_id").values_list(
            "refresh_id", "taxon_id", "expected_wrong"
        )
    )


def test_every_column_arrives(world):
    assert take_over_hotspots(world, {CRITERIA: make_found()}) == {CRITERIA: 3}
    result = Hotspot.objects.values().get(taxon_id=IMPATIENS)
    named = {"name", "confused_with_name"}
    expected = {name: value for name, value in IMPATIENS_HOTSPOT.items() if name not in named}
    assert result == expected | {
        "id": result["id"],
        "criteria": CRITERIA,
        "kinds": {"lookalike": 1, "vision_loop": 2},
        "confused_with_expected": 44.0,
        "to_review": 35,
        "to_identify": 35,
        "continents": {"north_america": 35},
    }
    assert dict(Hotspot.objects.values_list("taxon_id", "to_review")) == {
        IMPATIENS: 35,
        CARNARIA: 1,
        AXYRIDIS: 0,
    }
    columns = ("label_taxon_id", "true_taxon_id", "expected", "expected_low", "expected_high")
    assert set(Confusion.objects.values_list(*columns)) == set(CONFUSED)
    seen = WorklistEntry.objects.values().get(observation_id=1000)
    written = entry(1000, IMPATIENS, 0.9)
    grade = written.pop("quality_grade")
    assert seen == written | {
        "grade": grade,
        "listed_in": world.pk,
        "id": seen["id"],
        "criteria": CRITERIA,
        "continent": "north_america",
        "country": "US",
        "region": "US-MA",
        "tree_left": 11,
        "observation_uuid": "",
        "reasons": [
            {"code": "disagree", "against": 1, "of": 3},
            {"code": "maybe", "taxon": "Bombus griseocollis"},
        ],
        "reason": "",
    }
    assert seen["observed_on"] == date(2026, 7, 4)
    bare = WorklistEntry.objects.get(observation_id=2000)
    assert (bare.suggested_taxon_id, bare.latitude, bare.continent, bare.observed_on) == (
        None,
        None,
        "",
        None,
    )


def test_an_observation_keeps_the_count_that_it_was_first_listed_with(world):
    def listed():
        rows = WorklistEntry.objects.filter(criteria=CRITERIA)
        return dict(rows.values_list("observation_id", "listed_in"))

    one, two, three = (entry(number, IMPATIENS, 0.5) for number in (1, 2, 3))
    take_over_hotspots(world, {CRITERIA: make_found(entries=[one, two])})
    WorklistEntry.objects.filter(observation_id=2).update(listed_in=None)
    Content.objects.all().delete()  # as before there were files of what the rows are
    later = make_refresh(LAST_DAY + timedelta(days=1))
    later.refresh_from_db()
    take_over_hotspots(later, {CRITERIA: make_found(entries=[one, two, three])})
    assert listed() == {1: world.pk, 2: None, 3: later.pk}
    take_over_hotspots(later, {CRITERIA: make_found(entries=[three])})
    assert listed() == {3: later.pk}


def test_where_only_the_rank_is_another_the_row_stays(world):
    def seen():
        return {row["taxon_id"]: row for row in Hotspot.objects.filter(criteria=CRITERIA).values()}

    take_over_hotspots(world, {CRITERIA: make_found()})
    before = seen()
    moved = [
        IMPATIENS_HOTSPOT | {"rank": 2},
        CARNARIA_HOTSPOT | {"rank": 3},
        AXYRIDIS_HOTSPOT | {"labels": 9},
    ]
    for _ in range(2):  # the other generation, then the first again
        take_over_hotspots(world, {CRITERIA: make_found(hotspots=moved)})
    after = seen()
    assert after[IMPATIENS] == before[IMPATIENS] | {"rank": 2}
    assert after[CARNARIA] == before[CARNARIA] | {"rank": 3}
    assert (after[AXYRIDIS]["labels"], after[AXYRIDIS]["rank"]) == (9, AXYRIDIS_HOTSPOT["rank"])


def test_a_hotspot_knows_the_continents_of_its_worklist(world):
    entries = [
        entry(1, IMPATIENS, 0.5),
        entry(5, IMPATIENS, 0.5),
        entry(2, IMPATIENS, 0.5, latitude=51.5, longitude=-0.13),
        entry(3, IMPATIENS, 0.5, latitude=None, longitude=None),
        entry(4, CARNARIA, 0.5, latitude=None, longitude=None),
    ]
    take_over_hotspots(world, {CRITERIA: make_found(entries=entries)})
    assert dict(Hotspot.objects.values_list("taxon_id", "continents")) == {
        IMPATIENS: {"europe": 1, "north_america": 2},
        CARNARIA: {},
        AXYRIDIS: {},
    }


def test_the_present_is_replaced_rule_by_rule(world):
    take_over_hotspots(world, {"inat-2021": make_found(), CRITERIA: make_found()})
    assert take_over_hotspots(world, {CRITERIA: make_found([AXYRIDIS_HOTSPOT], [], ())}) == {CRITERIA: 1}
    assert set(Hotspot.objects.filter(criteria=CRITERIA).values_list("taxon_id", flat=True)) == {AXYRIDIS}
    assert not WorklistEntry.objects.filter(criteria=CRITERIA).exists()
    assert not Confusion.objects.filter(criteria=CRITERIA).exists()
    assert Hotspot.objects.filter(criteria="inat-2021").count() == 3
    assert WorklistEntry.objects.filter(criteria="inat-2021").count() == 36


def test_nothing_found_is_nothing_left(world):
    take_over_hotspots(world, {CRITERIA: make_found()})
    assert take_over_hotspots(world, {CRITERIA: make_found([], [], ())}) == {CRITERIA: 0}
    assert not Hotspot.objects.filter(criteria=CRITERIA).exists()


def test_a_past_time_adds_to_the_history_and_leaves_the_present_alone(world):
    take_over_hotspots(world, {CRITERIA: make_found([IMPATIENS_HOTSPOT])})
    past = make_refresh(FIRST_DAY - timedelta(days=30), as_of=FIRST_DAY - timedelta(days=30))
    past.refresh_from_db()
    before = list(Hotspot.objects.values())
    take_over_hotspots(past, {CRITERIA: make_found([IMPATIENS_HOTSPOT | {"expected_wrong": 55.0}], [])})
    assert list(Hotspot.objects.values()) == before
    assert WorklistEntry.objects.count() == 36
    assert trend() == [(past.pk, IMPATIENS, 55.0), (world.pk, IMPATIENS, 61.4)]


def test_a_second_count_of_the_same_data_takes_the_place_of_the_first(world):
    world.refresh_from_db()
    take_over_hotspots(world, {CRITERIA: make_found([IMPATIENS_HOTSPOT])})
    again = make_refresh(LAST_DAY)
    again.refresh_from_db()
    take_over_hotspots(again, {CRITERIA: make_found([IMPATIENS_HOTSPOT | {"expected_wrong": 62.0}])})
    assert trend() == [(again.pk, IMPATIENS, 62.0)]


@pytest.mark.parametrize(
    "fault", [{"kind": "unheard of"}, {"evidence": "hearsay"}, {"expected_wrong_low": 80.0}]
)
def test_what_cannot_be_is_refused(world, fault):
    with pytest.raises(IntegrityError):
        take_over_hotspots(world, {CRITERIA: make_found([IMPATIENS_HOTSPOT | fault])})
