"""Choosing groups and places, and the pages that follow."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.batches.models import BatchRow
from portal.hotspots.models import PlacedLabel
from portal.interests.choices import Choice
from portal.interests.models import Interests
from portal.interests.queries import COOKIE
from portal.taxa.models import Taxon
from portal.taxa.queries.mine import mine
from tests.portal.hotspots.findings import CARNARIA, IMPATIENS
from tests.portal.taxa.test_views import words

PAGE = "/my-groups/"
FLIES, BEES, BEETLES, SARCOPHAGA = 47822, 52775, 48486, 120489
CRITERIA = "inat-2022"


def listed(client, address):
    """The hotspots that a page lists."""
    return [
        int(result)
        for result in re.findall(r'href="/hotspots/(\d+)/[^"]*"', client.get(address).content.decode())
    ]


def choose(client, **values):
    return client.post(PAGE, values, follow=True)


def test_without_an_account_a_cookie_keeps_what_was_chosen_and_pages_follow(hotspots, client):
    text = words(choose(client, clade="flies"))
    assert "Flies Diptera Remove Diptera" in text
    cookie = client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 365 * 24 * 3600)
    assert Interests.objects.count() == 0
    assert set(listed(client, "/hotspots/")) == {CARNARIA}
    assert set(listed(client, "/hotspots/?everything=1")) >= {CARNARIA, IMPATIENS}
    # What the address names goes before it, and another reader has another page.
    assert set(listed(client, "/hotspots/?clade=Bombus")) == {IMPATIENS}
    assert "Cookie" in client.get("/hotspots/")["Vary"]
    assert "1001" not in words(client.get("/hotspots/worklist/"))
    assert "Common Eastern" not in client.get("/readiness/?tab=included").content.decode()
    for page in ("/", "/hotspots/", "/hotspots/worklist/", "/readiness/"):
        text = words(client.get(page))
        assert "Only my groups and places: Flies" in text, page
        assert "Show everything" in text, page
    assert "Everything is shown. Only my groups and places" in words(client.get("/readiness/?everything=1"))


def test_where_things_stand_and_what_changed_are_of_my_groups(hotspots, client):
    """The world has three classes: two bumble bees, of which one is new, and the flesh flies' genus."""
    at_first = client.get("/").context
    assert (at_first["tabs"]["included"], [one.taxon.name for one in at_first["changes"]]) == (
        3,
        ["Bombus terrestris"],
    )
    choose(client, clade="Flies")
    page = client.get("/")
    assert page.context["tabs"] == {"near": 0, "losing": 1, "included": 1, "dropped": 0}
    assert "In your groups no class was gained or lost at the last counts." in words(page)
    assert page.context["curve"] is not None
    choose(client, clade=str(BEES))
    both = client.get("/")
    assert both.context["tabs"]["included"] == 3
    assert [one.taxon.name for one in both.context["changes"]] == ["Bombus terrestris"]
    assert both.context["curve"] is None, "there is a curve of one group or of everything"
    assert client.get("/?everything=1").context["tabs"] == at_first["tabs"]


def test_the_front_page_of_my_groups_keeps_to_the_budget(hotspots, client):
    for clade in ("Flies", str(BEES), str(BEETLES)):
        choose(client, clade=clade)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        client.get("/")
    assert len(captured) <= 17


def test_places_narrow_by_where_there_is_something_to_review(hotspots, client):
    placed = PlacedLabel.objects.filter(criteria=CRITERIA, place="US-MA")
    assert placed.values_list("tree_left", "entries").get() == (11, 35)
    choose(client, place="Massachusetts")
    assert set(listed(client, "/hotspots/")) == {IMPATIENS}
    assert set(listed(client, "/hotspots/?place=Spain")) == set()
    assert set(listed(client, "/hotspots/?place=United States")) == {IMPATIENS}
    assert set(listed(client, "/hotspots/?place=asia")) == set()
    assert client.get("/hotspots/worklist/").context["page"].paginator.count == 35
    assert client.get("/hotspots/worklist/?place=US-CA").context["page"].paginator.count == 0
    assert "Place: “Narnia” is left out: write a continent, a country" in words(
        client.get("/hotspots/?place=Narnia")
    )
    assert client.get(f"/hotspots/{IMPATIENS}/?place=US").context["page"].paginator.count == 35
    # Readiness counts observations everywhere.
    assert "Only my groups and places" not in words(client.get("/readiness/"))


def test_an_account_keeps_them_in_every_browser(hotspots, client, django_user_model):
    choose(client, clade="Flies")
    user = django_user_model.objects.create_user("anna")
    client.force_login(user)
    # The cookie counts until the account has a choice of its own.
    assert set(listed(client, "/hotspots/")) == {CARNARIA}
    choose(client, clade=str(BEES))
    row = Interests.objects.get()
    assert (row.user_id, row.groups, row.places) == (user.pk, [str(FLIES), str(BEES)], [])
    assert not client.cookies[COOKIE].value
    choose(client, remove_group=str(FLIES))
    assert set(listed(client, "/hotspots/")) == {IMPATIENS}
    choose(client, forget="1")
    assert set(listed(client, "/hotspots/")) >= {CARNARIA, IMPATIENS}


def test_a_batch_is_of_my_groups_and_places(hotspots, client):
    choose(client, clade="Flies", place="US")
    page = client.get("/hotspots/worklist/?everything=1").content.decode()
    assert 'name="query" value="everything=1"' in page
    choose(client, remove_group=str(FLIES))
    page = client.get("/hotspots/worklist/").content.decode()
    assert 'name="query" value="places=US"' in page
    client.post("/batches/take/", {"query": f"groups={BEES}&places=US-MA"}, follow=True)
    assert set(BatchRow.objects.values_list("label_taxon_id", flat=True)) == {IMPATIENS}


def test_what_cannot_be_chosen_is_said(hotspots, client):
    assert "No taxon is called “Unicorns”." in words(choose(client, clade="Unicorns\x00"))
    assert "No place is called “Narnia”." in words(choose(client, place="Narnia"))
    for code in ("AT", "BE", "CR", "DE", "ES", "FR", "GB", "HU", "IT", "JP", "KE", "LU"):
        choose(client, place=code)
    assert "There is room for 12" in words(choose(client, place="MX"))
    assert "None chosen: all of life is shown." in words(client.get(PAGE))
    client.cookies[COOKIE] = client.cookies[COOKIE].value + "x"
    assert "None chosen: observations from anywhere are shown." in words(client.get(PAGE))


def test_feeds_and_files_carry_them_in_their_address(hotspots, client):
    choose(client, clade="Flies", place="africa")
    page = client.get("/hotspots/").content.decode()
    assert f'href="/feeds/hotspots.atom?groups={FLIES}&amp;places=africa"' in page
    client.cookies.clear()
    feed = client.get(f"/feeds/hotspots.atom?groups={FLIES}").content.decode()
    assert "Hotspots in Flies" in feed
    assert feed.count("<entry>") == 1
    assert client.get(f"/hotspots/worklist.csv?groups={FLIES}").getvalue().decode().count("\n") == 2
    assert "Only my groups and places: Flies" in words(client.get(f"/hotspots/?groups={FLIES}"))
    assert client.get("/hotspots/?groups=,,999999999999999999999,x&places=,y").status_code == 200


def test_nested_groups_are_one_and_unknown_ones_none(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        result = mine(Choice((str(FLIES), str(SARCOPHAGA), str(BEETLES))), CRITERIA)
    assert result.spans == ((4, 7), (13, 15))
    assert result.choice == Choice((str(FLIES), str(SARCOPHAGA), str(BEETLES)))
    with django_assert_num_queries(0):
        assert not mine(Choice(), CRITERIA)
    bare = mine(Choice(("900003", "12345", "no such")), CRITERIA)
    assert (bare.clades, bare.spans) == ((Taxon.objects.get(pk=900003),), ())


@pytest.mark.parametrize("name", ["", "anna"])
def test_a_choice_costs_few_queries(hotspots, client, django_user_model, name):
    if name:
        client.force_login(django_user_model.objects.create_user(name))
    for page in ("/", "/hotspots/", "/hotspots/worklist/", "/readiness/"):
        everything = queries_of(client, page)
        choose(client, clade="Flies", place="US")
        assert queries_of(client, page) <= everything + 4, page
        choose(client, forget="1")


def queries_of(client, page):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200
    return len(captured)
