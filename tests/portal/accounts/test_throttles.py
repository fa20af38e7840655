"""Passwords are not tried without end, accounts not made without end, and mailboxes not filled."""

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from portal import throttling
from portal.accounts import backends
from portal.throttling import address_of, mailbox_of

PASSWORD = "a long enough password"
SIGN_IN, ADMIN = "/accounts/sign-in/", "/admin/login/"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Counters begin anew, and stand at a minute before the end of an hour."""
    cache.clear()
    monkeypatch.setattr(throttling.time, "time", lambda: 1_800_000_000 + 59 * 60)


@pytest.fixture
def ida(django_user_model):
    return django_user_model.objects.create_superuser("ida", password=PASSWORD)


def try_in(client, page, password, name="ida", address="192.0.2.1"):
    return client.post(page, {"username": name, "password": password}, REMOTE_ADDR=address)


@pytest.mark.parametrize("page", [SIGN_IN, ADMIN])
def test_one_account_takes_so_many_passwords_an_hour_from_all_addresses(client, ida, page):
    for number in range(backends.TRIES_FOR_AN_ACCOUNT):
        answer = try_in(
            client, page, "wrong", name="IDA" if number % 2 else "ida", address=f"192.0.2.{number}"
        )
        assert answer.status_code == 200
    refused = try_in(client, page, PASSWORD, address="192.0.2.99")
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert "Try again in 1 minute." in refused.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("page", [SIGN_IN, ADMIN])
def test_one_visitor_tries_so_many_an_hour_over_all_accounts(client, ida, page):
    for number in range(backends.TRIES_OF_A_VISITOR):
        assert try_in(client, page, "wrong", name=f"somebody {number}").status_code == 200
    assert try_in(client, page, PASSWORD).status_code == 429
    assert try_in(client, page, PASSWORD, address="192.0.2.2").status_code == 302


def test_the_right_password_begins_the_account_s_count_anew(client, ida):
    for _ in range(2):
        for _ in range(backends.TRIES_FOR_AN_ACCOUNT - 1):
            try_in(client, SIGN_IN, "wrong")
        assert try_in(client, SIGN_IN, PASSWORD).status_code == 302
        client.logout()


def test_an_hour_later_it_may_be_tried_again(client, ida, monkeypatch):
    for _ in range(backends.TRIES_FOR_AN_ACCOUNT + 1):
        last = try_in(client, SIGN_IN, "wrong")
    assert last.status_code == 429
    monkeypatch.setattr(throttling.time, "time", lambda: 1_800_000_000 + 60 * 60)
    assert try_in(client, SIGN_IN, PASSWORD).status_code == 302


def test_one_visitor_makes_so_many_accounts_an_hour(client, django_user_model):
    for number in range(6):
        filled = {"username": f"new{number}", "password1": PASSWORD, "password2": PASSWORD}
        last = client.post("/accounts/sign-up/", filled)
        client.logout()
    assert last.status_code == 429
    assert django_user_model.objects.count() == 5


def test_a_mailbox_is_asked_three_times_an_hour_whatever_its_tag(client, db):
    filled = {"phases": ["announced"], "language": "en"}
    statuses = [
        client.post("/subscribe/", filled | {"email": f"Victim+{number}@Example.org"}).status_code
        for number in range(4)
    ]
    assert statuses == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_a_visitor_is_an_address_or_a_network_of_64_bits(address, who):
    assert address_of(RequestFactory().get("/", REMOTE_ADDR=address)) == who


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [("A.B+tag+more@Example.ORG", "a.b@example.org"), (" a@b.c ", "a@b.c"), ("+x@b.c", "@b.c")],
)
def test_a_mailbox_is_an_address_without_its_tag(address, mailbox):
    assert mailbox_of(address) == mailbox
