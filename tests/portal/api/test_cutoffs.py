"""Cutoffs at the API: what everybody may know of, and nothing else, whoever asks."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.accounts.models import Scope
from portal.api import edition
from portal.cutoffs import services
from portal.cutoffs.models import Cutoff
from tests.portal.api.conftest import bearer_token

CUTOFF_AT = datetime(2027, 1, 20, tzinfo=UTC)
ANNOUNCED_AT = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture
def announce(db):
    """`announce(name="Winter", audience="staff")`: a cutoff, announced unless told otherwise."""

    def announce(is_announced=True, **values):
        given = {"name": "Winter 2027", "cutoff_at": CUTOFF_AT} | values
        made = services.draft(given, by=None, now=ANNOUNCED_AT - timedelta(days=1))
        if is_announced:
            services.announce(made, by=None, now=ANNOUNCED_AT)
        edition.forget()
        return Cutoff.objects.get(pk=made.pk)

    return announce


def test_cutoffs_with_what_people_are_told(announce, get):
    cutoff = announce()
    expected = {
        "id": cutoff.pk,
        "name": "Winter 2027",
        "state": "announced",
        "cutoff_at": "2027-01-20T00:00:00+00:00",
        "settling_from": "2027-01-06T00:00:00+00:00",
        "settle_days": 14,
        "criteria": "inat-2022",
        "note": "",
        "announced_at": "2026-12-01T09:00:00+00:00",
        "changed_at": cutoff.changed_at.isoformat(),
        "commitment": cutoff.commitment,
        "model_name": "",
        "is_simulated": False,
        "url": f"http://testserver/cutoffs/{cutoff.pk}/",
    }
    assert get("/cutoffs/").json() == {"next": None, "results": [expected]}
    assert get("/cutoffs/next/").json() == {"cutoff": expected, "forecast": None}
    assert (
        get("/cutoffs/?format=csv").content.decode().splitlines()[1].startswith(f"{cutoff.pk},Winter 2027,")
    )


@pytest.mark.parametrize(
    "hidden", [{"audience": "staff"}, {"audience": "identifiers"}, {"is_announced": False}]
)
@pytest.mark.parametrize("scope", [None, *Scope])
def test_what_is_not_for_everybody_leaks_through_no_address(announce, admin_client, world, hidden, scope):
    before = admin_client.get("/api/v1/cutoffs/").headers["ETag"]
    announce(**hidden)
    headers = {"Authorization": f"Bearer {bearer_token(scope)}"} if scope else {}
    for address in ("cutoffs/", "cutoffs/next/", "inclusion/?taxon_id=57516", "taxa/57516/"):
        response = admin_client.get(f"/api/v1/{address}", headers=headers)
        assert "2027-01" not in response.content.decode()
        assert "Winter" not in response.content.decode()
    assert admin_client.get("/api/v1/cutoffs/").json()["results"] == []
    assert admin_client.get("/api/v1/cutoffs/").headers["ETag"] == before


def test_inclusion_tells_the_date_of_the_next_snapshot_under_its_rule(announce, world, get):
    announce()
    for criteria, expected in (("inat-2022", "2027-01-20T00:00:00+00:00"), ("inat-2021", None)):
        (result,) = get(f"/inclusion/?taxon_id=57516&criteria={criteria}").json()["results"]
        assert result["outlook"]["cutoff_at"] == expected


def test_without_an_announcement_there_is_a_forecast(db, get):
    result = get("/cutoffs/next/").json()
    assert result["cutoff"] is None
    assert result["forecast"]["low"] < result["forecast"]["high"]
    assert 0 < result["forecast"]["probability"] < 1
    assert result["forecast"]["intervals"] > 0


def test_whatever_happens_to_a_cutoff_makes_former_tags_worthless(announce, get):
    tags = [get("/cutoffs/next/").headers["ETag"]]
    cutoff = announce()
    tags.append(get("/cutoffs/next/").headers["ETag"])
    services.advance_due(now=cutoff.window_start)
    edition.forget()
    response = get("/cutoffs/next/", If_None_Match=", ".join(tags))
    assert response.status_code == 200
    assert response.json()["cutoff"]["state"] == "settling"


def test_the_seed_is_told_by_no_address(announce, get):
    cutoff = announce()
    assert cutoff.seal.seed not in get("/cutoffs/").content.decode()


def test_pages_of_cutoffs(announce, get, django_assert_num_queries):
    made = [
        announce(name=f"Number {number}", cutoff_at=CUTOFF_AT + timedelta(days=40 * number))
        for number in range(3)
    ]
    first = get("/cutoffs/?page_size=2").json()
    assert [each["id"] for each in first["results"]] == [made[0].pk, made[1].pk]
    with django_assert_num_queries(1):
        last = get(first["next"].removeprefix("http://testserver/api/v1")).json()
    assert [each["id"] for each in last["results"]] == [made[2].pk]
