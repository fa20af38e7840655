"""Whatever tells of blitzes tells each person only what that person may know."""

import pytest
from django.contrib.auth.models import AnonymousUser

from portal.api import edition
from portal.blitzes import queries
from portal.blitzes.models import Blitz
from portal.blitzes.states import SHOWN, State
from tests.portal.blitzes.conftest import BOMBUS

AUDIENCES = ("none", "public", "identifiers", "staff")
KNOWN = {
    "nobody": {"none", "public"},
    "member": {"none", "public"},
    "identifier": {"none", "public", "identifiers"},
    "staff": {"none", "public", "identifiers", "staff"},
}
PERMISSIONS = {
    "member": [],
    "identifier": ["know_identifiers_cutoffs"],
    "staff": ["view_cutoff", "review_blitz"],
}


def title(audience):
    return f"Blitz for {audience}"


@pytest.fixture
def blitzes(at_state, make_cutoff, person):
    """One under way for a cutoff of each audience, and one for none."""
    made = {}
    for audience in AUDIENCES:
        cutoff = None if audience == "none" else make_cutoff(name=f"Cutoff {audience}", audience=audience)
        by = person(f"proposer {audience}")
        made[audience] = at_state(State.RUNNING, by=by, cutoff=cutoff, title=title(audience))
    return made


@pytest.fixture(params=KNOWN)
def who(request, person, client):
    """Each kind of person, signed in; gives the person and what that person may know."""
    if request.param == "nobody":
        return AnonymousUser(), KNOWN["nobody"]
    user = person(request.param, *PERMISSIONS[request.param])
    client.force_login(user)
    return user, KNOWN[request.param]


def told(response, blitzes):
    """Whose titles or addresses an answer holds."""
    text = response.content.decode()
    return {
        audience
        for audience, blitz in blitzes.items()
        if blitz.title in text or f"/blitzes/{blitz.pk}/" in text
    }


def test_the_query_behind_every_door(who, blitzes):
    viewer, known = who
    assert {blitz.title for blitz in queries.visible_to(viewer)} == {title(name) for name in known}


PAGES = ("/", "/blitzes/", "/taxa/118970/", "/hotspots/118970/", "/cutoffs/", "/search/?q=blitz")


def test_pages_tell_what_one_may_know(who, blitzes, client, subtests):
    """The list and the hotspot tell all of it; the sitemap what is public, whoever asks."""
    _, known = who
    for address in PAGES:
        with subtests.test(address):
            answered = client.get(address)
            assert (answered.status_code, told(answered, blitzes) - known) == (200, set())
    assert told(client.get("/blitzes/"), blitzes) == known
    assert told(client.get("/hotspots/118970/"), blitzes) == known
    assert told(client.get("/sitemap.xml"), blitzes) == {"none", "public"}
    for audience, blitz in blitzes.items():
        if blitz.cutoff:
            result = told(client.get(f"/cutoffs/{blitz.cutoff_id}/"), blitzes)
            assert result == ({audience} if audience in known else set())


def test_what_one_may_not_know_is_not_there(who, blitzes, client, subtests):
    _, known = who
    for audience in set(AUDIENCES) - known:
        for tail in ("", "claim/", "do/cancel/"):
            with subtests.test(f"{audience} {tail}"):
                send = client.post if tail else client.get
                response = send(f"/blitzes/{blitzes[audience].pk}/{tail}")
                guess = send(f"/blitzes/999999/{tail}")
                assert response.status_code == guess.status_code == 404
                assert title(audience) not in response.content.decode()


def test_the_api_tells_what_is_public_whoever_asks(who, blitzes, client, subtests):
    edition.forget()
    for address in ("/blitzes/", f"/blitzes/?clade={BOMBUS}", "/blitzes/?format=csv"):
        with subtests.test(address):
            assert told(client.get(f"/api/v1{address}"), blitzes) == {"none", "public"}
    for audience, blitz in blitzes.items():
        response = client.get(f"/api/v1/blitzes/{blitz.pk}/")
        assert response.status_code == (200 if audience in ("none", "public") else 404)


def test_what_is_not_public_moves_no_tag_of_the_api(client, at_state, make_cutoff):
    cutoff = make_cutoff(audience="identifiers")
    edition.forget()
    before = client.get("/api/v1/blitzes/").headers["ETag"]
    at_state(State.RUNNING, cutoff=cutoff)
    edition.forget()
    assert client.get("/api/v1/blitzes/").headers["ETag"] == before


def test_only_cutoffs_that_one_may_know_can_be_chosen(who, blitzes, client):
    viewer, known = who
    if viewer.is_anonymous:
        assert client.get("/blitzes/new/").url == "/accounts/sign-in/?next=/blitzes/new/"
        return
    text = client.get("/blitzes/new/").content.decode()
    assert {audience for audience in AUDIENCES if f"Cutoff {audience}" in text} == known - {"none"}


@pytest.mark.parametrize("state", State)
def test_what_is_not_approved_is_its_proposer_s_and_the_reviewers_alone(at_state, client, person, ida, state):
    blitz = at_state(state)
    people = {"ida": ida, "ben": person("ben"), "reviewer": person("rita", "review_blitz")}
    result = {name for name, user in people.items() if queries.visible_to(user).exists()}
    assert result == ({"ida", "ben", "reviewer"} if state in SHOWN else {"ida", "reviewer"})
    client.force_login(people["ben"])
    assert client.get(f"/blitzes/{blitz.pk}/").status_code == (200 if state in SHOWN else 404)
    edition.forget()
    in_api = [row["id"] for row in client.get("/api/v1/blitzes/").json()["results"]]
    assert in_api == ([blitz.pk] if state in SHOWN else [])


def test_a_reviewer_who_may_not_know_the_cutoff_knows_of_no_proposal_for_it(propose, make_cutoff, person):
    propose(cutoff=make_cutoff(audience="staff"))
    rita = person("rita", "review_blitz")
    assert queries.waiting(rita) == []
    assert Blitz.objects.count() == 1
