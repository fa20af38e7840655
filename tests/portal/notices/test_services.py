"""Asking, confirming, forgetting; and that each delivery is written down and claimed once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError

from exporter.messages import plain
from portal.cutoffs import services as cutoffs
from portal.cutoffs.states import State
from portal.messages import message
from portal.notices import queries, services
from portal.notices.cutoff_news import CutoffNews
from portal.notices.models import Delivery, Phase, Subscription
from tests.portal.notices.conftest import EVERYTHING, NOW

WANTED = {"phases": [Phase.ANNOUNCED], "clade": None, "is_digest": False, "user": None}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def told():
    """Who is to be told of what."""
    return {
        (one.subscription.email if one.subscription else one.webhook.name, CutoffNews(one.event).phase)
        for one in Delivery.objects.all()
    }


# Subscribing


def test_an_address_is_put_down_to_be_asked(db):
    services.subscribe("bo@example.org", **WANTED, now=NOW)
    one = Subscription.objects.get()
    assert (one.email, one.phases, one.confirmed_at, one.question_sent_at) == (
        "bo@example.org", ["announced"], None, None,
    )  # fmt: skip
    assert len(one.token) >= 43


def test_an_address_is_asked_at_most_once_an_hour(db):
    services.subscribe("bo@example.org", **WANTED, now=NOW)
    Subscription.objects.update(question_sent_at=NOW)
    services.subscribe("BO@example.org", **WANTED, now=NOW + HOUR)
    assert queries.unasked().count() == 0
    services.subscribe("Bo@example.org", **WANTED, now=NOW + HOUR + MINUTE)
    assert [one.email for one in queries.unasked()] == ["bo@example.org"]


def test_nobody_else_changes_what_a_confirmed_address_is_told(subscriber):
    one = subscriber()
    services.subscribe("bo@example.org", **WANTED, now=NOW + DAY)
    one.refresh_from_db()
    assert (one.phases, one.asked_at) == (EVERYTHING, NOW)
    assert queries.unasked().count() == 0


def test_the_database_keeps_one_subscription_an_address(subscriber):
    subscriber()
    with pytest.raises(IntegrityError):
        Subscription.objects.create(email="BO@example.org", asked_at=NOW)


def test_unsubscribing_forgets_the_address_and_what_was_to_be_sent(subscriber, announced):
    one = subscriber()
    announced()
    services.fan_out(NOW)
    for _ in range(2):
        services.unsubscribe(one.token)
    assert not Subscription.objects.exists()
    assert not Delivery.objects.exists()


def test_who_does_not_answer_is_forgotten(subscriber):
    subscriber("keen@example.org")
    services.subscribe("shy@example.org", **WANTED, now=NOW)
    services.tidy(NOW + 7 * DAY)
    assert Subscription.objects.count() == 2
    services.tidy(NOW + 7 * DAY + MINUTE)
    assert [one.email for one in Subscription.objects.all()] == ["keen@example.org"]


# Who is told of what


def test_an_event_goes_once_to_each_who_asked_for_it(subscriber, webhook, announced):
    subscriber("all@example.org")
    subscriber("end@example.org", phases=["exported"])
    webhook()
    webhook(name="Deaf", phases=["published"])
    webhook(name="Off", is_active=False)
    services.subscribe("silent@example.org", **WANTED, now=NOW)
    announced()
    assert services.fan_out(NOW) == 2
    assert told() == {("all@example.org", "announced"), ("Forum", "announced")}
    assert services.fan_out(NOW) == 0


@pytest.mark.parametrize("audience", ["identifiers", "staff"])
def test_a_cutoff_for_some_is_told_to_those_alone(subscriber, webhook, announced, person, audience):
    subscriber("stranger@example.org")
    subscriber("member@example.org", user=person("member"))
    subscriber("identifier@example.org", user=person("identifier", "know_identifiers_cutoffs"))
    subscriber("staff@example.org", user=person("staff", "view_cutoff"))
    webhook()
    announced(audience=audience)
    services.fan_out(NOW)
    known = {"identifiers": {"identifier@example.org", "staff@example.org"}, "staff": {"staff@example.org"}}
    assert told() == {(email, "announced") for email in known[audience]}


def test_what_is_for_staff_alone_is_no_event_to_tell_of(subscriber, draft, anna, at_state):
    subscriber()
    cutoffs.cancel(draft(), "Never mind.", by=anna)
    cutoffs.edit(at_state(State.HELD), {"note": "x"}, by=anna)
    cutoffs.fail(at_state(State.SNAPSHOTTING), plain("secret"))
    services.fan_out(NOW)
    assert {phase for _, phase in told()} == {"announced", "changed"}


def test_two_processes_write_an_event_down_once(subscriber, announced, monkeypatch):
    subscriber()
    announced()
    events = list(queries.new_events())
    services.fan_out(NOW)
    monkeypatch.setattr(queries, "new_events", lambda: events)
    assert services.fan_out(NOW) == 0
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (datetime(2026, 12, 1, 10, tzinfo=UTC), datetime(2026, 12, 7, 8, tzinfo=UTC)),
        (datetime(2026, 12, 7, 7, 59, tzinfo=UTC), datetime(2026, 12, 7, 8, tzinfo=UTC)),
        (datetime(2026, 12, 7, 8, tzinfo=UTC), datetime(2026, 12, 14, 8, tzinfo=UTC)),
    ],
)
def test_weekly_mails_go_out_on_mondays_at_eight(at, due):
    assert services.next_digest(at) == due


# Claims and retries


@pytest.fixture
def delivery(webhook, announced):
    webhook()
    announced()
    services.fan_out(NOW)
    return Delivery.objects.get()


def test_a_delivery_is_claimed_by_one(delivery):
    same = Delivery.objects.get()
    assert services.claim([delivery], NOW) == [delivery]
    assert services.claim([same], NOW) == []


def test_what_fails_is_tried_later_and_later_and_then_given_up(delivery):
    waits = []
    at = NOW
    for _ in range(6):
        assert services.claim([delivery], at)
        services.not_sent([delivery], [message("answered", status=500)], at)
        delivery.refresh_from_db()
        waits.append(delivery.due_at - at)
        at = delivery.due_at
    assert waits[:5] == list(services.BACKOFF)
    assert (delivery.status, delivery.attempts, delivery.failure) == (
        "given_up", 6, [{"code": "answered", "status": 500}],
    )  # fmt: skip
    assert services.claim([delivery], at) == []


def test_what_a_stopped_process_was_sending_is_sent_by_another(delivery):
    services.claim([delivery], NOW)
    services.tidy(NOW + services.STALE)
    assert services.claim([delivery], NOW) == []
    services.tidy(NOW + services.STALE + MINUTE)
    assert services.claim([delivery], NOW) == [delivery]
