"""What a first visit to each page fetches from here: compressed bytes, and requests. Nothing is timed."""

import pytest
from django.contrib.auth import get_user_model

from tests.portal.doors import PAGES, ROLES
from tests.portal.weights import BUDGET, LARGER, heavier, weight


@pytest.mark.parametrize("reader", ["stranger", "staff"])
def test_every_page_keeps_to_its_budget(client, public, reader):
    if reader == "staff":
        client.force_login(get_user_model().objects.create_superuser("anna"))
    weights = {}
    for door in PAGES:
        if door.statuses[ROLES.index(reader)] == 200:
            weights[door.path] = weight(client.get(door.path.format(**public)).content)
    assert len(weights) > 35
    assert {path: over for path, one in weights.items() if (over := heavier(path, one))} == {}


def test_a_larger_budget_is_for_a_page_that_needs_it(client, public):
    """One that fits into the common budget has no line of its own."""
    for path in LARGER:
        page = weight(client.get(path.format(**public)).content)
        assert any(page[kind] > most for kind, most in BUDGET.items()), path


def test_what_a_page_weighs_is_read_off_its_html():
    html = b"""<link rel="stylesheet" href="/static/leafline/api.css">
    <script src="/static/leafline/copy.js" defer></script>
    <script src="/static/leafline/copy.js"></script><link rel="alternate" href="/feeds/cutoffs.atom">
    <svg><use href="/static/leafline/icons.svg#bee"/></svg><img src="https://example.org/photo.jpg">"""
    page = weight(html)
    assert page["requests"] == 1 + 3
    assert 0 < page["script"] < 511
    assert 0 < page["style"] < 1226
    assert page["document"] < len(html)
