"""Reads for mails and webhooks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet

from portal.cutoffs.models import Cutoff, Event
from portal.cutoffs.queries import Viewer, visible_to, will_know
from portal.interests.choices import NOTHING, Choice
from portal.interests.queries import kept_of
from portal.notices.models import Delivery, FanOut, Phase, Subscription, Webhook

#: How many events, and how many deliveries, one round takes.
AT_ONCE = 200
LOG_LINES = 100


def phase_of(event: Event) -> str:
    """Under which heading people subscribe to an event."""
    return event.after if event.is_transition else Phase.CHANGED


def updates_until(event: Event) -> int:
    """Return how many times the audience has heard of the event's cutoff, this event included."""
    return Event.objects.filter(cutoff_id=event.cutoff_id, is_told=True, pk__lte=event.pk).count()


def new_events() -> QuerySet[Event]:
    """Events that people get news of and whose deliveries are not written down yet, oldest first."""
    done = FanOut.objects.filter(event=OuterRef("pk"))
    return Event.objects.filter(~Exists(done), is_told=True).select_related("cutoff").order_by("id")[:AT_ONCE]


def may_know(viewer: Viewer | None, cutoff: Cutoff) -> bool:
    """Whether whoever gets a message may know of the cutoff; None is somebody who did not sign in."""
    return visible_to(viewer or AnonymousUser()).filter(pk=cutoff.pk).exists()


def subscribers(event: Event) -> list[Subscription]:
    """The confirmed addresses that subscribe to such an event and may know of its cutoff."""
    return _asking_for(phase_of(event), lambda viewer: may_know(viewer, event.cutoff))


def _asking_for(phase: str, knows: Callable[[Viewer | None], bool]) -> list[Subscription]:
    """The confirmed addresses that subscribe to such news, of whoever ``knows``; None did not sign in."""
    is_public = knows(None)
    confirmed = Subscription.objects.filter(confirmed_at__isnull=False).select_related("user")
    return [one for one in confirmed if phase in one.phases and (is_public or (one.user and knows(one.user)))]


@dataclass(frozen=True)
class Audience:
    """How many mails and calls of webhooks something sends: at once, and with Monday's digest."""

    at_once: int
    on_monday: int
    webhooks: int


def audience_of_announcement(cutoff: Cutoff) -> Audience:
    """Whom announcing a cutoff would notify, by mail and by webhook."""

    def knows(viewer: Viewer | None) -> bool:
        return will_know(viewer or AnonymousUser(), cutoff)

    mailed = _asking_for(Phase.ANNOUNCED, knows)
    return Audience(
        at_once=sum(not one.is_digest for one in mailed),
        on_monday=sum(one.is_digest for one in mailed),
        webhooks=len(_called_for(Phase.ANNOUNCED)) if knows(None) else 0,
    )


def webhooks(event: Event) -> list[Webhook]:
    """The programs that subscribe to such an event; they get news of public cutoffs alone."""
    return _called_for(phase_of(event)) if may_know(None, event.cutoff) else []


def _called_for(phase: str) -> list[Webhook]:
    return [one for one in Webhook.objects.filter(is_active=True) if phase in one.phases]


def unasked() -> QuerySet[Subscription]:
    """Addresses that are to confirm that they want mails."""
    return Subscription.objects.filter(confirmed_at=None, question_sent_at=None).order_by("id")[:AT_ONCE]


def due_mails(now: datetime) -> list[tuple[Subscription, list[Delivery]]]:
    """What is to be mailed now, by subscription: one mail each."""
    due = _due(now).filter(subscription__isnull=False).order_by("subscription_id", "event_id")
    rows = due.select_related("subscription__user__interests", "subscription__clade", "event__cutoff")[
        :AT_ONCE
    ]
    return [(one, list(group)) for one, group in groupby(rows, key=lambda row: row.subscription)]


def choice_for(subscription: Subscription) -> Choice:
    """What mails are narrowed to: what the subscriber's account keeps, or the clade of the subscription."""
    kept = kept_of(subscription.user) if subscription.user else None
    if kept is not None or subscription.clade is None:
        return kept or NOTHING
    return Choice((str(subscription.clade.pk),))


def due_calls(now: datetime) -> QuerySet[Delivery]:
    """What is to be sent to webhooks now."""
    due = _due(now).filter(webhook__isnull=False, webhook__is_active=True).order_by("event_id")
    return due.select_related("webhook", "event__cutoff")[:AT_ONCE]


def _due(now: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(status=Delivery.Status.WAITING, due_at__lte=now)


def subscription(token: str) -> Subscription | None:
    """The subscription of that name."""
    return Subscription.objects.filter(token=token).select_related("clade").first()


def all_webhooks() -> QuerySet[Webhook]:
    """Every webhook, by name."""
    return Webhook.objects.all()


def webhook_with_id(webhook_id: int) -> Webhook | None:
    """The webhook of that id."""
    return Webhook.objects.filter(pk=webhook_id).first()


def delivery_log() -> QuerySet[Delivery]:
    """What was sent to webhooks, latest first."""
    calls = Delivery.objects.filter(webhook__isnull=False).select_related("webhook", "event__cutoff")
    return calls.order_by("-event_id", "webhook_id")[:LOG_LINES]
