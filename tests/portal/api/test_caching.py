"""Conditional requests, shared caching, and reads from other sites."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.api import edition
from portal.lake.models import Refresh

READS = ["/", "/inclusion/?taxon_id=120215", "/taxa/57516/", "/readiness/?clade=52775"]


@pytest.mark.parametrize("address", READS)
def test_a_repeated_request_costs_no_query(world, get, django_assert_num_queries, address):
    first = get(address)
    with django_assert_num_queries(0):
        again = get(address, If_None_Match=first.headers["ETag"])
    assert again.status_code == 304
    assert again.content == b""
    names = ("ETag", "Last-Modified", "Cache-Control", "Vary")
    assert [again.headers[name] for name in names] == [first.headers[name] for name in names]
    assert first.headers["Last-Modified"] == "Sun, 01 Nov 2026 06:30:00 GMT"
    assert first.headers["Cache-Control"] == "public, max-age=60, stale-while-revalidate=600"


def test_what_varies_is_the_media_type_alone(world, get):
    assert {word.strip().lower() for word in get("/").headers["Vary"].split(",")} == {"accept", "origin"}


def test_a_proxy_may_weaken_the_tag(world, get):
    tag = get("/").headers["ETag"]
    assert get("/", If_None_Match=f'"other", W/{tag}').status_code == 304


def test_another_address_or_media_type_has_another_tag(world, get):
    requests = [
        ("/", {}),
        ("/readiness/", {}),
        ("/readiness/?clade=1", {}),
        ("/readiness/", {"Accept": "text/csv"}),
    ]
    tags = [get(address, **headers).headers["ETag"] for address, headers in requests]
    assert len(set(tags)) == len(tags)


def test_a_new_refresh_makes_the_tag_worthless(world, get):
    tag = get("/readiness/").headers["ETag"]
    later = Refresh.objects.get(pk=world.pk)
    later.pk, later.finished_at = None, world.finished_at + timedelta(days=1)
    later.save()
    edition.forget()
    response = get("/readiness/", If_None_Match=tag)
    assert response.status_code == 200
    assert response.headers["ETag"] != tag


def test_the_edition_is_looked_at_again_after_a_second(world, get, monkeypatch, django_assert_num_queries):
    tag = get("/").headers["ETag"]
    known, moment = edition._known[1], edition._known[0]
    monkeypatch.setattr(edition.time, "monotonic", lambda: moment + edition.KEPT_S + 0.1)
    with django_assert_num_queries(6):
        assert get("/", If_None_Match=tag).status_code == 304
    assert edition._known[1] is not known


def test_by_date_alone(world, get):
    assert get("/", If_Modified_Since="Sun, 01 Nov 2026 06:30:00 GMT").status_code == 304
    assert get("/", If_Modified_Since="Sun, 01 Nov 2026 06:29:59 GMT").status_code == 200
    assert get("/", If_Modified_Since="no date").status_code == 200


def test_head_gives_the_same_headers(world, client):
    head, whole = client.head("/api/v1/readiness/"), client.get("/api/v1/readiness/")
    assert head.content == b""
    for name in ("ETag", "Last-Modified", "Cache-Control", "Content-Type"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize("address", ["/readiness/?clade=x", "/taxa/5/", "/none/"])
def test_an_error_is_not_kept(world, get, address):
    response = get(address)
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers


def test_without_data_nothing_is_dated_and_a_repeated_request_is_known(db, get):
    first = get("/readiness/")
    assert "Last-Modified" not in first.headers
    assert get("/readiness/", If_None_Match=first.headers["ETag"]).status_code == 304
    edition.forget()
    Refresh.objects.create(
        state="done",
        started_at=timezone.now(),
        finished_at=timezone.now(),
        data_as_of=timezone.now(),
        lake_version=1,
    )
    assert get("/readiness/", If_None_Match=first.headers["ETag"]).status_code == 200


# Other sites


def test_any_site_may_read(world, get):
    response = get("/readiness/", Origin="https://example.org")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers


def preflight(client, address, method, headers=""):
    return client.options(
        address,
        headers={
            "Origin": "https://example.org",
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": headers,
        },
    )


def test_another_site_may_ask_whether_it_has_the_answer_already(db, client):
    response = preflight(client, "/api/v1/readiness/", "GET", "if-none-match")
    assert response.status_code == 200
    assert "if-none-match" in response.headers["Access-Control-Allow-Headers"]
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


def test_another_site_may_send_no_token(db, client):
    assert (
        "authorization"
        not in preflight(client, "/api/v1/readiness/", "GET", "authorization").headers[
            "Access-Control-Allow-Headers"
        ]
    )


@pytest.mark.parametrize("address", ["/api/v1/training-runs/", "/taxa/57516/", "/"])
def test_what_is_not_public_is_for_no_other_site(world, client, address):
    assert "Access-Control-Allow-Origin" not in preflight(client, address, "GET").headers
    response = client.get(address, headers={"Origin": "https://example.org"})
    assert "Access-Control-Allow-Origin" not in response.headers
