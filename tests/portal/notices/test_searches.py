"""Weekly mails about saved searches: who gets them, when, what they say, and how they end."""

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.cache import cache

from portal.hotspots import services as hotspots
from portal.hotspots.models import HotspotHistory, SavedSearch
from portal.notices import queries, searches, sending, services
from portal.notices.models import SearchMail
from tests.portal.hotspots.findings import BOMBUS, CARNARIA, IMPATIENS, entry, make_found
from tests.portal.notices.conftest import NOW
from tests.portal.taking_over import take_over_hotspots
from tests.portal.taxa.test_views import links, words
from tests.portal.world import LAST_DAY, make_refresh

RULE = "inat-2022"
#: `NOW` is a Tuesday; the mails go out on Mondays at 8 UTC.
MONDAY = NOW.replace(day=7, hour=8)
WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)
OLD = [entry(1, IMPATIENS, 0.9), entry(2, IMPATIENS, 0.5)]
NEW = [entry(3, IMPATIENS, 0.8), entry(4, IMPATIENS, 0.2), entry(5, CARNARIA, 0.5)]


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = "https://leafline.example.org"
    cache.clear()


@pytest.fixture
def counted(world):
    """A count with two bumble bees on the worklist."""
    world.refresh_from_db()
    world.counts["hotspots"] = {RULE: 3}
    world.save()
    take_over_hotspots(world, {RULE: make_found(entries=OLD)})
    return world


def count_again(day=20, entries=(*OLD, *NEW), **fields):
    """A later count, which has two more bumble bees and a fly, unless it is of other entries."""
    later = make_refresh(LAST_DAY.replace(day=day), counts={"hotspots": {RULE: 3}}, **fields)
    later.refresh_from_db()
    HotspotHistory.objects.filter(refresh=later).delete()
    take_over_hotspots(later, {RULE: make_found(entries=list(entries))})
    return later


@pytest.fixture
def ana(django_user_model):
    return django_user_model.objects.create_user("ana", email="ana@example.org")


@pytest.fixture
def search(counted, ana):
    """Bumble bees, which Ana keeps."""
    hotspots.save_search("Bumble bees", f"clade={BOMBUS}", by=ana)
    return SavedSearch.objects.get()


@pytest.fixture
def mailed(search):
    """Ana's address gets mails about it, since a Tuesday."""
    made = services.subscribe_to_search(search, "ana@example.org", language="en", now=NOW)
    SearchMail.objects.update(question_sent_at=NOW)
    services.confirm_search(made, NOW)
    return SearchMail.objects.get()


def test_a_reader_subscribes_confirms_gets_a_mail_and_ends_it(search, ana, client):
    client.force_login(ana)
    page = client.get("/hotspots/worklist/")
    assert f"/searches/{search.pk}/mails/" in links(page)
    form = client.get(f"/searches/{search.pk}/mails/")
    assert 'value="ana@example.org"' in form.content.decode()
    asked = client.post(f"/searches/{search.pk}/mails/", {"email": "ana@example.org"})
    assert "A question comes to ana@example.org" in words(asked)
    assert "waits until ana@example.org is confirmed" in words(client.get("/hotspots/worklist/"))
    sending.deliver(NOW)
    sending.deliver(NOW)
    [question] = mail.outbox
    assert question.to == ["ana@example.org"]
    assert "Bumble bees" not in question.subject + question.body, "a stranger would get somebody's own words"
    confirm = re.search(r"https://leafline.example.org(/searches/\S+/confirm/)", question.body)[1]
    client.logout()
    client.get(confirm)
    assert SearchMail.objects.get().confirmed_at is None, "programs open the links of mails"
    assert "On Mondays a mail to ana@example.org" in words(client.post(confirm, follow=True))
    SearchMail.objects.update(due_at=MONDAY)
    count_again()
    sending.deliver(MONDAY)
    sent = mail.outbox[-1]
    ending = sent.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("https://leafline.example.org")
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "No more mails come about this search" in words(
        client.post(ending, {"List-Unsubscribe": "One-Click"})
    )
    assert (SearchMail.objects.count(), SavedSearch.objects.count()) == (0, 1)
    assert client.post(ending).status_code == client.get(ending).status_code == 200


def test_the_mail_says_how_many_are_new_and_leads_to_them(mailed, client):
    count_again()
    sending.deliver(MONDAY - MINUTE)
    assert mail.outbox == []
    sending.deliver(MONDAY)
    [sent] = mail.outbox
    assert sent.subject == "Leafline: 2 new observations match “Bumble bees”"
    assert sent.body.rstrip() == (
        "2 new observations match “Bumble bees”.\n"
        "New on the list since the count of 20 November 2026.\n"
        "About 1 of these 2 is probably wrong (90 % interval 0 to 2).\n\n"
        f"https://leafline.example.org/hotspots/worklist/?clade={BOMBUS}&since=2026-11-20\n\n"
        "-- \n"
        "Your saved searches: https://leafline.example.org/hotspots/worklist/\n"
        "No more mails about this search:"
        f" https://leafline.example.org/searches/{mailed.token}/unsubscribe/"
    )
    page = client.get(f"/hotspots/worklist/?clade={BOMBUS}&since=2026-11-20&mixed=1").content.decode()
    assert [f'data-observation="{number}"' in page for number in (1, 2, 3, 4, 5)] == [
        False, False, True, True, False,
    ]  # fmt: skip


def test_each_new_observation_is_in_one_mail(mailed):
    """However often the task runs, and however many processes run it."""
    count_again()
    for at in (MONDAY, MONDAY, MONDAY + MINUTE, MONDAY + WEEK, MONDAY + 2 * WEEK):
        sending.deliver(at)
    assert len(mail.outbox) == 1
    count_again(21, [*OLD, *NEW, entry(6, IMPATIENS, 0.4)])
    sending.deliver(MONDAY + 3 * WEEK)
    assert [sent.subject for sent in mail.outbox][1:] == ["Leafline: 1 new observation matches “Bumble bees”"]


def test_one_process_sends_and_a_stopped_one_is_taken_up(mailed):
    count_again()
    assert services.claim_search_mail(mailed, MONDAY)
    assert not services.claim_search_mail(mailed, MONDAY)
    sending.deliver(MONDAY + MINUTE)
    assert mail.outbox == []
    sending.deliver(MONDAY + services.STALE + MINUTE)
    assert len(mail.outbox) == 1


def test_without_anything_new_no_mail_comes(mailed):
    count_again(entries=[*OLD, entry(5, CARNARIA, 0.5)])
    sending.deliver(MONDAY)
    assert mail.outbox == []
    assert SearchMail.objects.get().due_at == MONDAY + WEEK


def test_a_mail_that_fails_is_tried_again_and_no_address_is_logged(mailed, monkeypatch, caplog):
    count_again()
    works = searches.mail

    def fail(*_):
        raise SMTPServerDisconnected("ana@example.org: no")

    monkeypatch.setattr(searches, "mail", fail)
    sending.deliver(MONDAY)
    assert [record.getMessage() for record in caplog.records] == [
        f"Search mail {mailed.pk} not sent: SMTPServerDisconnected"
    ]
    monkeypatch.setattr(searches, "mail", works)
    sending.deliver(MONDAY)
    assert mail.outbox == []
    sending.deliver(MONDAY + services.BACKOFF[0])
    assert len(mail.outbox) == 1


def test_after_the_last_attempt_the_next_monday_has_it_all(mailed, monkeypatch):
    count_again()
    works, at = searches.mail, MONDAY

    def fail(*_):
        raise OSError

    monkeypatch.setattr(searches, "mail", fail)
    for wait in (*services.BACKOFF, timedelta()):
        sending.deliver(at)
        at += wait
    assert SearchMail.objects.get().due_at == MONDAY + WEEK
    monkeypatch.setattr(searches, "mail", works)
    sending.deliver(MONDAY + WEEK)
    assert [sent.subject for sent in mail.outbox] == ["Leafline: 2 new observations match “Bumble bees”"]


def test_simulated_figures_and_other_languages_say_so(mailed):
    SearchMail.objects.update(language="es")
    count_again(is_simulated=True)
    sending.deliver(MONDAY)
    [sent] = mail.outbox
    assert sent.subject.startswith("Leafline: Simulado: 2 observaciones nuevas")


def test_an_address_of_somebody_else_is_asked_whoever_confirmed_it_before(mailed, django_user_model):
    other = django_user_model.objects.create_user("ben")
    hotspots.save_search("Mine", "disputed=1", by=other)
    theirs = SavedSearch.objects.get(person=other)
    made = services.subscribe_to_search(theirs, "ana@example.org", language="en", now=NOW)
    assert made.confirmed_at is None
    hotspots.save_search("Second", "disputed=1", by=mailed.search.person)
    second = SavedSearch.objects.get(name="Second")
    made = services.subscribe_to_search(second, "Ana@example.org", language="en", now=NOW)
    assert made.confirmed_at == NOW, "the same account's own address needs no second question"


def test_a_search_that_cannot_be_read_any_more_brings_no_mail(mailed):
    """Not one about everything, which it would be without its clade."""
    SavedSearch.objects.update(query="clade=987654321&disputed=1")
    count_again()
    sending.deliver(MONDAY)
    assert mail.outbox == []


def test_a_closed_account_a_removed_search_and_an_unconfirmed_address_get_none(mailed, ana, client):
    count_again()
    SearchMail.objects.update(confirmed_at=None)
    sending.deliver(MONDAY)
    SearchMail.objects.update(confirmed_at=NOW)
    ana.is_active = False
    ana.save()
    sending.deliver(MONDAY)
    assert mail.outbox == []
    hotspots.forget_search(mailed.search_id, by=ana)
    assert not SearchMail.objects.exists()


def test_an_address_that_never_answers_is_forgotten(search):
    services.subscribe_to_search(search, "ana@example.org", language="en", now=NOW)
    services.tidy(NOW + services.FORGET + MINUTE)
    assert not SearchMail.objects.exists()


def test_nobody_subscribes_to_another_s_search_or_floods_a_mailbox(search, client, django_user_model, ana):
    address = f"/searches/{search.pk}/mails/"
    assert client.post(address, {"email": "x@example.org"})["Location"].startswith("/accounts/sign-in/")
    client.force_login(django_user_model.objects.create_user("ben"))
    assert client.get(address).status_code == client.post(address).status_code == 404
    client.force_login(ana)
    assert 'role="alert"' in client.post(address, {"email": "nothing"}).content.decode()
    statuses = [client.post(address, {"email": f"x+{number}@example.org"}).status_code for number in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert client.get("/searches/none/confirm/").status_code == 404


def test_pages_with_many_searches_ask_once(search, ana, client, django_assert_max_num_queries):
    for number in range(5):
        hotspots.save_search(f"Search {number}", f"disputed=1&label={number + 1}", by=ana)
    client.force_login(ana)
    with django_assert_max_num_queries(19):
        page = client.get("/hotspots/worklist/")
    assert words(page).count("By mail") == 6
    assert queries.search_mails_of(ana) == {}
