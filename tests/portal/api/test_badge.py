"""Badges: one for each way a taxon can stand."""

from xml.etree import ElementTree

import pytest

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def badge(client):
    return lambda taxon_id: client.get(f"/taxa/{taxon_id}/badge.svg")


@pytest.mark.parametrize(
    ("taxon_id", "words"),
    [
        (57516, "included"),
        (120215, "unused, short by 12"),
        (900001, "rolled up into a wider class, short by 45"),
        (48484, "not enough data, short by at most 12"),
        (52775, "has classes below it"),
        (900002, "not eligible"),
        (900003, "no data"),
    ],
)
def test_a_badge_says_in_words_how_a_taxon_stands(world, badge, taxon_id, words):
    response = badge(taxon_id)
    assert response.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    drawn = ElementTree.fromstring(response.content)
    assert [text.text for text in drawn.iter(f"{SVG}text")] == ["iNaturalist model", words]
    assert drawn.get("aria-label") == f"iNaturalist model: {words}"
    assert drawn.find(f"{SVG}title").text == f"iNaturalist model: {words} (2026-11-01)"


def test_a_badge_is_cached_like_the_rest(world, client, badge, django_assert_num_queries):
    tag = badge(57516).headers["ETag"]
    with django_assert_num_queries(0):
        again = client.get("/taxa/57516/badge.svg", headers={"If-None-Match": tag})
    assert again.status_code == 304


@pytest.mark.parametrize("taxon_id", [0, 5, 2**63, 10**40])
def test_an_unknown_taxon_has_no_badge(world, badge, taxon_id):
    assert badge(taxon_id).status_code == 404


def test_a_badge_takes_no_parameter(world, client):
    assert client.get("/taxa/57516/badge.svg?format=svg").status_code == 400


def test_a_badge_can_be_shown_anywhere(world, badge):
    assert "Cross-Origin-Resource-Policy" not in badge(57516).headers
