"""Batches read again from a stand-in of iNaturalist: settled rows are replaced, and no page waits long."""

import time
from datetime import timedelta

import pytest

from exporter.pull.limiter import LIMITS
from portal.batches import freshness
from portal.batches.models import SettledObservation
from portal.batches.pools import Part
from portal.batches.services import taking
from portal.hotspots.queries import worklists
from portal.lake.requests import budget
from tests.portal.batches.conftest import DAY, HOUR, MINUTE, NOW, ids
from tests.portal.world import TAXA
from tests.standin.server import StandIn
from tests.standin.world import World

IMPATIENS, TERRESTRIS, BOMBUS = 118970, 57516, 52775
BUMBLE_BEES = Part(query="clade=52775")
PARENTS = {taxon_id: parent_id for taxon_id, parent_id, *_ in TAXA}


def line(taxon_id):
    above = PARENTS[taxon_id]
    return [*(line(above) if above else []), taxon_id]


def taxon(taxon_id):
    _id, _parent, name, rank, level, _common = next(row for row in TAXA if row[0] == taxon_id)
    return {
        "id": taxon_id,
        "name": name,
        "rank": rank,
        "rank_level": level,
        "is_active": True,
        "ancestor_ids": line(taxon_id),
        "ancestry": "/".join(map(str, line(taxon_id)[:-1])),
    }


def record(observation_id, *said, community=None, **fields):
    """An observation called B. impatiens 90 days ago, and what was said of it since: (taxon, when)."""
    named = [(IMPATIENS, NOW - 90 * DAY), *said]
    return {
        "id": observation_id,
        "updated_at": (NOW + HOUR).isoformat(),
        "quality_grade": "needs_id",
        "taxon": taxon(community or IMPATIENS),
        "community_taxon_id": community,
        "photos": [{"id": observation_id, "url": "https://static.inaturalist.org/photos/1/square.jpg"}],
        "identifications": [
            {
                "id": 10 * observation_id + place,
                "created_at": at.isoformat(),
                "current": True,
                "user": {"id": 100 + place},
                "taxon": taxon(named_id),
            }
            for place, (named_id, at) in enumerate(named)
        ],
    } | fields


@pytest.fixture
def standin(settings, tmp_path, monkeypatch):
    """iNaturalist with the 35 bumble bees as the worklist has them; each request may go at once."""
    settings.DATA_DIR, settings.LAKE_DIR, settings.PULL = tmp_path, tmp_path / "lake", True
    monkeypatch.setitem(LIMITS, "requests", LIMITS["requests"][1:])
    with StandIn(World(record(number) for number in range(1000, 1035)), requests=1_000) as serving:
        settings.API_URL = serving.url
        yield serving


@pytest.fixture
def batch(standin, ida, monkeypatch):
    """Five rows, taken a moment ago."""
    monkeypatch.setattr(worklists, "BATCH", 5)
    return taking.take(ida, BUMBLE_BEES, now=NOW)


def told(batch):
    batch.refresh_from_db()
    return batch.checked_at, batch.tried_at


def test_one_request_reads_a_batch_of_which_nothing_is_settled(batch, standin):
    freshness.check_new(batch, NOW)
    assert (ids(batch), told(batch)) == (list(range(1000, 1005)), (NOW, NOW))
    (requested,) = standin.log
    assert (requested.parameters["id"], requested.parameters["per_page"]) == ("1000,1001,1002,1003,1004", "5")


def test_what_is_settled_is_replaced_by_the_next_rows(batch, standin):
    moved = [(TERRESTRIS, NOW - HOUR)] * 3
    standin.world.put(record(1000, *moved, community=TERRESTRIS))
    standin.world.put(record(1001, (IMPATIENS, NOW - HOUR), community=IMPATIENS))
    standin.world.remove(1002)
    standin.world.put(record(1003, flags=[{"resolved": False}]))
    # Made coarser: its label is lost too.
    standin.world.put(record(1004, (BOMBUS, NOW - HOUR), community=BOMBUS) | {"taxon": taxon(BOMBUS)})
    freshness.check_new(batch, NOW)
    assert ids(batch) == list(range(1005, 1010))
    assert dict(SettledObservation.objects.values_list("observation_id", "how")) == {
        1000: "moved",
        1001: "confirmed",
        1002: "gone",
        1003: "gone",
        1004: "moved",
    }
    assert len(standin.log) == 2


def test_of_what_the_last_request_says_is_settled_nothing_takes_the_place(batch, standin):
    for number in (1000, 1001, 1005):
        standin.world.remove(number)
    freshness.check_new(batch, NOW)
    assert ids(batch) == [1002, 1003, 1004, 1006]
    assert len(standin.log) == freshness.ROUNDS


def test_an_agreement_from_before_the_count_settles_nothing(batch, standin):
    standin.world.put(record(1000, (IMPATIENS, NOW - 60 * DAY), community=IMPATIENS))
    freshness.check_new(batch, NOW)
    assert ids(batch) == list(range(1000, 1005))


def test_an_opened_batch_is_read_again_after_ten_minutes_and_what_is_settled_is_marked(batch, standin):
    freshness.check_new(batch, NOW)
    batch.refresh_from_db()
    freshness.check_again(batch, NOW + 9 * MINUTE)
    assert len(standin.log) == 1
    standin.world.remove(1001)
    freshness.check_again(batch, NOW + 11 * MINUTE)
    assert (ids(batch), told(batch)[0]) == (list(range(1000, 1005)), NOW + 11 * MINUTE)
    assert dict(batch.rows.exclude(settled="").values_list("observation_id", "settled")) == {1001: "gone"}
    freshness.check_again(batch, NOW + 2 * DAY)
    assert len(standin.log) == 2


@pytest.mark.parametrize("fault", ["500", "html", "429", "timeout"])
def test_whatever_goes_wrong_leaves_the_batch_as_the_count_had_it(batch, standin, fault, monkeypatch):
    monkeypatch.setattr(freshness, "ANSWER_S", 0.1)
    standin.hang_s = 0.3
    standin.faults.every(1, [fault])
    freshness.check_new(batch, NOW)
    assert (ids(batch), told(batch)) == (list(range(1000, 1005)), (None, NOW))
    # It is not tried at each look.
    monkeypatch.setattr(freshness, "_read", lambda ids: pytest.fail("it is asked again"))
    freshness.check_again(batch, NOW + MINUTE)


def test_where_the_budget_is_spent_nobody_waits(batch, standin, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"waits {seconds} s"))
    limiter = budget()
    for _ in range(55):
        limiter.spend("requests")
    freshness.check_new(batch, NOW)
    assert (told(batch), standin.log) == ((None, NOW), [])


def test_where_pulling_is_off_nothing_is_asked(batch, standin, settings):
    settings.PULL = False
    freshness.check_new(batch, NOW)
    assert (told(batch), standin.log) == ((None, NOW), [])


def test_rows_without_a_number_are_not_asked_for(batch, standin):
    batch.rows.update(observation_uuid="00000000-0000-0000-0000-000000000000")
    for row in batch.rows.all():
        batch.rows.filter(pk=row.pk).update(observation_id=-row.observation_id)
    freshness.check_new(batch, NOW)
    assert (told(batch), standin.log) == ((None, NOW), [])


def test_a_page_waits_for_seconds_at_most():
    waits = timedelta(seconds=freshness.ROUNDS * (freshness.LONGEST_WAIT_S + freshness.ANSWER_S))
    assert waits <= timedelta(seconds=5)
