"""A round of sending, with a mail server and a web server of the test's own."""

import base64
import hashlib
import hmac
import json
import logging
import re
import threading
from datetime import timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from smtplib import SMTPRecipientsRefused

import pytest
import standardwebhooks
import urllib3
from django.core import mail
from django.test.utils import override_settings
from django.utils import timezone

from portal.cutoffs import services as cutoffs
from portal.cutoffs.models import Cutoff, Event
from portal.interests.choices import Choice
from portal.interests.services import keep
from portal.messages import english
from portal.notices import addresses, messages, sending, services
from portal.notices.cutoff_news import CutoffNews
from portal.notices.models import Delivery, Subscription, Webhook
from portal.taxa.models import Taxon
from tests.portal.notices.conftest import EVERYTHING, NOW

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DISCOURSE = {"format": "discourse", "api_key": "k", "api_user": "u"}


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = "https://leafline.example.org"


@pytest.fixture
def server(monkeypatch):
    """A web server that gives the answers of `server.answers`, then 200; `server.got` has what came."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((self.path, dict(self.headers), body))
            status = self.server.answers.pop(0) if self.server.answers else 200
            self.send_response(status)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(addresses, "public_address", lambda host, port: "127.0.0.1")
    monkeypatch.setattr(
        addresses,
        "_pool",
        lambda address, port, host: urllib3.HTTPConnectionPool(address, server.server_port),
    )
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def statuses():
    return [(one.status, one.attempts, english(one.failure)) for one in Delivery.objects.all()]


# Mail


def test_a_new_address_is_asked_once_and_gets_nothing_else(db, announced):
    services.subscribe("bo@example.org", EVERYTHING, clade=None, is_digest=False, user=None, now=NOW)
    announced()
    for _ in range(2):
        sending.deliver(NOW)
    (requested,) = mail.outbox
    token = Subscription.objects.get().token
    assert requested.to == ["bo@example.org"]
    assert f"https://leafline.example.org/subscriptions/{token}/confirm/" in requested.body


def test_a_mail_tells_what_happened_and_can_be_ended_by_one_click(subscriber, announced):
    one = subscriber()
    cutoff = announced(note="Wasps & bees first.")
    sending.deliver(NOW)
    (sent,) = mail.outbox
    end = f"https://leafline.example.org/subscriptions/{one.token}/unsubscribe/"
    assert (sent.to, sent.subject) == (
        ["bo@example.org"],
        "Leafline: iNaturalist cutoff Winter 2027: announced",
    )
    assert sent.body.startswith(
        "Winter 2027: announced\nThe cutoff is on 20 January 2027, 00:00 UTC.\nCorrections count until the"
        " last minute. Labels made or refined after 6 January 2027, 00:00 UTC wait for the next export.\n"
        f"https://leafline.example.org/cutoffs/{cutoff.pk}/\n"
    )
    assert (
        "Observations to review now: https://leafline.example.org/hotspots/worklist/?criteria=inat-2022\n"
        in sent.body
    )
    assert end in sent.body
    headers = message_from_bytes(sent.message().as_bytes())
    assert "".join(headers["List-Unsubscribe"].split()) == f"<{end}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert statuses() == [("sent", 1, "")]
    sending.deliver(NOW)
    assert len(mail.outbox) == 1


def test_a_mail_says_how_a_clade_stands(subscriber, announced, world):
    subscriber(clade=Taxon.objects.get(pk=52775))
    announced()
    sending.deliver(NOW)
    assert (
        "Simulated: Bombus: classes 2, at risk 1; near the line 1; hotspots 0"
        " (1 November 2026, iNaturalist open data, iNaturalist API)."
    ) in mail.outbox[0].body
    assert "/hotspots/worklist/?criteria=inat-2022&groups=52775\n" in mail.outbox[0].body


def test_mails_follow_the_groups_and_places_of_an_account(subscriber, announced, anna, world):
    keep(anna, Choice(("52775", "47822"), ("ES",)))
    subscriber(user=anna, clade=Taxon.objects.get(pk=48486))
    announced()
    sending.deliver(NOW)
    body = mail.outbox[0].body
    assert [line.split(":")[1] for line in body.splitlines() if "near the line" in line] == [
        " Bombus",
        " Diptera",
    ]
    assert "/hotspots/worklist/?criteria=inat-2022&groups=52775%2C47822&places=ES\n" in body


def test_a_week_comes_in_one_mail(subscriber, announced, anna):
    subscriber(is_digest=True)
    cutoff = announced()
    sending.deliver(NOW)
    cutoffs.cancel(cutoff, "No disk.", by=anna, now=NOW)
    sending.deliver(NOW)
    assert mail.outbox == []
    sending.deliver(services.next_digest(NOW))
    (sent,) = mail.outbox
    assert sent.subject == "Leafline: what is new of iNaturalist cutoffs"
    assert "Observations to review" not in sent.body
    assert sent.body.index("Winter 2027: announced") < sent.body.index("Winter 2027: cancelled\nNo disk.")


def test_what_one_may_not_know_any_more_is_not_mailed(subscriber, announced, person):
    user = person("identifier", "know_identifiers_cutoffs")
    subscriber(user=user, is_digest=True)
    announced(audience="identifiers")
    sending.deliver(NOW)
    user.user_permissions.clear()
    sending.deliver(services.next_digest(NOW))
    assert mail.outbox == []
    assert not Delivery.objects.exists()


def test_a_failing_mail_server_is_tried_again_and_no_address_logged(
    subscriber, announced, monkeypatch, caplog
):
    subscriber()
    services.subscribe("new@example.org", EVERYTHING, clade=None, is_digest=False, user=None, now=NOW)
    announced()

    def refuse(*_):
        raise SMTPRecipientsRefused({"bo@example.org": (550, b"bo@example.org is unknown")})

    caplog.set_level(logging.DEBUG)
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        sending.deliver(NOW)
    assert statuses() == [("waiting", 1, "It was not sent (SMTPRecipientsRefused).")]
    assert "example.org" not in caplog.text
    sending.deliver(NOW + MINUTE)
    assert sorted(one.to[0] for one in mail.outbox) == ["bo@example.org", "new@example.org"]


def test_no_header_can_be_put_into_a_mail(subscriber, announced):
    subscriber()
    announced(name="Winter\nBcc: all@example.org")
    sending.deliver(NOW)
    assert "Bcc" not in mail.outbox[0].message()


@override_settings(EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend")
def test_without_a_mail_server_mails_are_files(subscriber, announced, settings, tmp_path):
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    subscriber()
    announced()
    sending.deliver(NOW)
    (file,) = (tmp_path / "mail").iterdir()
    assert "Winter 2027: announced" in file.read_text()


# Webhooks


def test_a_call_is_signed(webhook, announced, server):
    hook = webhook()
    cutoff = announced()
    sending.deliver(NOW)
    ((path, headers, body),) = server.got
    assert (path, headers["Host"]) == ("/leafline", "hooks.example.org")
    delivery_id = str(Delivery.objects.get().pk)
    timestamp = headers["webhook-timestamp"]
    assert (timestamp, headers["webhook-id"]) == (str(int(NOW.timestamp())), delivery_id)
    # As standardwebhooks.com writes it: HMAC-SHA256 of "id.timestamp.body", in base64.
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    by_hand = base64.b64encode(hmac.new(hook.secret.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{by_hand}"
    # The old headers are sent beside them for one release.
    assert headers["X-Leafline-Timestamp"] == timestamp
    expected = hmac.new(hook.secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Leafline-Signature"] == f"sha256={expected}"
    assert headers["X-Leafline-Delivery"] == delivery_id
    assert json.loads(body) == {
        "event": "announced",
        "at": "2026-12-01T09:00:00+00:00",
        "note": "",
        "cutoff": {
            "id": cutoff.pk,
            "uid": str(cutoff.uid),
            "sequence": 0,
            "name": "Winter 2027",
            "state": "announced",
            "cutoff_at": "2027-01-20T00:00:00+00:00",
            "window_start": "2027-01-06T00:00:00+00:00",
            "criteria": "inat-2022",
            "commitment": cutoff.commitment,
            "model": "",
            "is_simulated": False,
            "url": f"https://leafline.example.org/cutoffs/{cutoff.pk}/",
        },
    }
    assert statuses() == [("sent", 1, "")]


@pytest.mark.parametrize(
    ("values", "keys", "told"),
    [
        ({"format": "slack"}, {"text"}, "Tom &amp; &lt;Jerry&gt;: announced\nThe cutoff is on"),
        ({"format": "discord"}, {"content", "allowed_mentions"}, "Tom & <Jerry>: announced\nThe cutoff"),
        (DISCOURSE, {"title", "raw"}, "Tom & <Jerry>: announced"),
        (DISCOURSE | {"topic_id": 7}, {"topic_id", "raw"}, "Tom & <Jerry>: announced"),
    ],
)  # fmt: skip
def test_slack_discord_and_discourse_get_what_they_read(webhook, announced, server, values, keys, told):
    webhook(**values)
    announced(name="Tom & <Jerry>")
    sending.deliver(NOW)
    ((_, headers, body),) = server.got
    content = json.loads(body)
    assert set(content) == keys
    said = next(content[name] for name in ("text", "raw", "content") if name in content)
    assert said.startswith(told)
    assert (headers.get("Api-Key"), headers.get("Api-Username")) == (
        ("k", "u") if "api_key" in values else (None, None)
    )


def test_each_post_on_discourse_has_a_title_of_its_own(webhook, announced, anna, server):
    """Discourse refuses a title that it has seen, and one of fewer than 15 characters."""
    webhook(**DISCOURSE)
    cutoff = announced(name="V3")
    for days in (7, 14, 7):
        moved = cutoffs.edit(cutoff, {"cutoff_at": cutoff.cutoff_at + days * DAY}, by=anna, now=NOW)
        sending.deliver(NOW)
        cutoff = moved if days == 14 else cutoff
    titles = [json.loads(body)["title"] for _, _, body in server.got]
    assert titles == [
        "V3: announced (cutoff on 2027-01-27, update 1)",
        "V3: changed (cutoff on 2027-01-27, update 2)",
        "V3: changed (cutoff on 2027-02-03, update 3)",
        "V3: changed (cutoff on 2027-02-10, update 4)",
    ]


def test_a_longest_title_is_cut(webhook, announced, settings):
    event = CutoffNews(announced(name="N" * 100, is_simulated=True).events.last())
    title = json.loads(messages.call(webhook(**DISCOURSE), event, "1", NOW)[0])["title"]
    assert 15 <= len(title) <= 255


def test_a_key_that_is_no_header_breaks_no_call(webhook, announced):
    event = CutoffNews(announced().events.last())
    one = webhook(format="discourse", api_key="k\r\nX-Injected: 1", api_user="Юля")
    _, headers = messages.call(one, event, "1", NOW)
    assert headers["Api-Key"] == "k X-Injected: 1"
    assert headers["Api-Username"].encode("latin-1").decode() == "Юля"


def test_no_control_character_reaches_a_mail_or_a_program(subscriber, webhook, announced):
    subscriber()
    cutoff = announced()
    Cutoff.objects.filter(pk=cutoff.pk).update(name="V\v3\x07")
    event = Event.objects.get(cutoff=cutoff, is_told=True)
    event.note = "first\vsecond\x1b"
    news = CutoffNews(event)
    mail_ = messages.mail(Subscription.objects.get(), [news])
    assert (mail_.subject, mail_.body.splitlines()[:3]) == (
        "Leafline: iNaturalist cutoff V 3: announced",
        ["V 3: announced", "first", "second"],
    )
    for kind in Webhook.Format.values:
        body, _ = messages.call(webhook(format=kind, api_key="k", api_user="u"), news, "1", NOW)
        assert not re.search(r"\\u00[01]", body.decode())


def test_a_redirect_is_not_followed(webhook, announced, server):
    webhook()
    announced()
    server.answers = [307]
    sending.deliver(NOW)
    assert [path for path, *_ in server.got] == ["/leafline"]
    assert statuses() == [("waiting", 1, "The answer was 307.")]


def test_what_fails_is_tried_again_until_it_arrives(webhook, announced, server):
    webhook()
    announced()
    server.answers = [500, 429]
    at = NOW
    for _ in range(4):
        sending.deliver(at)
        at += timedelta(hours=1)
    assert [status for status, *_ in statuses()] == ["sent"]
    keys = {headers["X-Leafline-Delivery"] for _, headers, _ in server.got}
    assert keys == {str(Delivery.objects.get().pk)}
    assert len(server.got) == 3


def test_a_private_target_is_refused_at_each_attempt(webhook, announced):
    webhook(url="https://127.0.0.1/leafline")
    announced()
    sending.deliver(NOW)
    assert statuses() == [("waiting", 1, "127.0.0.1 lies in a private network: give a public address.")]


def test_a_server_that_is_gone_is_recorded(webhook, announced, server, monkeypatch):
    webhook()
    announced()
    monkeypatch.setattr(addresses, "_pool", lambda *_: urllib3.HTTPConnectionPool("127.0.0.1", 1))
    sending.deliver(NOW)
    assert statuses() == [("waiting", 1, "It was not sent (NewConnectionError).")]


def test_a_webhook_is_not_told_of_what_is_public_no_more(webhook, announced, server):
    webhook()
    announced()
    services.fan_out(NOW)
    Cutoff.objects.update(audience="staff")
    sending.deliver(NOW)
    assert server.got == []
    assert not Delivery.objects.exists()


def test_a_library_of_standard_webhooks_verifies_a_call(webhook, announced, server):
    hook = webhook()
    announced()
    sending.deliver(timezone.now())
    ((_, headers, body),) = server.got
    receiver = standardwebhooks.Webhook(messages.signing_secret(hook))
    assert receiver.verify(body, dict(headers)) == json.loads(body)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        receiver.verify(body + b" ", dict(headers))
