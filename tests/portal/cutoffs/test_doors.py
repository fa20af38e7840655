"""Whatever tells of cutoffs tells each person only what that person may know."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from portal.accounts.feed_keys import key_of
from portal.accounts.models import Identity
from portal.cutoffs import queries, services
from portal.cutoffs.states import State

NAMES = {
    "public": "Spring for all",
    "identifiers": "Spring for identifiers",
    "staff": "Spring for staff",
    "draft": "Spring in draft",
}
KNOWN = {
    "nobody": {"public"},
    "member": {"public"},
    "identifier": {"public", "identifiers"},
    "staff": {"public", "identifiers", "staff", "draft"},
}
PERMISSIONS = {"member": [], "identifier": ["know_identifiers_cutoffs"], "staff": ["view_cutoff"]}


@pytest.fixture
def cutoffs(draft, announced):
    """One cutoff for each audience, and a draft."""
    made = {
        audience: announced(name=NAMES[audience], audience=audience)
        for audience in NAMES
        if audience != "draft"
    }
    return made | {"draft": draft(name=NAMES["draft"])}


@pytest.fixture(params=KNOWN)
def who(request, person, client):
    """Each kind of person, signed in; gives the person and what that person may know."""
    if request.param == "nobody":
        return AnonymousUser(), KNOWN["nobody"]
    user = person(request.param, *PERMISSIONS[request.param])
    client.force_login(user)
    return user, KNOWN[request.param]


def told(text, cutoffs):
    """Whose names or addresses a text holds."""
    return {
        audience
        for audience, cutoff in cutoffs.items()
        if cutoff.name in text or f"/cutoffs/{cutoff.pk}/" in text or str(cutoff.uid) in text
    }


def plain(response):
    return response.content.decode().replace("\r\n ", "")


def test_the_query_behind_every_door(who, cutoffs):
    viewer, known = who
    assert {cutoff.name for cutoff in queries.visible_to(viewer)} == {NAMES[name] for name in known}


@pytest.mark.parametrize("address", ["/cutoffs/", "/", "/search/?q=spring"])
def test_pages(who, cutoffs, client, world, address):
    _, known = who
    answered = client.get(address)
    assert (answered.status_code, told(plain(answered), cutoffs) - known) == (200, set())


def test_the_sitemap_is_public_whoever_asks(who, cutoffs, client, world):
    assert told(plain(client.get("/sitemap.xml")), cutoffs) == {"public"}


def test_the_timeline_tells_all_that_one_may_know(who, cutoffs, client):
    _, known = who
    assert told(plain(client.get("/cutoffs/")), cutoffs) == known


@pytest.mark.parametrize("hidden", NAMES)
def test_home_shows_the_next_one_to_those_who_may_know(who, announced, draft, client, world, hidden):
    _, known = who
    make = draft if hidden == "draft" else announced
    make(name=NAMES[hidden], audience="public" if hidden == "draft" else hidden)
    assert (NAMES[hidden] in plain(client.get("/"))) == (hidden in known and hidden != "draft")


@pytest.mark.parametrize("tail", ["", "progress/", "files/manifest.json", "edit/", "do/cancel/"])
@pytest.mark.parametrize("audience", NAMES)
def test_what_one_may_not_know_is_not_there(who, cutoffs, client, audience, tail):
    """Others get what anybody gets who guesses a number, or tries a staff page: never its name."""
    _, known = who
    if audience in known:
        assert tail or client.get(f"/cutoffs/{cutoffs[audience].pk}/").status_code == 200
        return
    address = f"/cutoffs/{cutoffs[audience].pk}/{tail}"
    send = client.post if tail.startswith("do") else client.get
    response, guess = send(address), send(f"/cutoffs/999999/{tail}")
    assert response.status_code == guess.status_code
    assert response.status_code in (302, 403, 404)
    assert NAMES[audience] not in plain(response)


@pytest.mark.parametrize(
    "address", ["/feeds/cutoffs.ics", "/feeds/cutoffs.atom", "/feeds/cutoffs.atom?clade=52775"]
)
def test_feeds_without_a_key_are_public_whoever_asks(who, cutoffs, client, world, address):
    assert told(plain(client.get(address)), cutoffs) == {"public"}


@pytest.mark.parametrize("address", ["/feeds/cutoffs.ics", "/feeds/cutoffs.atom"])
def test_feeds_with_a_key_tell_what_its_owner_may_know(who, cutoffs, client, address):
    viewer, known = who
    if viewer.is_anonymous:
        return
    client.logout()
    text = plain(client.get(address, {"key": key_of(viewer)}))
    assert told(text, cutoffs) == known - {"draft"}


@pytest.mark.parametrize("address", ["/feeds/cutoffs.ics", "/feeds/cutoffs.atom"])
def test_a_key_that_is_wrong_or_old_is_refused(person, client, address):
    user = person("staff", "view_cutoff")
    old = key_of(user)
    user.set_password("another password")
    user.save()
    for key in (old, "x", f"{user.pk}-", "9" * 40 + "-00", "²-00", f"{user.pk}-é"):
        assert client.get(address, {"key": key}).status_code == 403
    assert client.get(address, {"key": key_of(user)}).status_code == 200
    user.is_active = False
    user.save()
    assert client.get(address, {"key": key_of(user)}).status_code == 403


def test_somebody_whose_account_was_closed_knows_what_everybody_knows(person, cutoffs):
    """Though they had made enough identifications, or were on the list."""
    for user in (person("busy"), person("listed", "know_identifiers_cutoffs")):
        Identity.objects.create(
            user=user, inat_id=user.pk, login="x", identifications=10**6, told_at=timezone.now()
        )
        known = set(queries.visible_to(user).values_list("audience", flat=True))
        assert known == {"public", "identifiers"}
        user.is_active = False
        user.save()
        closed = type(user).objects.get(pk=user.pk)
        assert set(queries.visible_to(closed).values_list("audience", flat=True)) == {"public"}


def test_a_cancelled_draft_stays_a_draft_to_others(draft, client):
    cutoff = services.cancel(draft(), "Never mind.", by=None)
    assert cutoff.state == State.CANCELLED
    assert client.get(f"/cutoffs/{cutoff.pk}/").status_code == 404
    assert cutoff.name not in plain(client.get("/feeds/cutoffs.atom"))
    assert str(cutoff.uid) not in plain(client.get("/feeds/cutoffs.ics"))
