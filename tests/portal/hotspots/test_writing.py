"""What people write beside worklists: notes on two taxa, and searches that they keep."""

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError

from portal.hotspots import services
from portal.hotspots.models import NoteState, PairNote, SavedSearch
from portal.hotspots.wording import linked
from tests.portal.hotspots.findings import GRISEOCOLLIS, IMPATIENS, TERRESTRIS
from tests.portal.taxa.test_views import links, words

PAIR = f"/hotspots/{IMPATIENS}/or/{GRISEOCOLLIS}/"
TEXT = "Look at the second <b>segment</b>: https://example.org/bees?a=1&b=2."


@pytest.fixture
def author(django_user_model):
    return django_user_model.objects.create_user("maria")


@pytest.fixture
def written(hotspots, author):
    """A note that waits."""
    return services.write_note((IMPATIENS, GRISEOCOLLIS), TEXT, by=author)


def shown(client, address=PAIR):
    return "Look at the second" in words(client.get(address))


def test_a_note_waits_until_somebody_has_read_it(hotspots, client, admin_client, author):
    client.force_login(author)
    sent = client.post(PAIR, {"text": TEXT}, follow=True)
    assert "Others see your note once somebody has read it." in words(sent)
    assert "maria" in words(sent)
    assert "waiting" in words(sent)
    client.logout()
    assert not shown(client)
    note = PairNote.objects.get()
    assert (note.low_taxon_id, note.high_taxon_id, note.state) == (IMPATIENS, GRISEOCOLLIS, "pending")
    listed = admin_client.get("/admin/hotspots/pairnote/")
    assert "Look at the second" in listed.content.decode()
    chosen = {"action": "approve", "_selected_action": [note.pk]}
    assert admin_client.post("/admin/hotspots/pairnote/", chosen).status_code == 302
    note.refresh_from_db()
    assert (note.state, note.decided_by.username) == ("approved", "admin")
    for address in (
        PAIR,
        f"/hotspots/{GRISEOCOLLIS}/or/{IMPATIENS}/",
        f"/hotspots/{IMPATIENS}/",
        "/hotspots/worklist/",
    ):
        assert shown(client, address), address
    assert not shown(client, f"/hotspots/{IMPATIENS}/or/{TERRESTRIS}/")


def test_the_desk_says_how_many_notes_wait(written, client, django_user_model):
    staff = django_user_model.objects.create_user("staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_cutoff"))
    client.force_login(staff)
    assert "to read" not in words(client.get("/cutoffs/desk/"))
    staff.user_permissions.add(Permission.objects.get(codename="moderate_note"))
    desk = client.get("/cutoffs/desk/")
    assert "1 note on two taxa to read" in words(desk)
    assert "/admin/hotspots/pairnote/?state__exact=pending" in links(desk)
    services.decide_notes(PairNote.objects.all(), NoteState.APPROVED, by=staff)
    assert "No note on two taxa waits." in words(client.get("/cutoffs/desk/"))


def test_what_was_declined_is_seen_by_its_author_alone(written, client, author):
    services.decide_notes(PairNote.objects.all(), NoteState.DECLINED, by=author)
    assert not shown(client)
    client.force_login(author)
    assert "declined" in words(client.get(PAIR))


def test_only_who_may_moderates(written, client, django_user_model):
    reader = django_user_model.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_pairnote"))
    client.force_login(reader)
    chosen = {"action": "approve", "_selected_action": [written.pk]}
    client.post("/admin/hotspots/pairnote/", chosen)
    written.refresh_from_db()
    assert written.state == "pending"


def test_the_author_takes_a_note_back_and_nobody_else(written, client, author, django_user_model):
    client.force_login(django_user_model.objects.create_user("other"))
    assert client.post(f"/hotspots/notes/{written.pk}/withdraw/").status_code == 404
    assert PairNote.objects.exists()
    client.force_login(author)
    assert client.post(f"/hotspots/notes/{written.pk}/withdraw/")["Location"] == PAIR
    assert not PairNote.objects.exists()


def test_addresses_become_links_and_nothing_else_does():
    assert linked(TEXT) == (
        "Look at the second &lt;b&gt;segment&lt;/b&gt;: "
        '<a href="https://example.org/bees?a=1&amp;b=2" rel="nofollow ugc external">'
        "https://example.org/bees?a=1&amp;b=2</a>."
    )
    for text in ("javascript:alert(1)", "ftp://example.org", "mail@example.org", "www.example.org"):
        assert linked(text) == text


@pytest.mark.parametrize("text", ["", "short", "x" * 2001, " " * 50])
def test_a_note_is_neither_empty_nor_endless(hotspots, client, author, text):
    client.force_login(author)
    page = client.post(PAIR, {"text": text})
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()
    assert not PairNote.objects.exists()


def test_nobody_writes_without_an_account_or_without_end(hotspots, client, author):
    assert client.post(PAIR, {"text": TEXT}).status_code == 403
    assert "Sign in to write a note" in words(client.get(PAIR))
    client.force_login(author)
    statuses = [client.post(PAIR, {"text": f"{TEXT} {number}"}).status_code for number in range(11)]
    assert statuses == [302] * 10 + [429]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"/hotspots/{IMPATIENS}/or/5/", 404),
        (f"/hotspots/5/or/{IMPATIENS}/", 404),
        (f"/hotspots/{IMPATIENS}/or/{10**30}/", 404),
        (f"/hotspots/{IMPATIENS}/or/{IMPATIENS}/", 302),
    ],
)
def test_a_pair_is_of_two_taxa(hotspots, client, address, status):
    assert client.get(address).status_code == status


def test_both_directions_are_one_pair(written, author):
    with pytest.raises(IntegrityError):
        PairNote.objects.filter(pk=written.pk).update(low_taxon_id=GRISEOCOLLIS + 1)


# Saved searches


def test_a_search_is_kept_for_its_person_alone(hotspots, client, author, django_user_model):
    client.force_login(author)
    query = "place=europe&disputed=1"
    assert 'value="Europe, Disputed"' in client.get(f"/hotspots/worklist/?{query}").content.decode()
    saved = client.post("/hotspots/worklist/save/", {"name": "Mine", "query": "disputed=1&place=europe"})
    assert saved["Location"] == f"/hotspots/worklist/?{query}"
    client.post("/hotspots/worklist/save/", {"name": "Renamed", "query": query})
    page = client.get("/hotspots/worklist/")
    assert "Saved searches (1) Renamed By mail (Renamed) Remove" in words(page)
    assert f"?{query}" in links(page)
    other = django_user_model.objects.create_user("other")
    kept = SavedSearch.objects.get()
    services.forget_search(kept.pk, by=other)
    client.force_login(other)
    assert "Renamed" not in words(client.get("/hotspots/worklist/"))
    client.force_login(author)
    client.post(f"/hotspots/worklist/saved/{kept.pk}/remove/")
    assert not SavedSearch.objects.exists()


@pytest.mark.parametrize("form", [{"name": "", "query": ""}, {"name": "x", "query": "grade=none"}, {}])
def test_what_cannot_be_read_is_not_kept(hotspots, client, author, form):
    client.force_login(author)
    page = client.post("/hotspots/worklist/save/", form, follow=True)
    assert "Give the search a name" in words(page)
    assert not SavedSearch.objects.exists()


def test_a_person_keeps_so_many(hotspots, client, author, monkeypatch):
    monkeypatch.setattr(services, "MOST_SAVED", 1)
    client.force_login(author)
    client.post("/hotspots/worklist/save/", {"name": "one", "query": "disputed=1"})
    page = client.post("/hotspots/worklist/save/", {"name": "two", "query": "suggested=1"}, follow=True)
    assert "You keep 1 searches: remove one first." in words(page)
