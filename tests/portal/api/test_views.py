"""What the API's public reads say."""

import csv
import io

import pytest

from portal.api import serializers
from portal.lake.models import Refresh
from portal.taxa.models import Readiness, Taxon
from tests.portal.world import READINESS

DATA = {
    "criteria": "inat-2022",
    "as_of": "2026-11-01T06:30:00+00:00",
    "counted_at": "2026-11-01T06:30:00+00:00",
    "lake_version": 7,
    "is_simulated": True,
    "has_lower_bounds": True,
}
NOTHING_TOLD = {"standing": None, "told_on": None, "is_from_export": None, "difference": None}
NO_MODEL = {"version": None, "included": None, "class_taxon_id": None}
GRISEOCOLLIS = {
    "taxon_id": 120215,
    "name": "Bombus griseocollis",
    "common_name": "Brown-belted Bumble Bee",
    "rank": "species",
    "current_model": NO_MODEL,
    "outlook": {"included": False, "status": "dropped", "class_taxon_id": None, "cutoff_at": None},
    "line": {
        "margin": -12,
        "short_observations": 12,
        "short_confirmed": 12,
        "short_photos": 0,
        "is_lower_bound": False,
    },
    "counts": {"observations": 86, "community_confirmed": 38, "photos": 110},
    "why": "110 photos unused.",
    "is_partly_loaded": False,
    "inaturalist": NOTHING_TOLD,
}
ADALIA = {
    "taxon_id": 900003,
    "name": "Adalia",
    "common_name": "Two-spotted Lady Beetles and Allies",
    "rank": "genus",
    "current_model": NO_MODEL,
    "outlook": {"included": False, "status": None, "class_taxon_id": None, "cutoff_at": None},
    "line": {
        "margin": None,
        "short_observations": None,
        "short_confirmed": None,
        "short_photos": None,
        "is_lower_bound": None,
    },
    "counts": {"observations": None, "community_confirmed": None, "photos": None},
    "why": serializers.NOT_COUNTED,
    "is_partly_loaded": None,
    "inaturalist": NOTHING_TOLD,
}


def problem(status, title, detail, *errors):
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    listed = [dict(zip(("name", "reason"), each, strict=True)) for each in errors]
    return document | ({"errors": listed} if listed else {})


def rows(response):
    return list(csv.DictReader(io.StringIO(response.content.decode(), newline="")))


# Inclusion


def test_inclusion_says_how_each_taxon_stands_in_the_order_asked_for(world, get):
    response = get("/inclusion/?taxon_id=900003,5,120215")
    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == {"data": DATA, "results": [ADALIA, GRISEOCOLLIS], "unknown": [5]}


def test_inclusion_names_the_class_through_which_a_taxon_is_included(world, get):
    (result,) = get("/inclusion/?taxon_id=900001").json()["results"]
    assert result["outlook"] == {
        "included": False,
        "status": "rolled_up",
        "class_taxon_id": 120489,
        "cutoff_at": None,
    }


@pytest.mark.parametrize(
    ("taxon_id", "why"),
    [
        (57516, "Stays a class even if it loses 2 observations."),
        (52775, "Taxa below it are classes."),
        (900002, "Hybrids are never classes."),
        (48484, "Needs at most 2 more confirmed observations and 50 photos more."),
    ],
)
def test_inclusion_gives_the_reason_in_a_plain_sentence(world, get, taxon_id, why):
    assert get(f"/inclusion/?taxon_id={taxon_id}").json()["results"][0]["why"] == why


def test_reasons_hold_no_markup(world, get):
    every = ",".join(str(row[0]) for row in READINESS)
    for result in get(f"/inclusion/?taxon_id={every}").json()["results"]:
        assert not {"<", ">", "&"} & set(result["why"])


def test_inclusion_of_500_taxa_takes_one_query_besides_the_edition(world, get, django_assert_max_num_queries):
    get("/")
    ids = ",".join(str(number) for number in range(120000, 120500))
    with django_assert_max_num_queries(1):
        result = get(f"/inclusion/?taxon_id={ids}").json()
    assert [each["taxon_id"] for each in result["results"]] == [120215, 120489]
    assert len(result["unknown"]) == 498


def test_a_taxon_named_twice_is_given_once(world, get):
    result = get("/inclusion/?taxon_id=120215,120215,5,5").json()
    assert result == {"data": DATA, "results": [GRISEOCOLLIS], "unknown": [5]}


def test_inclusion_as_csv_has_the_same_fields_joined(world, get):
    response = get("/inclusion/?taxon_id=120215,900003&format=csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    first, second = rows(response)
    assert first == {
        "taxon_id": "120215",
        "name": "Bombus griseocollis",
        "common_name": "Brown-belted Bumble Bee",
        "rank": "species",
        "current_model_version": "",
        "current_model_included": "",
        "current_model_class_taxon_id": "",
        "outlook_included": "false",
        "outlook_status": "dropped",
        "outlook_class_taxon_id": "",
        "outlook_cutoff_at": "",
        "line_margin": "-12",
        "line_short_observations": "12",
        "line_short_confirmed": "12",
        "line_short_photos": "0",
        "line_is_lower_bound": "false",
        "counts_observations": "86",
        "counts_community_confirmed": "38",
        "counts_photos": "110",
        "why": "110 photos unused.",
        "is_partly_loaded": "false",
        "inaturalist_standing": "",
        "inaturalist_told_on": "",
        "inaturalist_is_from_export": "",
        "inaturalist_difference": "",
    }
    assert second["counts_photos"] == ""


def test_csv_by_the_header_accept(world, get):
    assert get("/inclusion/?taxon_id=5", Accept="text/csv").content.startswith(b"taxon_id,name,")


@pytest.mark.parametrize(
    ("query", "name", "reason"),
    [
        ("", "taxon_id", "This field is required."),
        ("taxon_id=", "taxon_id", "give ids of taxa, separated by commas"),
        ("taxon_id=1,x", "taxon_id", "give ids of taxa, separated by commas"),
        ("taxon_id=0", "taxon_id", "give ids of taxa, separated by commas"),
        ("taxon_id=-1", "taxon_id", "give ids of taxa, separated by commas"),
        ("taxon_id=1.0", "taxon_id", "give ids of taxa, separated by commas"),
        ("taxon_id=%00", "taxon_id", "give ids of taxa, separated by commas"),
        ("taxon_id=%D9%A1", "taxon_id", "give ids of taxa, separated by commas"),
        ("taxon_id=9223372036854775808", "taxon_id", "give ids of taxa, separated by commas"),
        ("taxon_id=" + "9" * 5000, "taxon_id", "give ids of taxa, separated by commas"),
        ("taxon_id=" + "1," * 500 + "1", "taxon_id", "give at most 500 ids"),
        ("taxon_id=1&criteria=none", "criteria", '"none" is not a valid choice.'),
        ("taxon_id=1&taxon_id=2", "taxon_id", "is given more than once"),
        ("taxon_id=1&clade=2", "clade", "there is no such parameter"),
        ("taxon_id=1&format=xml", "format", "use one of: json, csv"),
        ("taxon_id=1&format=", "format", "use one of: json, csv"),
    ],
    ids=lambda value: value[:30],
)
def test_a_bad_parameter_is_named(world, get, query, name, reason):
    response = get(f"/inclusion/?{query}")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json() == problem(400, "Bad request", f"{name}: {reason}", (name, reason))


# A taxon


def test_a_taxon_comes_with_its_ancestors_and_its_history(world, get):
    result = get("/taxa/57516/").json()
    assert result["data"] == DATA
    taxon = result["taxon"]
    assert taxon["url"] == "http://testserver/taxa/57516/"
    assert taxon["inaturalist_url"] == "https://www.inaturalist.org/taxa/57516"
    assert [each["taxon_id"] for each in taxon["ancestors"]] == [48460, 1, 47158, 47201, 52775]
    assert taxon["history"] == [
        {
            "at": "2026-09-01T00:00:00+00:00",
            "status": "dropped",
            "observations": 58,
            "community_confirmed": 45,
            "photos": 90,
            "margin": -10,
        },
        {
            "at": "2026-11-01T06:30:00+00:00",
            "status": "leaf",
            "observations": 62,
            "community_confirmed": 52,
            "photos": 110,
            "margin": 2,
        },
    ]
    same = {name: taxon[name] for name in ADALIA}
    assert get("/inclusion/?taxon_id=57516").json()["results"] == [same]


@pytest.mark.parametrize("taxon_id", [0, 5, 2**63, 10**30])
def test_an_unknown_taxon_is_not_found(world, get, taxon_id):
    response = get(f"/taxa/{taxon_id}/")
    assert response.status_code == 404
    assert response.json() == problem(404, "Not found", f"Taxon {taxon_id} is not in the data.")


# Readiness


def test_readiness_gives_the_columns_of_the_contract(world, get):
    result = get("/readiness/?status=rolled_up").json()
    assert result == {
        "data": DATA,
        "next": None,
        "results": [
            {
                "taxon_id": 900001,
                "name": "Sarcophaga carnaria",
                "common_name": "Common Flesh Fly",
                "rank": "species",
                "status": "rolled_up",
                "leaf_taxon_id": 120489,
                "observations": 30,
                "community_confirmed": 15,
                "photos": 40,
                "short_observations": 45,
                "short_confirmed": 35,
                "short_photos": 50,
                "margin": -45,
                "is_lower_bound": False,
                "is_partly_loaded": False,
            }
        ],
    }


@pytest.mark.parametrize(
    ("query", "taxon_ids"),
    [
        ("clade=52775", [52775, 57516, 118970, 120215]),
        ("clade=48486&distance=7", [48486, 48487]),
        ("clade=900003", []),
        ("distance=2", [57516, 120489]),
        ("status=leaf&clade=47822", [120489]),
    ],
)
def test_readiness_by_clade_status_and_distance(world, get, query, taxon_ids):
    assert [each["taxon_id"] for each in get(f"/readiness/?{query}").json()["results"]] == taxon_ids


@pytest.mark.parametrize("size", [1, 2, 7, 15, 500])
def test_pages_follow_one_another_and_miss_nothing(world, get, size):
    seen, address = [], f"/readiness/?page_size={size}"
    while address:
        response = get(address)
        result = response.json()
        assert 0 < len(result["results"]) <= size
        seen += [each["taxon_id"] for each in result["results"]]
        following = result["next"]
        assert response.headers.get("Link") == (f'<{following}>; rel="next"' if following else None)
        address = following and following.removeprefix("http://testserver/api/v1")
    assert seen == sorted(row[0] for row in READINESS)


def test_a_page_of_readiness_as_csv_tells_the_next_in_a_header(world, get):
    response = get("/readiness/?page_size=2&format=csv")
    assert [row["taxon_id"] for row in rows(response)] == ["1", "47158"]
    assert response.headers["Link"].endswith('cursor=47158&format=csv&page_size=2>; rel="next"')


def test_readiness_takes_as_many_queries_for_one_row_as_for_fifteen(world, get, django_assert_num_queries):
    get("/")
    for size in (1, 15):
        with django_assert_num_queries(1):
            get(f"/readiness/?page_size={size}")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("clade=x", "clade"),
        ("clade=1&clade=2", "clade"),
        ("status=none", "status"),
        ("distance=-1", "distance"),
        ("distance=1e3", "distance"),
        ("distance=1000001", "distance"),
        ("cursor=x", "cursor"),
        ("cursor=9223372036854775808", "cursor"),
        ("page_size=0", "page_size"),
        ("page_size=501", "page_size"),
        ("page=2", "page"),
    ],
)
def test_a_bad_parameter_of_the_list_is_named(world, get, query, name):
    response = get(f"/readiness/?{query}")
    assert response.status_code == 400
    assert [each["name"] for each in response.json()["errors"]] == [name]


def test_a_clade_that_is_not_there_is_not_found(world, get):
    response = get("/readiness/?clade=5")
    assert response.json() == problem(404, "Not found", "clade: Taxon 5 is not in the data.")


# Every address


@pytest.mark.parametrize("address", ["/", "/inclusion/?taxon_id=5", "/readiness/"])
def test_without_data_the_answers_are_empty(db, get, address):
    response = get(address)
    assert response.status_code == 200
    assert response.json().get("results", []) == []
    assert response.json().get("data") is None


def test_data_of_a_rule_that_the_newest_refresh_left_out_come_from_the_one_before(world, get):
    Refresh.objects.filter(pk=world.pk).update(counts={"criteria": {"inat-2021": {}}})
    Refresh.objects.exclude(pk=world.pk).update(counts={"criteria": {"inat-2022": {}}})
    assert get("/readiness/?criteria=inat-2021").json()["data"]["as_of"] == "2026-11-01T06:30:00+00:00"
    assert get("/readiness/?criteria=inat-2022").json()["data"]["as_of"] == "2026-09-01T00:00:00+00:00"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_reads_can_only_be_read(world, client, method):
    response = getattr(client, method)("/api/v1/readiness/")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "address", ["/api/none/", "/api/v1/none/", "/api/v1/taxa/x/", "/api/v2/", "/api/v1/taxa/5", "/api/a%0Ab"]
)
def test_an_unknown_address_is_a_problem_document(db, client, address):
    response = client.get(address)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_media_type_that_is_not_given_here(world, get):
    response = get("/readiness/", Accept="image/png")
    assert response.status_code == 406
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_fault_of_ours_is_a_problem_document_without_its_reason(world, client, monkeypatch):
    monkeypatch.setattr("portal.taxa.queries.inclusion.standings", lambda *_: 1 / 0)
    client.raise_request_exception = False
    response = client.get("/api/v1/inclusion/?taxon_id=5")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json() == problem(
        500, "Server error", "Something broke on our side; it has been recorded."
    )


def test_readiness_is_the_rows_of_the_database(world, get):
    result = get("/readiness/?criteria=inat-2021").json()["results"]
    kept = {row.taxon_id: row.margin for row in Readiness.objects.filter(criteria="inat-2021")}
    assert {each["taxon_id"]: each["margin"] for each in result} == kept


def test_no_name_in_a_csv_answer_is_a_formula(world, get):
    Taxon.objects.filter(pk=120215).update(name="=1+1")
    (_, line) = get("/inclusion/?taxon_id=120215&format=csv").content.decode().splitlines()
    assert line.startswith("120215,'=1+1,Brown-belted Bumble Bee,species,")
    (_, line) = get("/readiness/?status=dropped&clade=52775&format=csv").content.decode().splitlines()
    assert ",-12," in line


def test_ranks_above_order_have_no_distance_from_the_line(world, get):
    Readiness.objects.filter(taxon_id__in=[48460, 47158]).update(status="short", margin=-3)
    ids = [row["taxon_id"] for row in get("/readiness/?distance=6").json()["results"]]
    assert ids == [48486, 57516, 120489]
    every = [row["taxon_id"] for row in get("/readiness/?status=short").json()["results"]]
    assert {48460, 47158} < set(every)


def test_addresses_begin_with_the_site_s_whatever_host_is_asked(world, client, settings):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://leafline.example.org", ["*"]
    host = {"host": "a.example.org"}
    site = "https://leafline.example.org/"
    assert client.get("/api/v1/taxa/57516/", headers=host).json()["taxon"]["url"] == f"{site}taxa/57516/"
    following = client.get("/api/v1/readiness/?page_size=1", headers=host).json()["next"]
    assert following == f"{site}api/v1/readiness/?cursor=1&page_size=1"
    assert all(each.startswith(site) for each in client.get("/api/v1/", headers=host).json().values())
