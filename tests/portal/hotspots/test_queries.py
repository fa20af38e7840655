"""What the pages read, on the small world with its hotspots."""

import pytest

from portal.hotspots import queries
from portal.hotspots.facets import Facets
from portal.hotspots.models import HotspotHistory
from portal.hotspots.queries import Direction, Selection, worklists
from portal.taxa.models import Taxon
from tests.portal.hotspots.findings import (
    AXYRIDIS,
    AXYRIDIS_HOTSPOT,
    BOMBUS,
    CARNARIA,
    GRISEOCOLLIS,
    IMPATIENS,
    IMPATIENS_HOTSPOT,
    SARCOPHAGA,
    TERRESTRIS,
    entry,
    make_found,
)
from tests.portal.taking_over import take_over_hotspots
from tests.portal.world import FIRST_DAY, LAST_DAY, make_refresh

RULE = "inat-2022"


def get(taxon_id):
    return Taxon.objects.get(id=taxon_id)


def ids(found):
    return [row.taxon_id for row in found]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [IMPATIENS, CARNARIA, AXYRIDIS]),
        ({"clade": 47201}, [IMPATIENS]),
        ({"clade": SARCOPHAGA}, [CARNARIA]),
        ({"clade": 900003}, []),
        ({"place": "north_america"}, [IMPATIENS]),
        ({"place": "south_america"}, []),
        ({"kind": "vision_loop"}, [IMPATIENS]),
        ({"kind": "out_of_range"}, [AXYRIDIS]),
        ({"kind": "model"}, []),
        ({"least": 2}, [IMPATIENS, CARNARIA]),
        ({"least": 62}, []),
        ({"is_exported": True}, [IMPATIENS, CARNARIA]),
        ({"sort": "photos"}, [IMPATIENS, CARNARIA, AXYRIDIS]),
        ({"sort": "share"}, [IMPATIENS, CARNARIA, AXYRIDIS]),
        ({"sort": "name"}, [IMPATIENS, AXYRIDIS, CARNARIA]),
        ({"criteria": "another"}, []),
    ],
)
def test_the_list_shows_what_is_wanted(hotspots, wanted, found):
    clade = get(wanted.pop("clade")) if "clade" in wanted else None
    assert ids(queries.hotspot_list(Selection(**{"criteria": RULE, "clade": clade} | wanted))) == found


def test_the_largest_share_wrong_comes_first(hotspots):
    few = AXYRIDIS_HOTSPOT | {"labels": 1}
    take_over_hotspots(hotspots, {RULE: make_found([IMPATIENS_HOTSPOT, few])})
    assert ids(queries.hotspot_list(Selection(RULE, sort="share"))) == [AXYRIDIS, IMPATIENS]


def test_home_shows_what_harms_the_next_export_most(hotspots):
    result = queries.worst_for_next_export(RULE, limit=5)
    assert [item.row.taxon_id for item in result] == [IMPATIENS, CARNARIA]
    assert [len(item.trend) for item in result] == [2, 1]


def test_home_shows_no_label_that_is_merely_coarse(hotspots):
    rows = [
        IMPATIENS_HOTSPOT | {"taxon_id": taxon_id, "leaf_taxon_id": leaf}
        for taxon_id, leaf in ((47201, 47201), (BOMBUS, IMPATIENS), (SARCOPHAGA, SARCOPHAGA))
    ]
    take_over_hotspots(hotspots, {RULE: make_found(rows)})
    result = queries.worst_for_next_export(RULE, limit=5)
    assert [item.row.taxon_id for item in result] == [SARCOPHAGA], (
        "a genus that is the class is no coarse label"
    )


def hotspot(taxon_id):
    return queries.of_label(get(taxon_id), RULE)[0]


def test_a_hotspot_comes_with_the_taxa_it_names_and_its_course(hotspots):
    item = hotspot(IMPATIENS)
    assert (item.partner.id, item.leaf.id, item.leave_at) == (GRISEOCOLLIS, IMPATIENS, None)
    assert [(moment.at, moment.expected, moment.low, moment.high) for moment in item.trend] == [
        (FIRST_DAY, 90.0, 70.5, 112.0),
        (LAST_DAY, 61.4, 48.2, 77.9),
    ]
    item = hotspot(CARNARIA)
    assert (item.partner, item.leaf.id, item.leave_at.id) == (None, SARCOPHAGA, SARCOPHAGA)
    assert [moment.expected for moment in item.trend] == [2.2]
    assert hotspot(TERRESTRIS) is None


def test_a_partner_is_most_of_it_or_one_among_others(hotspots):
    assert hotspot(IMPATIENS).is_mostly_partner
    confused = ((IMPATIENS, GRISEOCOLLIS, 30.0, 20.0, 40.0), (IMPATIENS, TERRESTRIS, 31.0, 20.0, 40.0))
    take_over_hotspots(hotspots, {RULE: make_found(confused=confused)})
    assert not hotspot(IMPATIENS).is_mostly_partner
    assert not hotspot(CARNARIA).is_mostly_partner


def test_a_course_is_nothing_where_the_hotspot_was_gone(hotspots):
    HotspotHistory.objects.filter(refresh=hotspots, taxon_id=IMPATIENS).delete()
    course = queries.trends([IMPATIENS], RULE, reach=9)[IMPATIENS]
    assert [(moment.at, moment.expected) for moment in course] == [(FIRST_DAY, 90.0), (LAST_DAY, 0.0)]


def test_a_course_goes_back_as_far_as_asked_and_has_each_moment_once(hotspots):
    assert len(queries.trends([IMPATIENS], RULE, reach=1)[IMPATIENS]) == 1
    again = make_refresh(LAST_DAY, counts={"criteria": {}, "hotspots": {RULE: 1}})
    again.refresh_from_db()
    take_over_hotspots(again, {RULE: make_found()})
    course = queries.trends([IMPATIENS], RULE, reach=9)[IMPATIENS]
    assert [(moment.at, moment.expected) for moment in course] == [(FIRST_DAY, 90.0), (LAST_DAY, 61.4)]


def test_refreshes_that_looked_for_no_hotspots_do_not_count(hotspots):
    make_refresh(LAST_DAY.replace(day=20))
    course = queries.trends([IMPATIENS], RULE, reach=9)[IMPATIENS]
    assert [moment.at for moment in course] == [FIRST_DAY, LAST_DAY]


def test_confusions_are_directed(hotspots):
    item, result = queries.of_label(get(IMPATIENS), RULE)
    assert result.really == [
        Direction(get(GRISEOCOLLIS), 44.0, 33.0, 57.0),
        Direction(get(TERRESTRIS), 9.5, 4.0, 17.0),
    ]
    assert result.labelled == [Direction(get(GRISEOCOLLIS), 3.2, 0.6, 8.0)]
    assert queries.unnamed(item, result.really) == pytest.approx(7.9)
    _item, first = queries.of_label(get(IMPATIENS), RULE, limit=1)
    assert (first.really, first.labelled) == (result.really[:1], result.labelled)


def test_a_worklist_has_the_most_worthwhile_first(hotspots):
    first = worklists.first_batch(Facets(RULE, label=IMPATIENS))
    assert [entry.number for entry in first] == list(range(1000, 1030))
    (listed,) = worklists.named(worklists.worklist(Facets(RULE, label=CARNARIA)))
    assert (listed.entry.observation_id, listed.label.id, listed.rather) == (2000, CARNARIA, None)
    (listed,) = worklists.named(worklists.worklist(Facets(RULE, label=IMPATIENS))[:1])
    assert listed.rather.id == GRISEOCOLLIS


def test_a_worklist_over_all_labels_has_the_most_worthwhile_first(hotspots, monkeypatch):
    def observations(**selected):
        rows = worklists.worklist_over_all(Facets(RULE, **selected))
        return [result.observation_id for result in worklists.entries(rows, RULE)]

    assert observations()[9:13] == [1009, 1010, 2000, 1011]
    assert observations(clade=get(SARCOPHAGA)) == [2000]
    assert observations(clade=get(47201), place="north_america") == list(range(1000, 1035))
    assert observations(clade=get(AXYRIDIS)) == []
    monkeypatch.setattr(worklists, "OVER_ALL", 2)
    assert observations() == [1000, 1001]


def test_suspects_are_counted_by_month_and_by_square(hotspots):
    entries = [
        entry(1, IMPATIENS, 0.5),
        entry(2, IMPATIENS, 0.25),
        entry(3, IMPATIENS, 0.5, observed_on=None, latitude=-0.5, longitude=-180.0),
        entry(4, IMPATIENS, 0.5, latitude=None, longitude=None),
        entry(5, CARNARIA, 0.9),
    ]
    take_over_hotspots(hotspots, {RULE: make_found(entries=entries)})
    facets = Facets(RULE, label=IMPATIENS)
    assert worklists.months(facets) == {7: 1.25}
    assert worklists.squares(facets) == [(40, -80, 2), (-10, -180, 1)]
    assert {result.observation_id for result in worklists.places(facets)} == {1, 2, 3}


def test_a_worklist_has_a_part_on_each_continent(hotspots):
    entries = [
        entry(1, IMPATIENS, 0.5),
        entry(2, IMPATIENS, 0.4, latitude=51.5, longitude=-0.13),
        entry(3, IMPATIENS, 0.3, latitude=51.5, longitude=-0.13),
        entry(4, IMPATIENS, 0.2, latitude=None, longitude=None),
    ]
    take_over_hotspots(hotspots, {RULE: make_found(entries=entries)})
    europe, america = (Facets(RULE, label=IMPATIENS, place=place) for place in ("europe", "north_america"))
    assert worklists.by_continent(europe) == {"": 1, "europe": 2, "north_america": 1}
    assert [one.number for one in worklists.first_batch(europe)] == [2, 3]
    assert [result.observation_id for result in worklists.all_entries(america)] == [1]


@pytest.mark.parametrize(
    ("taxon_id", "genus_id"), [(IMPATIENS, BOMBUS), (BOMBUS, BOMBUS), (47158, None), (48460, None)]
)
def test_the_genus_of_a_taxon(hotspots, taxon_id, genus_id):
    result = queries.genus_of(get(taxon_id))
    assert (result and result.id) == genus_id
