"""A password changed, forgotten and chosen anew; every browser signed out; sign-up closed."""

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from portal.accounts import inaturalist, mails, services, views
from portal.accounts.inaturalist import Account
from portal.accounts.models import BrowserSession, LinkRequest
from portal.accounts.tasks import mail_links, remove_sessions

PASSWORD, ANOTHER = "a long enough password", "another long password"
MAIL = "ida@example.org"


@pytest.fixture(autouse=True)
def counters():
    cache.clear()


@pytest.fixture
def sent(monkeypatch):
    """Tasks that are sent are done at once; gives their names."""
    names = []

    def send(name):
        names.append(name)
        mail_links()
        return True

    monkeypatch.setattr(views, "send", send)
    return names


@pytest.fixture
def no_broker(monkeypatch):
    """Nothing takes a task."""
    monkeypatch.setattr(views, "send", lambda name: False)


@pytest.fixture
def no_mail_server(monkeypatch):
    """Nothing takes a mail, until the function that this is was called."""
    with monkeypatch.context() as away:

        def send(self):
            raise OSError(f"no such user {MAIL}")

        away.setattr("portal.accounts.mails.EmailMessage.send", send)
        yield away.undo


@pytest.fixture
def ida(django_user_model):
    return django_user_model.objects.create_user("ida", email=MAIL, password=PASSWORD)


@pytest.fixture
def browsers(ida):
    """Two in which she is signed in, and one in which somebody else is."""
    made = [Client(), Client(), Client()]
    other = type(ida).objects.create_user("ben", password=PASSWORD)
    for browser, user in zip(made, (ida, ida, other), strict=True):
        browser.force_login(user)
    return made


def is_signed_in(browser):
    return browser.get("/accounts/").status_code == 200


def test_a_changed_password_signs_out_the_other_browsers(browsers, ida):
    filled = {"old_password": PASSWORD, "new_password1": ANOTHER, "new_password2": ANOTHER}
    assert browsers[0].post("/accounts/password/", filled).url == "/accounts/"
    ida.refresh_from_db()
    assert ida.check_password(ANOTHER)
    assert [is_signed_in(one) for one in browsers] == [True, False, True]


def test_it_takes_the_password_of_until_now(browsers, ida):
    filled = {"old_password": "wrong", "new_password1": ANOTHER, "new_password2": ANOTHER}
    assert browsers[0].post("/accounts/password/", filled).status_code == 200
    ida.refresh_from_db()
    assert ida.check_password(PASSWORD)


def test_signing_out_everywhere_leaves_others_alone(browsers):
    assert browsers[0].post("/accounts/sign-out-everywhere/").url == "/accounts/sign-in/"
    assert [is_signed_in(one) for one in browsers] == [False, False, True]
    assert BrowserSession.objects.count() == 1


def test_signing_out_everywhere_reads_no_session_of_others(browsers, ida, django_assert_max_num_queries):
    """Two statements, however many people are signed in."""
    with django_assert_max_num_queries(2):
        assert services.sign_out_everywhere(ida) == 2


def test_the_sessions_of_an_account_are_found_by_an_index(db):
    with connection.cursor() as cursor:
        result = connection.introspection.get_constraints(cursor, BrowserSession._meta.db_table)
    assert any(one["index"] and one["columns"] == ["user_id"] for one in result.values())


def test_sessions_whose_time_is_over_are_removed(browsers):
    BrowserSession.objects.filter(user__username="ben").update(expire_date=timezone.now() - timedelta(days=1))
    remove_sessions()
    assert [is_signed_in(one) for one in browsers] == [True, True, False]
    assert BrowserSession.objects.count() == 2


def test_a_closed_account_leaves_no_session(browsers, ida):
    ida.delete()
    assert [row.user.username for row in BrowserSession.objects.all()] == ["ben"]


def test_a_forgotten_password_is_chosen_anew_by_a_link_once(client, ida, sent, mailoutbox):
    client.post("/accounts/forgotten/", {"email": MAIL.upper()})
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([MAIL], "A new password for Leafline")
    (link,) = re.findall(r"http://testserver(/\S+)", mail.body)
    form = client.get(link).url
    filled = {"new_password1": ANOTHER, "new_password2": ANOTHER}
    assert client.post(form, filled).url == "/accounts/sign-in/"
    ida.refresh_from_db()
    assert ida.check_password(ANOTHER)
    assert "was used already" in client.get(link, follow=True).content.decode()


def test_the_answer_does_not_tell_whether_there_is_such_an_account(client, ida, sent, mailoutbox):
    known = client.post("/accounts/forgotten/", {"email": MAIL})
    unknown = client.post("/accounts/forgotten/", {"email": "who@example.org"})
    assert known.content.replace(MAIL.encode(), b"who@example.org") == unknown.content
    assert sent == ["accounts.mail_links"] * 2
    assert len(mailoutbox) == 1
    assert not LinkRequest.objects.exists()


def test_an_address_is_written_down_before_anybody_looks_for_its_account(
    client, ida, no_broker, django_assert_num_queries
):
    """As many statements for one that nobody has, and no mail server is waited for."""
    client.get("/accounts/forgotten/")
    for email in (MAIL, "who@example.org"):
        with django_assert_num_queries(3):  # with what every page asks of the last refresh
            client.post("/accounts/forgotten/", {"email": email})
    assert list(LinkRequest.objects.order_by("pk").values_list("email", "language", "mailed_up_to")) == [
        (MAIL, "en", 0),
        ("who@example.org", "en", 0),
    ]


def test_a_mailbox_gets_three_links_an_hour(client, ida, sent, mailoutbox):
    for _ in range(4):
        last = client.post("/accounts/forgotten/", {"email": MAIL})
    assert (last.status_code, len(mailoutbox)) == (429, 3)


def test_a_closed_account_gets_none(client, ida, sent, mailoutbox):
    ida.is_active = False
    ida.save()
    client.post("/accounts/forgotten/", {"email": MAIL})
    assert mailoutbox == []


def test_an_address_that_no_mail_reaches_is_not_in_the_log(ida, no_mail_server, caplog):
    services.ask_for_link(MAIL, "en")
    mail_links()
    assert caplog.messages == [f"Mail to user {ida.pk} not sent: OSError"]


def test_without_a_broker_the_page_says_so_and_the_schedule_mails(client, ida, no_broker, mailoutbox):
    answered = client.post("/accounts/forgotten/", {"email": MAIL})
    assert answered.status_code == 200
    assert "leaves as soon as they can be sent" in answered.content.decode()
    assert mailoutbox == []
    mail_links()
    assert [mail.to for mail in mailoutbox] == [[MAIL]]
    mail_links()
    assert len(mailoutbox) == 1


def test_with_a_broker_the_page_says_nothing_of_waiting(client, ida, sent, mailoutbox):
    assert "leaves as soon" not in client.post("/accounts/forgotten/", {"email": MAIL}).content.decode()


def test_a_mail_that_the_server_did_not_take_is_tried_again_for_an_hour(ida, no_mail_server, mailoutbox):
    asked_at = timezone.now()
    services.ask_for_link(MAIL, "es", asked_at)
    for minutes in (0, 4, 5, 9, 10):
        mails.mail_links(asked_at + timedelta(minutes=minutes))
    assert LinkRequest.objects.get().tried_at == asked_at + timedelta(minutes=10)
    no_mail_server()
    mails.mail_links(asked_at + timedelta(minutes=14))
    assert mailoutbox == []  # the worker that took it up last may be at it still
    mails.mail_links(asked_at + timedelta(minutes=15))
    assert [mail.subject for mail in mailoutbox] == ["Otra contraseña para Leafline"]
    assert not LinkRequest.objects.exists()


def test_after_an_hour_an_address_is_forgotten(ida, no_mail_server, mailoutbox):
    asked_at = timezone.now()
    services.ask_for_link(MAIL, "en", asked_at)
    mails.mail_links(asked_at)
    mails.mail_links(asked_at + timedelta(hours=1))
    assert LinkRequest.objects.count() == 1
    no_mail_server()
    mails.mail_links(asked_at + timedelta(hours=1, seconds=1))
    assert (LinkRequest.objects.count(), mailoutbox) == (0, [])


def test_what_nobody_mails_does_not_heap_up(ida, db):
    """Where no worker runs, whoever asks next removes what is old."""
    asked_at = timezone.now()
    services.ask_for_link(MAIL, "en", asked_at)
    services.ask_for_link("who@example.org", "en", asked_at + timedelta(hours=1, seconds=1))
    assert [row.email for row in LinkRequest.objects.all()] == ["who@example.org"]


def test_each_account_of_an_address_gets_one_link_whatever_fails_in_between(ida, mailoutbox, monkeypatch):
    others = [type(ida).objects.create_user(name, email=MAIL.upper()) for name in ("ben", "cleo")]
    asked_at = timezone.now()
    services.ask_for_link(MAIL, "en", asked_at)
    send, taken = mails.EmailMessage.send, []

    def sometimes(self):
        taken.append(self)
        if len(taken) == 2:
            raise SMTPServerDisconnected
        return send(self)

    monkeypatch.setattr(mails.EmailMessage, "send", sometimes)
    mails.mail_links(asked_at)
    assert [mail.to for mail in mailoutbox] == [[MAIL]]
    mails.mail_links(asked_at + timedelta(minutes=5))
    names = [re.findall("account “(.*)”", mail.body)[0] for mail in mailoutbox]
    assert names == ["ida", *(other.username for other in others)]
    assert not LinkRequest.objects.exists()


def test_an_address_is_given_at_sign_up_or_later_and_may_be_taken_back(client, django_user_model):
    filled = {"username": "new", "email": MAIL, "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/sign-up/", filled)
    user = django_user_model.objects.get(username="new")
    assert user.email == MAIL
    for email in ("other@example.org", ""):
        assert client.post("/accounts/", {"email": email}).url == "/accounts/"
        user.refresh_from_db()
        assert user.email == email


def test_sign_up_can_be_closed(client, settings, django_user_model, monkeypatch):
    settings.SIGN_UP = False
    filled = {"username": "new", "password1": PASSWORD, "password2": PASSWORD}
    assert client.get("/accounts/sign-up/").status_code == 403
    assert client.post("/accounts/sign-up/", filled).status_code == 403
    assert "/accounts/sign-up/" not in client.get("/accounts/sign-in/").content.decode()
    monkeypatch.setattr(inaturalist, "is_configured", lambda: True)
    monkeypatch.setattr(inaturalist, "finish", lambda request: Account(7, "bo", 5))
    assert client.get("/accounts/inaturalist/back/").url == "/accounts/sign-in/"
    assert not django_user_model.objects.exists()


def test_who_has_an_account_comes_in_while_sign_up_is_closed(db, settings):
    bo = services.arrive(Account(7, "bo", 5), None)
    settings.SIGN_UP = False
    assert services.arrive(Account(7, "bo renamed", 6), None) == bo
