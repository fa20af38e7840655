"""Reads for mails and webhooks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet

from portal import news
from portal.cutoffs.models import Cutoff, Event
from portal.cutoffs.queries import Viewer, will_know
from portal.interests.choices import NOTHING, Choice
from portal.interests.queries import kept_of
from portal.news import News
from portal.notices.cutoff_news import CutoffNews
from portal.notices.models import Delivery, FanOut, NewsFanOut, Phase, Subscription, Webhook

#: How many events, and how many deliveries, one round takes.
AT_ONCE = 200
LOG_LINES = 100


def new_events() -> QuerySet[Event]:
    """Events that people get news of and whose deliveries are not written down yet, oldest first."""
    done = FanOut.objects.filter(event=OuterRef("pk"))
    return Event.objects.filter(~Exists(done), is_told=True).select_related("cutoff").order_by("id")[:AT_ONCE]


def new(now: datetime) -> list[News]:
    """What people get news of and whose deliveries are not written down yet."""
    of_rooms = news.recent(now)
    done = set(NewsFanOut.objects.filter(key__in=[one.key for one in of_rooms]).values_list("key", flat=True))
    of_cutoffs: list[News] = [CutoffNews(event) for event in new_events()]
    return of_cutoffs + [one for one in of_rooms if one.key not in done]


def subscribers(one: News, now: datetime) -> list[Subscription]:
    """The confirmed addresses that subscribe to such news, may know of them, and whose groups they concern.

    Who chose no group gets the news of all.
    """
    rows = _asking_for(one.phase, lambda viewer: one.is_for(viewer or AnonymousUser(), now))
    groups = {row: choice_for(row).groups for row in rows}
    concerned = one.groups_concerned({group for some in groups.values() for group in some})
    return [row for row, some in groups.items() if not some or concerned.intersection(some)]


def _asking_for(phase: str, knows: Callable[[Viewer | None], bool]) -> list[Subscription]:
    """The confirmed addresses that subscribe to such news, of whoever ``knows``; None did not sign in."""
    is_public = knows(None)
    confirmed = Subscription.objects.filter(confirmed_at__isnull=False)
    confirmed = confirmed.select_related("user__interests", "clade").order_by("id")
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


def webhooks(one: News, now: datetime) -> list[Webhook]:
    """The programs that subscribe to such news; they get what is public alone."""
    return _called_for(one.phase) if one.is_for(AnonymousUser(), now) else []


def _called_for(phase: str) -> list[Webhook]:
    return [one for one in Webhook.objects.filter(is_active=True) if phase in one.phases]


def unasked() -> QuerySet[Subscription]:
    """Addresses that are to confirm that they want mails."""
    return Subscription.objects.filter(confirmed_at=None, question_sent_at=None).order_by("id")[:AT_ONCE]


def due_mails(now: datetime) -> list[tuple[Subscription, list[Delivery]]]:
    """What is to be mailed now, by subscription: one mail each."""
    due = _due(now).filter(subscription__isnull=False).order_by("subscription_id", "event_id", "news")
    rows = due.select_related("subscription__user__interests", "subscription__clade", "event__cutoff")[
        :AT_ONCE
    ]
    return [(one, list(group)) for one, group in groupby(rows, key=lambda row: row.subscription)]


def with_news(rows: Iterable[Delivery]) -> list[tuple[Delivery, News | None]]:
    """Deliveries with what each is about, the oldest news first; None where that is no more."""
    rows = list(rows)
    named = news.named(row.news for row in rows if row.news)
    pairs = [(row, CutoffNews(row.event) if row.event else named.get(row.news)) for row in rows]
    return sorted(pairs, key=lambda pair: (pair[1].at if pair[1] else pair[0].due_at, pair[0].news))


def choice_for(subscription: Subscription) -> Choice:
    """What mails are narrowed to: what the subscriber's account keeps, or the clade of the subscription."""
    kept = kept_of(subscription.user) if subscription.user else None
    if kept is not None or subscription.clade is None:
        return kept or NOTHING
    return Choice((str(subscription.clade.pk),))


def due_calls(now: datetime) -> QuerySet[Delivery]:
    """What is to be sent to webhooks now."""
    due = _due(now).filter(webhook__isnull=False, webhook__is_active=True).order_by("event_id", "news")
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


def delivery_log() -> list[tuple[Delivery, News | None]]:
    """What was sent to webhooks, latest first, each with what it was about."""
    calls = Delivery.objects.filter(webhook__isnull=False).select_related("webhook", "event__cutoff")
    return with_news(calls.order_by("-due_at", "webhook_id")[:LOG_LINES])[::-1]
