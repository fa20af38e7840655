"""Which language an answer is in, and what caches are told of it."""

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from portal.languages import feed_query
from portal.notices.models import Subscription

SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}
CALENDAR = "/feeds/cutoffs.ics"


@pytest.fixture(autouse=True)
def english():
    """What a request activates stays active in its thread."""
    yield
    translation.deactivate()


def varies_by(response):
    return {word.strip() for word in response.headers.get("Vary", "").split(",")}


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        (SPANISH, "es"),
        ({"Accept-Language": "de"}, "en"),
        ({"Accept-Language": "de, es;q=0.1"}, "es"),
    ],
)
def test_a_page_speaks_the_language_that_the_browser_prefers(world, client, headers, language):
    response = client.get("/", headers=headers)
    assert f'<html lang="{language}">' in response.content.decode()
    assert response.headers["Content-Language"] == language
    assert {"Accept-Language", "Cookie"} <= varies_by(response)


def test_dates_and_numbers_are_written_as_the_language_does(world, client):
    text = client.get("/", headers=SPANISH).content.decode()
    assert "1 de noviembre de 2026" in text
    assert "1 November 2026" not in text
    assert "1 November 2026" in client.get("/").content.decode()


def test_the_choice_in_the_footer_stays_and_keeps_the_page(world, client):
    page = client.get("/readiness/?tab=included").content.decode()
    assert '<input type="hidden" name="next" value="/readiness/?tab=included">' in page
    assert '<b lang="en" aria-current="true">English</b>' in page
    assert 'name="language" value="es" lang="es">Español</button>' in page
    response = client.post("/language/", {"language": "es", "next": "/readiness/?tab=included"})
    assert (response.status_code, response["Location"]) == (302, "/readiness/?tab=included")
    cookie = client.cookies["django_language"]
    assert (cookie.value, cookie["max-age"], cookie["samesite"]) == ("es", 365 * 24 * 3600, "Lax")
    assert '<html lang="es">' in client.get("/").content.decode()


def test_a_language_that_there_is_not_and_an_address_elsewhere_do_nothing(world, client):
    response = client.post("/language/", {"language": "tlh", "next": "https://example.org/"})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert '<html lang="en">' in client.get("/").content.decode()


def test_somebody_who_only_reads_gets_no_cookie(world, client):
    client.get("/", headers=SPANISH)
    assert not client.cookies


@pytest.mark.parametrize(
    "address",
    ["/api/v1/taxa/57516/", "/api/v1/nothing/", "/api/nothing/", "/api/schema/", "/taxa/57516/badge.svg"],
)
def test_what_programs_read_is_english_whoever_asks(world, client, address):
    client.cookies["django_language"] = "es"
    response = client.get(address, headers=SPANISH)
    assert response.headers["Content-Language"] == "en"
    assert not {"Accept-Language", "Cookie"} & varies_by(response)
    client.cookies.clear()
    assert response.content == client.get(address).content


@pytest.mark.parametrize("address", [CALENDAR, "/feeds/cutoffs.atom", "/feeds/hotspots.atom"])
def test_the_address_of_a_feed_may_say_its_language(hotspots, client, address):
    response = client.get(f"{address}?lang=es")
    assert response.headers["Content-Language"] == "es"
    assert not {"Accept-Language", "Cookie"} & varies_by(response)
    assert client.get(address, headers=SPANISH).headers["Content-Language"] == "es"
    assert client.get(f"{address}?lang=en", headers=SPANISH).headers["Content-Language"] == "en"
    assert client.get(f"{address}?lang=tlh").headers["Content-Language"] == "en"


@pytest.mark.parametrize("address", ["/api/", "/api/docs/"])
def test_the_pages_about_the_api_speak_the_reader_s_language(world, client, address):
    assert '<html lang="es">' in client.get(address, headers=SPANISH).content.decode()


def test_a_worklist_s_file_is_the_same_for_everybody(hotspots, client):
    english, spanish = (client.get("/hotspots/worklist.csv", headers=given) for given in ({}, SPANISH))
    assert spanish.getvalue() == english.getvalue()
    assert spanish.headers["Content-Language"] == "en"


def test_a_fault_is_told_in_the_reader_s_language(client):
    with translation.override("es"):
        page = render_to_string("500.html")
    assert '<html lang="es">' in page
    assert "Algo falló por nuestra parte" in page


def test_a_page_s_address_does_not_say_its_language(world, client):
    assert client.get("/?lang=es").headers["Content-Language"] == "en"


def test_a_badge_in_each_language_has_its_own_tag(world, client):
    english, spanish = (client.get(f"/taxa/57516/badge.svg{query}") for query in ("", "?lang=es"))
    assert spanish.headers["Content-Language"] == "es"
    assert english.headers["ETag"] != spanish.headers["ETag"]
    assert client.get("/taxa/57516/badge.svg?lang=tlh").status_code == 400


@pytest.mark.parametrize(
    ("language", "values", "query"),
    [("en", {}, ""), ("en", {"key": "a"}, "?key=a"), ("es", {"key": "a"}, "?key=a&lang=es")],
)
def test_addresses_of_feeds_that_are_handed_out_say_the_reader_s_language(language, values, query):
    with translation.override(language):
        assert feed_query(**values) == query


def test_who_asks_for_mails_gets_them_in_the_language_of_the_page_unless_another_is_chosen(db, client):
    requested = {"phases": ["announced"], "email": "bo@example.org"}
    client.post("/subscribe/", requested, headers=SPANISH)
    client.post("/subscribe/", requested | {"email": "di@example.org", "language": "en"}, headers=SPANISH)
    assert dict(Subscription.objects.values_list("email", "language")) == {
        "bo@example.org": "es",
        "di@example.org": "en",
    }
