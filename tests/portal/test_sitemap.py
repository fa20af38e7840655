"""What search engines are told, and what they are kept from."""

from xml.etree import ElementTree

import pytest

from portal import sitemap
from tests.portal.cutoffs.conftest import announced, draft
from tests.portal.hotspots.findings import CARNARIA, IMPATIENS

__all__ = ["announced", "draft"]
SPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
TEXTS = [
    "/blitzes/",
    "/cutoffs/",
    "/about/",
    "/methods/",
    "/policy/",
    "/training/one-or-many/",
    "/api/",
    "/api/docs/",
    "/subscribe/",
    "/status/",
]


def listed(client):
    """Each address with when it last changed, as the sitemap tells."""
    response = client.get("/sitemap.xml")
    assert response["Content-Type"] == "application/xml"
    tree = ElementTree.fromstring(response.content)
    return {
        url.findtext("s:loc", namespaces=SPACE).removeprefix("http://testserver"): url.findtext(
            "s:lastmod", namespaces=SPACE
        )
        for url in tree.findall("s:url", SPACE)
    }


def test_the_sitemap_lists_pages_public_cutoffs_and_the_worst_hotspots(hotspots, announced, draft, client):
    cutoff = announced()
    announced(audience="identifiers")
    draft()
    result = listed(client)
    assert result == {
        **dict.fromkeys(["/", "/readiness/", "/hotspots/", "/hotspots/worklist/"], "2026-11-01"),
        **dict.fromkeys(TEXTS),
        f"/cutoffs/{cutoff.pk}/": "2026-12-01",
        **{f"/hotspots/{taxon_id}/": None for taxon_id in (IMPATIENS, CARNARIA)},
    }
    for address in result:
        assert client.get(address).status_code == 200


def test_only_the_worst_hotspots_are_listed(hotspots, client, monkeypatch):
    monkeypatch.setattr(sitemap, "HOTSPOTS", 1)
    assert [address for address in listed(client) if address.startswith("/hotspots/1")] == [
        f"/hotspots/{IMPATIENS}/"
    ]


def test_an_empty_portal_has_a_sitemap(db, client):
    assert set(listed(client)) == {"/", "/readiness/", "/hotspots/", "/hotspots/worklist/", *TEXTS}


def test_the_sitemap_asks_the_database_as_often_for_many_as_for_one(
    hotspots, announced, client, django_assert_max_num_queries
):
    for _ in range(5):
        announced()
    with django_assert_max_num_queries(7):
        client.get("/sitemap.xml")


@pytest.mark.parametrize("address", ["/sitemap.xml", "/robots.txt"])
def test_robots_keep_it_for_an_hour(db, client, address):
    assert client.get(address)["Cache-Control"] == "public, max-age=3600"


def test_robots_are_told_of_the_sitemap_and_kept_from_what_is_not_for_them(db, client):
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    lines = response.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert "Disallow: /subscriptions/" in lines
    assert lines[-1] == "Sitemap: http://testserver/sitemap.xml"


def test_addresses_begin_with_the_site_s_whatever_host_is_asked(db, client, settings):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://leafline.example.org", ["*"]
    answers = [
        client.get(path, headers={"host": "a.example.org"}) for path in ("/sitemap.xml", "/robots.txt")
    ]
    tree = ElementTree.fromstring(answers[0].content)
    addresses = [element.text for element in tree.iterfind("s:url/s:loc", SPACE)]
    assert all(address.startswith("https://leafline.example.org/") for address in addresses)
    assert answers[1].content.decode().endswith("Sitemap: https://leafline.example.org/sitemap.xml\n")
