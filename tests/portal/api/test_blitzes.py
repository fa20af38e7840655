"""Blitzes at the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.api import edition
from portal.blitzes import services
from portal.blitzes.states import State
from tests.portal.api.conftest import assert_refused
from tests.portal.blitzes.conftest import (
    BOMBUS,
    DAY,
    EXPECTED,
    INSECTA,
    PROPOSED_AT,
    STARTS_AT,
)

NOTHING = dict.fromkeys(("at", "data_as_of", *EXPECTED))


@pytest.fixture(autouse=True)
def forget_after(monkeypatch):
    """Whatever a test does is seen at once."""
    monkeypatch.setattr(edition, "KEPT_S", -1.0)


def test_a_blitz_with_what_it_changed(at_state, get):
    blitz = at_state(State.RUNNING)
    until = STARTS_AT + 3 * DAY
    values = {"looked_at": 12, "moved": 5, "moved_photos": 8, "off_list": 9, "data_as_of": until}
    services.record(blitz, until, {**EXPECTED, **values, "expected_wrong": 50.5})
    before = {"at": "2026-11-01T06:30:00+00:00", "data_as_of": "2026-11-01T06:30:00+00:00", **EXPECTED}
    expected = {
        "id": blitz.pk,
        "title": "Bumble bees before the cutoff",
        "purpose": "Many are named from a suggestion alone.",
        "for_whom": "Whoever knows bumble bees",
        "proposed_by": "Ida",
        "state": "running",
        "clade": {"taxon_id": BOMBUS, "name": "Bombus", "common_name": "Bumble Bees", "rank": "genus"},
        "cutoff_id": None,
        "criteria": "inat-2022",
        "starts_at": "2026-11-10T00:00:00+00:00",
        "ends_at": "2026-11-24T00:00:00+00:00",
        "looked_at": 12,
        "moved": 5,
        "moved_photos": 8,
        "before": before,
        "latest": before
        | {
            "at": "2026-11-13T00:00:00+00:00",
            "data_as_of": "2026-11-13T00:00:00+00:00",
            "expected_wrong": 50.5,
        },
        "is_final": False,
        "is_simulated": True,
        "url": f"http://testserver/blitzes/{blitz.pk}/",
    }
    assert get("/blitzes/").json() == {"next": None, "results": [expected]}
    assert get(f"/blitzes/{blitz.pk}/").json() == expected
    csv = get("/blitzes/?format=csv").content.decode().splitlines()
    assert csv[0].startswith("id,title,purpose,for_whom,proposed_by,state,clade_taxon_id,clade_name,")
    assert csv[1].startswith(f"{blitz.pk},Bumble bees before the cutoff,")


def test_before_it_begins_nothing_is_counted(at_state, get):
    result = get(f"/blitzes/{at_state(State.APPROVED).pk}/").json()
    assert (result["looked_at"], result["before"], result["latest"]) == (None, NOTHING, NOTHING)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"clade={BOMBUS}", ["bees"]),
        (f"clade={INSECTA}", ["bees", "insects"]),
        ("clade=47822", []),
        ("taxon_id=118970", ["bees", "insects"]),
        ("taxon_id=47822", ["insects"]),
        ("taxon_id=48460", []),
        ("state=running", ["bees"]),
        ("state=approved", ["insects"]),
        ("cutoff={cutoff}", ["insects"]),
        ("cutoff=999999", []),
        ("state=running&taxon_id=118970", ["bees"]),
    ],
)
def test_by_clade_taxon_state_and_cutoff(at_state, make_cutoff, get, query, found):
    at_state(State.RUNNING, title="bees")
    cutoff = make_cutoff()
    at_state(State.APPROVED, title="insects", clade=INSECTA, cutoff=cutoff)
    rows = get(f"/blitzes/?{query.format(cutoff=cutoff.pk)}").json()["results"]
    assert [row["title"] for row in rows] == found


@pytest.mark.parametrize(
    ("address", "status", "name"),
    [
        ("/blitzes/?state=proposed", 400, "state"),
        ("/blitzes/?clade=5", 404, ""),
        ("/blitzes/?taxon_id=0", 400, "taxon_id"),
        ("/blitzes/?cutoff=x", 400, "cutoff"),
        ("/blitzes/?place=asia", 400, "place"),
        ("/blitzes/999999/", 404, ""),
        (f"/blitzes/{10**30}/", 404, ""),
    ],
)
def test_bad_requests(hotspots, get, address, status, name):
    assert_refused(get(address), status, name)


def test_pages_ask_the_same_however_many_there_are(at_state, get, django_assert_num_queries):
    made = [at_state(State.RUNNING).pk for _ in range(3)]
    edition.KEPT_S = 3600.0
    edition.forget()
    first = get("/blitzes/?page_size=2").json()
    assert [row["id"] for row in first["results"]] == made[:2]
    for size in (1, 2):
        with django_assert_num_queries(2):
            get(f"/blitzes/?page_size={size}")
    following = first["next"].removeprefix("http://testserver/api/v1")
    assert [row["id"] for row in get(following).json()["results"]] == made[2:]


def test_whatever_changes_makes_former_tags_worthless(at_state, propose, get):
    tags = [get("/blitzes/").headers["ETag"]]
    blitz = services.approve(propose(), by=None, now=PROPOSED_AT)
    tags.append(get("/blitzes/").headers["ETag"])
    services.advance_due(now=STARTS_AT)
    tags.append(get("/blitzes/").headers["ETag"])
    services.record(blitz, STARTS_AT + DAY, {**EXPECTED, "data_as_of": STARTS_AT + DAY})
    tags.append(get("/blitzes/").headers["ETag"])
    services.advance_due(now=timezone.now() + timedelta(days=999))
    tags.append(get("/blitzes/").headers["ETag"])
    assert len(set(tags)) == 5
    assert get("/blitzes/", If_None_Match=tags[-1]).status_code == 304
