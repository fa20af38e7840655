"""Pages of subscriptions and webhooks."""

import re
import socket
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client

from portal import throttling
from portal.notices import messages, services
from portal.notices.models import Subscription, Webhook
from tests.portal.notices.conftest import NOW

FILLED = {"email": "bo@example.org", "phases": ["announced"], "clade": ""}
HOOK = {"name": "Forum", "url": "https://hooks.example.org/x", "format": "json", "phases": ["announced"]}


def words(response):
    body = response.content.decode().partition('<main id="main"')[2].partition("<footer")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.fixture
def public_names(monkeypatch):
    result = [(0, 0, 0, "", ("1.1.1.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: result)


@pytest.fixture
def staff(person, client):
    user = person("staff")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="notices"))
    client.force_login(user)


def test_somebody_with_an_account_is_asked_for_no_clade(client, world, person):
    client.force_login(person("anna"))
    assert "The mails say how your groups stand" in words(client.get("/subscribe/"))
    client.post("/subscribe/", FILLED | {"clade": "bumble bees"})
    one = Subscription.objects.get()
    assert (one.clade_id, one.user.username) == (None, "anna")


def test_from_asking_to_the_end(client, world):
    response = client.post("/subscribe/", FILLED | {"clade": "bumble bees", "is_digest": "on"})
    assert "If bo@example.org gets no mails from here yet, a question comes" in words(response)
    one = Subscription.objects.get()
    assert (one.phases, one.clade_id, one.is_digest, one.user) == (["announced"], 52775, True, None)
    address = f"/subscriptions/{one.token}/"
    assert client.get(address)["Location"] == f"{address}confirm/"
    assert "Confirm subscription" in words(client.get(f"{address}confirm/"))
    one.refresh_from_db()
    assert one.confirmed_at is None
    assert client.post(f"{address}confirm/")["Location"] == address
    response = client.post(address, {"phases": ["exported", "published"], "clade": ""})
    assert "Saved." in words(response)
    one.refresh_from_db()
    assert (one.phases, one.clade_id, one.is_digest) == (["exported", "published"], None, False)
    assert "No more mails?" in words(client.get(f"{address}unsubscribe/"))
    assert Subscription.objects.exists()
    assert "The address is forgotten." in words(client.post(f"{address}unsubscribe/"))
    assert not Subscription.objects.exists()
    assert client.get(address).status_code == 404
    assert "The address is forgotten." in words(client.get(f"{address}unsubscribe/"))


@pytest.mark.parametrize(
    ("audience", "lines"),
    [
        (
            "public",
            [
                "Who may know of it: everybody.",
                "2 people get a mail at once.",
                "1 more reads it in Monday’s mail.",
                "1 webhook is called.",
            ],
        ),
        (
            "identifiers",
            ["Who may know of it: identifiers only.", "1 person gets a mail at once."],
        ),
        ("staff", ["Who may know of it: staff only.", "0 people get a mail at once."]),
    ],
)
def test_announcing_says_first_whom_it_tells(draft, subscriber, webhook, person, client, audience, lines):
    """Of five addresses one asked for other news, one has not confirmed, one gets a weekly mail."""
    subscriber("a@example.org")
    subscriber("b@example.org", user=person("ida", "know_identifiers_cutoffs"))
    subscriber("c@example.org", is_digest=True)
    subscriber("d@example.org", phases=["published"])
    services.subscribe("e@example.org", ["announced"], clade=None, is_digest=False, user=None, now=NOW)
    webhook()
    webhook(phases=["published"])
    cutoff = draft(audience=audience)
    client.force_login(person("sam", "view_cutoff", "schedule_cutoff"))
    address = f"/cutoffs/{cutoff.pk}/announce/"
    said = client.get(address).content.decode().partition("<ul>")[2].partition("</ul>")[0]
    items = [
        re.sub(r"<[^>]+>", "", unescape(item)).strip() for item in re.findall(r"<li>(.*?)</li>", said, re.S)
    ]
    assert items == [
        *lines,
        "The draw is sealed: its seed is chosen now, and nobody can choose another.",
        "The rule can no longer be changed. The date can, and everybody hears of it.",
    ]
    # Nothing is announced by looking; the button is the one that announces.
    cutoff.refresh_from_db()
    assert cutoff.state == "draft"
    assert client.post(f"/cutoffs/{cutoff.pk}/do/announce/")["Location"] == f"/cutoffs/{cutoff.pk}/"
    assert client.get(address)["Location"] == f"/cutoffs/{cutoff.pk}/"
    client.force_login(person("viewer", "view_cutoff"))
    assert client.get(address).status_code == 403


def test_a_mail_program_unsubscribes_by_itself(subscriber):
    """RFC 8058: a POST of this body, without cookies or a token of the form."""
    one = subscriber()
    client = Client(enforce_csrf_checks=True)
    response = client.post(
        f"/subscriptions/{one.token}/unsubscribe/",
        "List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )
    assert response.status_code == 200
    assert not Subscription.objects.exists()


def test_the_answer_does_not_tell_whether_an_address_is_known(client, subscriber):
    subscriber("known@example.org")
    known = client.post("/subscribe/", FILLED | {"email": "known@example.org"})
    new = client.post("/subscribe/", FILLED | {"email": "newer@example.org"})
    assert words(known).replace("known@", "newer@") == words(new)


def test_nobody_floods_mailboxes_from_one_address(client, db, monkeypatch):
    cache.clear()
    monkeypatch.setattr(throttling.time, "time", lambda: 1_800_000_000 + 59 * 60)
    for number in range(10):
        response = client.post("/subscribe/", FILLED | {"email": f"{number}@example.org"})
        assert response.status_code == 200
    client.post("/subscribe/", FILLED | {"email": "no address"})
    response = client.post("/subscribe/", FILLED)
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert "Nothing was done this time. Try again in 1 minute." in response.content.decode()
    assert Subscription.objects.count() == 10
    other = client.post("/subscribe/", FILLED, REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 200
    monkeypatch.setattr(throttling.time, "time", lambda: 1_800_000_000 + 60 * 60)
    assert client.post("/subscribe/", FILLED).status_code == 200


def test_an_address_that_two_requests_bring_at_once_is_put_down_once(client, subscriber, monkeypatch):
    subscriber()
    monkeypatch.setattr(services.Subscription.objects, "filter", lambda **_: Subscription.objects.none())
    assert client.post("/subscribe/", FILLED).status_code == 200
    assert Subscription.objects.count() == 1


def test_who_is_signed_in_is_told_what_they_may_know(client, person):
    user = person("identifier", "know_identifiers_cutoffs")
    client.force_login(user)
    client.post("/subscribe/", FILLED)
    assert Subscription.objects.get().user == user


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "bo"),
        ("email", ""),
        ("email", "a@b\n.org"),
        ("phases", []),
        ("phases", ["x"]),
        ("clade", "nobody"),
    ],
)
def test_a_bad_value_is_said_beside_its_field(client, world, field, value):
    response = client.post("/subscribe/", FILLED | {field: value})
    assert response.status_code == 200
    assert f'id="id_{field}_error"' in response.content.decode()
    assert not Subscription.objects.exists()


def test_a_token_that_is_not_known_is_no_page(db, client):
    for tail in ("", "confirm/"):
        assert client.get(f"/subscriptions/{'x' * 400}/{tail}").status_code == 404


# Webhooks


@pytest.mark.parametrize("address", ["/webhooks/", "/webhooks/new/"])
def test_webhooks_are_for_staff(client, person, address):
    assert client.get(address)["Location"] == f"/accounts/sign-in/?next={address}"
    client.force_login(person("member", "view_cutoff"))
    assert client.get(address).status_code == 403


def test_a_webhook_is_added_its_secret_shown_once_and_removed(client, staff, public_names):
    response = client.post("/webhooks/new/", HOOK)
    made = Webhook.objects.get()
    assert messages.signing_secret(made) in words(response)
    response = client.get("/webhooks/")
    assert "Forum JSON, signed, https://hooks.example.org/x" in words(response)
    assert messages.signing_secret(made) not in response.content.decode()
    assert client.get(f"/webhooks/{made.pk}/remove/").status_code == 405
    client.post(f"/webhooks/{made.pk}/remove/")
    assert not Webhook.objects.exists()
    assert client.post(f"/webhooks/{made.pk}/remove/").status_code == 404


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://127.0.0.1/", "lies in a private network"),
        ("https://[::1]/", "lies in a private network"),
        ("http://example.org/", "must begin with https://"),
    ],
)
def test_a_private_or_plain_address_is_refused_at_once(client, staff, url, said):
    assert said in words(client.post("/webhooks/new/", HOOK | {"url": url}))
    assert not Webhook.objects.exists()


def test_discourse_needs_its_key(client, staff, public_names):
    response = client.post("/webhooks/new/", HOOK | {"format": "discourse"})
    assert "Discourse needs an API key" in words(response)


def test_the_log_tells_what_was_sent(client, staff, webhook, announced, django_assert_max_num_queries):
    webhook()
    for _ in range(5):
        announced()
    services.fan_out(NOW)
    with django_assert_max_num_queries(8):
        text = words(client.get("/webhooks/"))
    assert text.count("Forum: Winter 2027: announced waiting, 0 attempts") == 5


@pytest.mark.parametrize("address", ["/subscribe/", "/webhooks/", "/webhooks/new/"])
def test_no_page_has_inline_style_or_script(client, staff, address):
    body = client.get(address).content.decode()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)", body)


@pytest.mark.parametrize(("query", "chosen"), [("", 4), ("?blitzes", 7)])
def test_who_comes_from_the_blitzes_begins_with_their_mails_chosen(client, db, query, chosen):
    page = client.get(f"/subscribe/{query}").content.decode()
    assert len(re.findall(r'<input type="checkbox" name="phases"[^>]* checked', page)) == chosen
