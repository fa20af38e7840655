"""Observations of open data, which only their UUID names: no number of the lake's own gets out."""

import csv

import pytest

from portal.hotspots.models import Hotspot, WorklistEntry
from tests.portal.hotspots.findings import IMPATIENS, entry, make_found
from tests.portal.taking_over import take_over_hotspots

UUID = "5c2a0f1e-9d1b-4c6f-8b7a-0123456789ab"
OTHER = "6d3b1a2f-0e2c-4d70-9c8b-1123456789ab"
SURROGATE, ANOTHER = -1137737136389210570, -42
RULE = "inat-2022"
PAGE = f"/hotspots/{IMPATIENS}/"
SITE = "https://www.inaturalist.org/observations/"
ADDRESSES = (
    PAGE,
    "/hotspots/worklist/",
    "/hotspots/",
    f"{PAGE}worklist.csv",
    "/hotspots/worklist.csv",
    f"{PAGE}places.json",
    f"/api/v1{PAGE}worklist/",
    f"/api/v1{PAGE}worklist/?format=csv",
    f"/api/v1{PAGE}worklist/?page_size=1",
    "/feeds/hotspots.atom",
)


@pytest.fixture
def of_open_data(hotspots):
    """Two observations without a number, and one with."""
    entries = [
        entry(SURROGATE, IMPATIENS, 0.9, observation_uuid=UUID),
        entry(ANOTHER, IMPATIENS, 0.8, observation_uuid=OTHER),
        entry(7, IMPATIENS, 0.7),
    ]
    take_over_hotspots(hotspots, {RULE: make_found(entries=entries)})
    return hotspots


def test_entries_are_named_by_number_or_uuid(of_open_data):
    rows = WorklistEntry.objects.filter(criteria=RULE).order_by("-priority")
    assert [(row.number, row.observation_uuid, row.name) for row in rows] == [
        (None, UUID, UUID),
        (None, OTHER, OTHER),
        (7, "", "7"),
    ]
    assert Hotspot.objects.get(criteria=RULE, taxon_id=IMPATIENS).to_identify == 1


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_number_of_the_lake_s_own_gets_out(of_open_data, client, address):
    response = client.get(address)
    assert response.status_code == 200
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert str(-SURROGATE) not in content.decode()
    assert "observations/-" not in content.decode()


def test_links_lead_to_the_observation(of_open_data, client):
    page = client.get(PAGE).content.decode()
    assert f'href="{SITE}{UUID}"' in page
    assert f'href="{SITE}7"' in page
    assert "Open this 1 in Identify" in page
    assert (
        f"{SITE}identify?reviewed=any&amp;quality_grade=needs_id,research,casual&amp;verifiable=any" in page
    )


def test_identify_is_offered_only_where_it_can_open_something(hotspots, client):
    take_over_hotspots(
        hotspots, {RULE: make_found(entries=[entry(SURROGATE, IMPATIENS, 0.9, observation_uuid=UUID)])}
    )
    page = client.get(PAGE).content.decode()
    assert f"{SITE}identify?reviewed" not in page
    assert "by UUID alone, which the Identify page cannot take" in page
    assert f'href="{PAGE}#worklist">Open worklist' in client.get("/hotspots/").content.decode()
    assert client.get(f"{PAGE}review/")["Location"] == f"{PAGE}#worklist"


def test_files_and_the_api_give_the_uuid(of_open_data, client):
    lines = b"".join(client.get(f"{PAGE}worklist.csv")).decode().splitlines()
    assert [(row["observation_id"], row["url"]) for row in csv.DictReader(lines)] == [
        ("", f"{SITE}{UUID}"),
        ("", f"{SITE}{OTHER}"),
        ("7", f"{SITE}7"),
    ]
    answer = client.get(f"/api/v1{PAGE}worklist/").json()
    assert [(row["observation_id"], row["observation_uuid"], row["url"]) for row in answer["results"]] == [
        (None, UUID, f"{SITE}{UUID}"),
        (None, OTHER, f"{SITE}{OTHER}"),
        (7, None, f"{SITE}7"),
    ]


def test_pages_of_the_api_go_on_after_a_uuid(of_open_data, client):
    first = client.get(f"/api/v1{PAGE}worklist/?page_size=1").json()
    assert first["next"] == f"http://testserver/api/v1{PAGE}worklist/?cursor={UUID}&page_size=1"
    second = client.get(first["next"]).json()
    assert [row["observation_uuid"] for row in second["results"]] == [OTHER]
    assert client.get(f"/api/v1{PAGE}worklist/?cursor=-42").status_code == 400
