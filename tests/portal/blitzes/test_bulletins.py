"""Mails and calls about blitzes: each of the three moments once, to whom it concerns and who may know."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError

from portal import news
from portal.blitzes import services
from portal.blitzes.models import Blitz
from portal.blitzes.states import State
from portal.cutoffs.models import Audience
from portal.interests.choices import Choice
from portal.interests.services import keep
from portal.notices import addresses, messages, queries, sending
from portal.notices import services as notices
from portal.notices.models import OF_BLITZES, Delivery, NewsFanOut, Phase, Webhook
from portal.taxa.models import Taxon
from tests.portal.blitzes.conftest import BOMBUS, DAY, ENDS_AT, EXPECTED, HOUR, STARTS_AT
from tests.portal.notices.conftest import subscriber, webhook

__all__ = ["subscriber", "webhook"]

LAST_DAYS_AT = ENDS_AT - 2 * DAY
TITLE = "Simulated: Bumble bees before the cutoff"


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = "https://leafline.example.org"


@pytest.fixture
def calls(monkeypatch) -> list[tuple[str, dict, dict]]:
    """What was posted: address, body, headers."""
    posted = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        posted.append((url, json.loads(body), headers))
        return 204

    monkeypatch.setattr(addresses, "post", post)
    return posted


def measured(blitz: Blitz) -> None:
    """Its result is known, an hour after its end."""
    values = {"data_as_of": ENDS_AT + HOUR, "looked_at": 9, "moved": 4, "moved_photos": 7}
    services.record(blitz, ENDS_AT, {**EXPECTED, **values}, now=ENDS_AT + HOUR)


def subjects() -> list[str]:
    return [one.subject for one in mail.outbox]


def test_three_mails_come_of_a_blitz_however_often_one_looks(subscriber, at_state):
    subscriber(phases=list(OF_BLITZES))
    blitz = at_state(State.RUNNING)
    at = STARTS_AT
    while at < ENDS_AT:
        sending.deliver(at)
        at += 12 * HOUR
    services.advance_due(now=ENDS_AT)
    for days in (0, 1):
        sending.deliver(ENDS_AT + days * DAY)
    measured(blitz)
    for days in (2, 3, 30):
        sending.deliver(ENDS_AT + days * DAY)
    assert subjects() == [
        f"Leafline: iNaturalist blitz {TITLE}: {what}"
        for what in ("it has begun", "the last two days", "the result")
    ]
    begun, _last, result = mail.outbox
    link = f"https://leafline.example.org/blitzes/{blitz.pk}/"
    assert begun.body.startswith(
        f"{TITLE}: it has begun\nMany are named from a suggestion alone.\n"
        "About 61 of 540 observations under hotspot labels are expected to be wrong (48 to 78).\n"
        f"It ends on 24 November 2026, 00:00 UTC.\n{link}\n\n-- \n"
    )
    assert result.body.startswith(
        f"{TITLE}: the result\n9 labels were looked at since it began; 4 were moved away, with 7 photos.\n"
        f"Thank you to everybody who looked, at a wrong label or a right one.\n{link}\n\n-- \n"
    )
    assert result.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_who_subscribed_to_cutoffs_alone_hears_of_no_blitz(subscriber, at_state):
    """Addresses from before there were mails of blitzes asked for the phases of cutoffs."""
    subscriber(phases=[one for one in Phase.values if one not in OF_BLITZES])
    at_state(State.RUNNING)
    sending.deliver(STARTS_AT)
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("groups", "is_mailed"),
    [
        ((), True),
        ((str(BOMBUS),), True),
        (("47158",), True),  # insects hold the bumble bees
        (("47822", "57516"), True),  # a bumble bee lies in them
        (("47822",), False),  # flies
        (("999999999", "Nobody"), False),
    ],
)
def test_people_hear_of_the_blitzes_of_their_groups(subscriber, at_state, ida, groups, is_mailed):
    keep(ida, Choice(groups, ("ES",)))
    subscriber(user=ida)
    subscriber("two@example.org", clade=Taxon.objects.get(pk=BOMBUS))
    subscriber("three@example.org", clade=Taxon.objects.get(pk=47822))
    at_state(State.RUNNING)
    sending.deliver(STARTS_AT)
    receivers = ["bo@example.org"] * is_mailed + ["two@example.org"]
    assert sorted(address for one in mail.outbox for address in one.to) == receivers


def test_a_blitz_of_a_cutoff_for_staff_is_sent_to_staff_alone(
    subscriber, webhook, at_state, make_cutoff, person, calls
):
    subscriber("stranger@example.org")
    subscriber("staff@example.org", user=person("staff", "view_cutoff"))
    webhook()
    services.approve(
        at_state(State.PROPOSED, cutoff=make_cutoff(audience=Audience.STAFF)), by=None, now=STARTS_AT
    )
    for key in OF_BLITZES:
        assert key in Phase.values
    sending.deliver(STARTS_AT)
    assert [one.to for one in mail.outbox if "blitz" in one.subject] == [["staff@example.org"]]
    assert [body for _url, body, _headers in calls if "blitz" in body] == []


def test_what_is_over_or_called_off_is_not_sent_late(subscriber, webhook, at_state, calls, monkeypatch):
    """A weekly mail, or a program that did not answer, may come to it days later."""
    subscriber(is_digest=True)
    hook = webhook()
    running = at_state(State.RUNNING)
    monkeypatch.setattr(addresses, "post", lambda *_: 500)
    sending.deliver(STARTS_AT)
    assert {one.news for one in Delivery.objects.all()} == {f"blitz-{running.pk}-begun"}
    services.cancel(running, "No time.", by=None, now=STARTS_AT + HOUR)
    sending.deliver(STARTS_AT + 7 * DAY)
    assert (mail.outbox, calls) == ([], [])
    assert not Delivery.objects.filter(webhook=hook).exists()


def test_the_last_days_are_not_sent_after_the_end(subscriber, at_state):
    subscriber(is_digest=True)
    at_state(State.RUNNING)
    notices.fan_out(LAST_DAYS_AT)
    services.advance_due(now=ENDS_AT)
    sending.deliver(ENDS_AT + 7 * DAY)
    assert mail.outbox == []
    assert not Delivery.objects.exists()


def test_a_digest_has_cutoffs_and_blitzes_in_the_order_of_time(subscriber, at_state, make_cutoff):
    subscriber(is_digest=True)
    make_cutoff()
    at_state(State.RUNNING)
    sending.deliver(STARTS_AT)
    sending.deliver(notices.next_digest(STARTS_AT))
    (sent,) = mail.outbox
    assert sent.subject == "Leafline: what is new of iNaturalist cutoffs and blitzes"
    assert sent.body.index("Winter 2027: announced") < sent.body.index(f"{TITLE}: it has begun")


def test_mails_of_a_blitz_are_in_the_language_of_the_subscription(subscriber, at_state):
    subscriber(language="es")
    at_state(State.RUNNING)
    sending.deliver(STARTS_AT)
    (sent,) = mail.outbox
    assert "it has begun" not in sent.body
    assert "ha empezado" in sent.body


def test_programs_get_the_blitz_as_json(webhook, at_state, calls):
    webhook()
    blitz = at_state(State.RUNNING)
    measured(blitz)
    Blitz.objects.filter(pk=blitz.pk).update(state=State.FINISHED)
    sending.deliver(ENDS_AT + DAY)
    ((url, body, headers),) = calls
    assert (url, headers["webhook-id"]) == (
        "https://hooks.example.org/leafline",
        str(Delivery.objects.get().pk),
    )
    wrong = {name: EXPECTED[name] for name in list(EXPECTED)[:4]}
    assert body == {
        "event": "blitz-result",
        "at": "2026-11-24T01:00:00+00:00",
        "blitz": {
            "id": blitz.pk,
            "title": "Bumble bees before the cutoff",
            "purpose": "Many are named from a suggestion alone.",
            "state": "finished",
            "clade": {"taxon_id": BOMBUS, "name": "Bombus"},
            "criteria": "inat-2022",
            "starts_at": "2026-11-10T00:00:00+00:00",
            "ends_at": "2026-11-24T00:00:00+00:00",
            "looked_at": 9,
            "moved": 4,
            "before": {"at": body["blitz"]["before"]["at"], **wrong},
            "latest": {"at": "2026-11-24T00:00:00+00:00", **wrong},
            "is_final": True,
            "is_simulated": True,
            "url": f"https://leafline.example.org/blitzes/{blitz.pk}/",
        },
    }


def test_discourse_gets_a_title_of_its_own_and_discord_a_short_text(webhook, at_state):
    blitz = at_state(State.RUNNING, purpose="x" * 1000, title="V3")
    (one,) = news.recent(STARTS_AT)
    body, _headers = messages.call(webhook(format=Webhook.Format.DISCOURSE), one, "1", STARTS_AT)
    assert json.loads(body)["title"] == ("Simulated: V3: it has begun (blitz from 2026-11-10 to 2026-11-24)")
    body, _headers = messages.call(webhook(format=Webhook.Format.DISCORD), one, "1", STARTS_AT)
    content = json.loads(body)["content"]
    assert content.endswith(f"\nhttps://leafline.example.org/blitzes/{blitz.pk}/")
    assert len(content) <= messages.LONGEST_ON_DISCORD


def test_two_processes_write_the_news_of_a_blitz_down_once(subscriber, at_state, monkeypatch):
    subscriber()
    at_state(State.RUNNING)
    new = queries.new(STARTS_AT)
    assert notices.fan_out(STARTS_AT) == 1
    monkeypatch.setattr(queries, "new", lambda _now: new)
    assert notices.fan_out(STARTS_AT) == 0
    (made,) = Delivery.objects.all()
    with pytest.raises(IntegrityError):
        Delivery.objects.create(news=made.news, subscription=made.subscription, due_at=STARTS_AT)


def test_a_delivery_is_of_an_event_or_of_news(subscriber, at_state):
    at_state(State.RUNNING)
    with pytest.raises(IntegrityError):
        Delivery.objects.create(subscription=subscriber(), due_at=STARTS_AT)


def test_who_subscribes_later_hears_of_no_earlier_start(subscriber, at_state):
    at_state(State.RUNNING)
    sending.deliver(STARTS_AT)
    subscriber()
    sending.deliver(STARTS_AT + DAY)
    assert mail.outbox == []
    assert NewsFanOut.objects.count() == 1


def test_a_result_of_long_ago_is_not_sent(at_state):
    measured(at_state(State.RUNNING))
    Blitz.objects.update(state=State.FINISHED)
    result = ENDS_AT + timedelta(days=92)
    assert [[one.phase for one in news.recent(at)] for at in (result, result + DAY)] == [["blitz-result"], []]


def test_a_source_has_a_name_of_its_own():
    with pytest.raises(ValueError, match="there is a source blitz already"):
        news.add("blitz", None)
    assert news.named(["unknown-1-begun", "blitz-x-begun", "blitz"]) == {}
