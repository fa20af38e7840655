import gzip

import pytest
from django.conf import settings
from django.http import HttpResponse

from portal.middleware import PageCompression, percentages, policy


def test_pages_come_with_a_policy_that_allows_this_server_and_photos_only(client, world):
    response = client.get("/")
    assert response.status_code == 200
    sent = response.headers["Content-Security-Policy"]
    assert sent == policy(settings.PHOTO_URL)
    assert "unsafe" not in sent
    assert sent.count("http") == 1
    assert "img-src 'self' data: https://inaturalist-open-data.s3.amazonaws.com;" in sent


def test_a_mirror_of_photos_is_named_by_its_host_alone():
    assert "img-src 'self' data: http://mirror.example:8080;" in policy(
        "http://mirror.example:8080/some/folder"
    )


def test_without_photos_no_other_host_is_allowed(client, world, settings):
    settings.PHOTO_URL = ""
    assert "http" not in client.get("/").headers["Content-Security-Policy"]


def test_errors_come_with_the_policy_too(client, db):
    response = client.get("/no-such-page/")
    assert response.status_code == 404
    assert response.headers["Content-Security-Policy"] == policy(settings.PHOTO_URL)


def test_pages_cannot_be_framed_or_sniffed(client, world):
    headers = client.get("/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_pages_are_packed_for_whoever_takes_it(client, world):
    packed = client.get("/methods/", headers={"accept-encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(packed.content) == client.get("/methods/").content


@pytest.mark.parametrize(
    ("content_type", "is_packed"),
    [
        ("text/html; charset=utf-8", True),
        ("application/atom+xml; charset=utf-8", True),
        ("text/calendar; charset=utf-8", True),
        ("application/json", False),
        ("text/csv", False),
        ("application/vnd.apache.parquet", False),
    ],
)
def test_pages_feeds_and_calendars_are_packed_and_nothing_else(rf, content_type, is_packed):
    answer = PageCompression(lambda request: HttpResponse("leaf " * 1_000, content_type=content_type))
    packed = answer(rf.get("/", headers={"accept-encoding": "gzip"}))
    assert ("Content-Encoding" in packed.headers) == is_packed


def test_what_programs_ask_for_is_not_packed(client, world):
    response = client.get("/api/v1/readiness/", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize(
    ("kind", "body", "sent"),
    [
        ("text/html", "<b>5</b> %, 90 % of 100 %s", "<b>5</b>\xa0%, 90\xa0% of 100\xa0%s"),
        (
            "text/html",
            "<pre>5 %</pre> <textarea>5 %</textarea> 5 %",
            "<pre>5 %</pre> <textarea>5 %</textarea> 5\xa0%",
        ),
        ("text/csv", "5 %", "5 %"),
    ],
)
def test_no_line_of_a_page_begins_with_the_sign_of_a_percentage(kind, body, sent, rf):
    respond = percentages(lambda request: HttpResponse(body, content_type=kind))
    assert respond(rf.get("/")).content.decode() == sent
