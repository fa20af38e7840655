"""Hotspots and worklists at the API."""

import pytest

from portal.hotspots.models import WorklistEntry
from tests.portal.api.conftest import assert_refused
from tests.portal.hotspots.findings import CARNARIA, GRISEOCOLLIS, IMPATIENS, entry, make_found

FIRST = {
    "rank": 1,
    "taxon_id": IMPATIENS,
    "name": "Bombus impatiens",
    "common_name": "Common Eastern Bumble Bee",
    "kind": "lookalike",
    "confused_with_taxon_id": GRISEOCOLLIS,
    "confused_with_name": "Bombus griseocollis",
    "labels": 540,
    "expected_wrong": 61.4,
    "expected_wrong_low": 48.2,
    "expected_wrong_high": 77.9,
    "expected_wrong_photos": 88.0,
    "exported_photos": 860,
    "from_vision": 310,
    "reviewed": 120,
    "overturned": 17,
    "evidence": "identifications",
    "to_review": 35,
}


def walk(get, address):
    """The rows of every page from that one on."""
    rows = []
    while address:
        result = get(address).json()
        rows += result["results"]
        address = result["next"] and result["next"].removeprefix("http://testserver/api/v1")
    return rows


def test_hotspots_worst_first(hotspots, get):
    result = get("/hotspots/").json()
    assert result["data"]["is_simulated"] is True
    assert result["results"][0] == FIRST
    assert [row["rank"] for row in result["results"]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("query", "ranks"),
    [
        ("kind=collapse", [2]),
        ("kind=vision_loop", [1]),
        ("kind=model", []),
        ("clade=47822", [2]),
        ("clade=52775&criteria=inat-2021", [1]),
        ("least=62", []),
        ("least=3&clade=48460", [1]),
    ],
)
def test_hotspots_by_clade_kind_and_size(hotspots, get, query, ranks):
    assert [row["rank"] for row in get(f"/hotspots/?{query}").json()["results"]] == ranks


def test_pages_of_hotspots(hotspots, get):
    assert [row["rank"] for row in walk(get, "/hotspots/?page_size=2")] == [1, 2, 3]


def test_a_worklist_begins_where_a_look_is_worth_most(hotspots, get):
    result = get(f"/hotspots/{IMPATIENS}/worklist/?page_size=1").json()
    assert result["results"] == [
        {
            "observation_id": 1000,
            "observation_uuid": None,
            "url": "https://www.inaturalist.org/observations/1000",
            "label_taxon_id": IMPATIENS,
            "suspicion": 0.9,
            "suggested_taxon_id": GRISEOCOLLIS,
            "reason": "1 of 3 identifications disagrees. It may be Bombus griseocollis.",
            "priority": 0.9,
            "photos": 1,
            "kind": "lookalike",
            "evidence": "identifications",
        }
    ]


@pytest.mark.parametrize("size", [1, 7, 35, 100])
def test_pages_of_a_worklist_miss_nothing_even_among_equals(hotspots, get, size):
    WorklistEntry.objects.filter(observation_id__in=range(1005, 1020)).update(priority=1 / 3)
    result = walk(get, f"/hotspots/{IMPATIENS}/worklist/?page_size={size}")
    expected = WorklistEntry.objects.filter(criteria="inat-2022", label_taxon_id=IMPATIENS)
    order = expected.order_by("-priority", "observation_id").values_list("observation_id", flat=True)
    assert [row["observation_id"] for row in result] == list(order)


def test_a_worklist_by_place_and_as_csv(hotspots, get):
    assert len(walk(get, f"/hotspots/{IMPATIENS}/worklist/?place=north_america")) == 35
    assert walk(get, f"/hotspots/{IMPATIENS}/worklist/?place=asia") == []
    csv = get(f"/hotspots/{CARNARIA}/worklist/?format=csv").content.decode().splitlines()
    assert csv[0].startswith("observation_id,observation_uuid,url,label_taxon_id,suspicion,")
    assert csv[1].startswith("2000,,https://www.inaturalist.org/observations/2000,900001,0.8,,")


def test_a_taxon_without_hotspot_has_an_empty_worklist(hotspots, get):
    assert get("/hotspots/900003/worklist/").json()["results"] == []


@pytest.mark.parametrize(
    ("address", "status", "name"),
    [
        ("/hotspots/?kind=none", 400, "kind"),
        ("/hotspots/?least=-1", 400, "least"),
        ("/hotspots/?clade=5", 404, ""),
        ("/hotspots/5/worklist/", 404, ""),
        (f"/hotspots/{10**30}/worklist/", 404, ""),
        (f"/hotspots/{IMPATIENS}/worklist/?cursor=5", 404, ""),
        (f"/hotspots/{IMPATIENS}/worklist/?place=moon", 404, ""),
    ],
)
def test_bad_requests(hotspots, get, address, status, name):
    assert_refused(get(address), status, name)


def test_the_number_of_queries_does_not_grow_with_the_rows(hotspots, get, django_assert_max_num_queries):
    get("/")
    for size in (1, 3):
        with django_assert_max_num_queries(2):
            get(f"/hotspots/?page_size={size}")
    for size in (1, 30):
        with django_assert_max_num_queries(2):
            get(f"/hotspots/{IMPATIENS}/worklist/?page_size={size}")


def test_no_coordinate_and_no_person_is_told(hotspots, get):
    assert make_found([], [entry(1, IMPATIENS, 0.5)]).worklist["latitude"].to_pylist() == [42.36]
    text = get(f"/hotspots/{IMPATIENS}/worklist/").content.decode()
    assert "42.36" not in text
    assert "user" not in text
