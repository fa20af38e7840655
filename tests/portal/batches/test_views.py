"""Pages of batches: anybody takes one, answers rows without scripts, and reads a private receipt."""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.batches import visitors
from portal.batches.models import Answer, Batch, Holder, Tally
from portal.batches.services import taking
from portal.hotspots.queries import worklists
from tests.portal.batches.conftest import DAY, HOUR
from tests.portal.test_languages import english

__all__ = ["english"]
BUMBLE_BEES = {"query": "clade=52775"}


@pytest.fixture(autouse=True)
def nobody_came_before():
    """Let no test find the counters of the one before it."""
    cache.clear()


def text_of(response):
    """What a page says, blanks put together."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


@pytest.fixture
def taken(hotspots, client):
    """The page of a batch that a browser without an account took; gives the batch."""
    response = client.post("/batches/take/", BUMBLE_BEES)
    batch = Batch.objects.get()
    assert response.url == f"/batches/{batch.pk}/"
    return batch


def test_a_browser_without_an_account_takes_a_batch_and_only_it_sees_it(taken, client):
    cookie = client.cookies[visitors.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 180 * 24 * 3600)
    assert Holder.objects.get().key_digest not in cookie.value
    page = client.get(f"/batches/{taken.pk}/")
    said = text_of(page)
    assert "Your batch of 30" in said
    assert "Yours until" in said
    assert "As they were in the data of 1 November 2026" in said
    assert page.content.decode().count("data-board-row") == 30
    assert "no-store" in page.headers["Cache-Control"]
    assert Client().get(f"/batches/{taken.pk}/").status_code == 404
    assert Client().post(f"/batches/{taken.pk}/do/finish/").status_code == 404


def test_a_second_batch_is_refused_in_a_line_until_the_first_is_finished(taken, client):
    page = client.post("/batches/take/", BUMBLE_BEES, follow=True)
    assert "You have 1 batch. Finish it or return it first." in text_of(page)
    response = client.post(f"/batches/{taken.pk}/do/next/")
    assert (response.status_code, Batch.objects.count()) == (302, 2)
    newest = Batch.objects.first()
    assert (response.url, newest.query) == (f"/batches/{newest.pk}/", "clade=52775")
    assert newest.rows.count() == 5
    page = client.post(f"/batches/{newest.pk}/do/next/", follow=True)
    assert "Nothing is free there now" in text_of(page)
    assert page.redirect_chain[-1][0] == "/batches/"


def test_a_row_is_answered_skipped_and_undone_without_scripts(taken, client):
    answered = f"/batches/{taken.pk}/answer/"
    client.post(f"{answered}1000/", {"answer": "right"})
    client.post(f"{answered}1001/", {"answer": "skip"})
    page = client.get(f"/batches/{taken.pk}/")
    assert page.content.decode().count("data-board-row") == 28
    assert "1000 The label is right" in text_of(page)
    client.post(f"{answered}1000/", {"answer": "undo"})
    assert client.get(f"/batches/{taken.pk}/").content.decode().count("data-board-row") == 29
    assert not Answer.objects.exists()
    assert (
        client.post(f"{answered}1002/", {"answer": "sign"}, headers={"HX-Request": "true"}).status_code == 200
    )


@pytest.mark.parametrize(
    ("name", "given"), [("1000", "nonsense"), ("9" * 40, "right"), ("x", ""), ("2000", "right")]
)
def test_an_answer_that_makes_no_sense_is_refused_in_a_line(taken, client, name, given):
    page = client.post(f"/batches/{taken.pk}/answer/{name}/", {"answer": given}, follow=True)
    assert "That answer was not kept" in text_of(page)
    assert not Answer.objects.exists()


def test_what_can_be_done_with_a_batch(taken, client):
    doing = f"/batches/{taken.pk}/do/"
    client.post(f"{doing}extend/")
    taken.refresh_from_db()
    assert taken.extensions == 1
    assert "Add an e-mail address" in text_of(client.post(f"{doing}remind/", follow=True))
    assert client.post(f"{doing}explode/").status_code == 404
    assert client.get(f"{doing}finish/").status_code == 405
    assert "Returned. Others can take it now." in text_of(client.post(f"{doing}return/", follow=True))
    assert not Batch.objects.exists()


def test_a_finished_batch_shows_its_receipt(taken, client):
    page = client.post(f"/batches/{taken.pk}/do/finish/", follow=True)
    assert "No count since you took it." in text_of(page)
    Batch.objects.update(measured_at=timezone.now(), looked_at=21, moved=6, moved_photos=8)
    words = "Of your 30: 21 looked at, 6 labels moved, 8 wrong photos out."
    assert words in text_of(client.get("/batches/"))
    assert words in text_of(client.get(f"/batches/{taken.pk}/"))
    assert "30 observations that you have seen are not shown to you again." in text_of(
        client.get("/batches/")
    )


def test_what_is_kept_is_deleted_on_request(taken, client):
    client.post(f"/batches/{taken.pk}/do/finish/")
    client.post("/batches/forget/", {"what": "seen"})
    assert (Holder.objects.get().seen.count(), Batch.objects.count()) == (0, 1)
    client.post("/batches/forget/", {"what": "all"})
    assert not Holder.objects.exists()
    assert client.cookies[visitors.COOKIE].value == ""


def test_signing_in_brings_the_browser_s_batches_along(taken, client, django_user_model):
    user = django_user_model.objects.create_user("ida")
    client.force_login(user)
    client.post("/batches/take/", BUMBLE_BEES)
    assert Holder.objects.get().user == user
    assert client.get(f"/batches/{taken.pk}/").status_code == 200
    assert client.cookies[visitors.COOKIE].value == ""


def test_at_one_address_only_some_browsers_begin_in_an_hour(hotspots, monkeypatch):
    monkeypatch.setattr(worklists, "BATCH", 2)
    codes = [
        Client().post("/batches/take/", BUMBLE_BEES).status_code for _ in range(visitors.NEW_PER_HOUR + 1)
    ]
    assert codes == [302] * visitors.NEW_PER_HOUR + [429]


def test_no_other_site_makes_anybody_take_one(hotspots, client):
    assert client.post("/batches/take/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/batches/take/", headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert client.post("/batches/take/", {"query": "x" * 1001}).status_code == 403
    assert client.post("/batches/take/", headers={"Origin": "http://testserver"}).status_code == 302


def test_who_asked_for_it_gets_one_mail_before_it_lapses(account, client, mailoutbox):
    from portal.batches import mailing

    ida = account("ida", email="ida@example.org")
    client.force_login(ida.user)
    client.post("/batches/take/", BUMBLE_BEES)
    batch = Batch.objects.get()
    client.post(f"/batches/{batch.pk}/do/remind/")
    mailing.send_due(batch.held_until - 3 * HOUR)
    assert mailoutbox == []
    for _ in range(2):
        mailing.send_due(batch.held_until - HOUR)
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["ida@example.org"], "Leafline: your batch lapses soon")
    assert "Your batch of 30 observations is yours until" in mail.body
    assert f"/batches/{batch.pk}/" in mail.body


def test_the_public_tables_say_what_they_count_and_when_there_is_too_little(hotspots, client):
    assert "Not enough answers yet" in text_of(client.get("/batches/false-alarms/"))
    assert "None yet." in text_of(client.get("/batches/photo-faults/"))
    assert client.get("/batches/photo-faults.csv").getvalue().decode() == (
        "observation_id,url,label_taxon_id,fault,simulated\r\n"
    )
    now = timezone.now()
    Tally.objects.create(group="kind", code="lookalike", asked=30, right=6, unclear=1, since=now, until=now)
    assert "Mixed up with a lookalike" in text_of(client.get("/batches/false-alarms/"))


def test_a_receipt_of_before_is_not_lost_when_the_batch_lapsed(taken, client):
    Batch.objects.update(held_until=timezone.now() - DAY)
    said = text_of(client.get(f"/batches/{taken.pk}/"))
    assert "It lapsed, and others may have its rows by now." in said
    assert "Finish and take" not in said
    assert "not yours any more" in text_of(client.post(f"/batches/{taken.pk}/do/extend/", follow=True))


def test_the_number_of_queries_is_small_and_does_not_grow_with_the_rows(hotspots, client, monkeypatch):
    requested = {}
    for size in (2, 30):
        monkeypatch.setattr(worklists, "BATCH", size)
        client.post("/batches/take/", BUMBLE_BEES)
        batch = Batch.objects.first()
        client.post(f"/batches/{batch.pk}/answer/{batch.rows.first().name}/", {"answer": "right"})
        for address in (f"/batches/{batch.pk}/", "/batches/"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            requested.setdefault(address.replace(str(batch.pk), "1"), []).append(len(captured))
        taking.finish(batch)
    assert all(few == many <= 17 for few, many in requested.values()), requested
