"""Writes to subscriptions, webhooks and deliveries."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from datetime import time as clock

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from exporter.messages import Message
from portal.hotspots.models import SavedSearch
from portal.news import News
from portal.notices import queries
from portal.notices.cutoff_news import CutoffNews
from portal.notices.models import (
    Delivery,
    FanOut,
    Mailed,
    NewsFanOut,
    SearchMail,
    Subscription,
    Webhook,
    new_token,
)
from portal.taxa.models import Taxon

#: How long after each failure the next attempt is made; then it is given up.
BACKOFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
#: A process that has been sending for so long was stopped: somebody else tries.
STALE = timedelta(minutes=15)
#: An address gets one question at most in this time, and is forgotten without an answer.
ASK_AGAIN = timedelta(hours=1)
FORGET = timedelta(days=7)
#: When the weekly mails go out: Mondays, UTC.
DIGEST_AT = clock(8, tzinfo=UTC)


@transaction.atomic
def subscribe(
    email: str,
    phases: list[str],
    *,
    clade: Taxon | None = None,
    is_digest: bool,
    language: str = settings.LANGUAGE_CODE,
    user: User | None,
    now: datetime | None = None,
) -> None:
    """Put down that an address is to get the question. One that has confirmed already is left as it is.

    Whoever calls learns nothing of whether the address was known.
    """
    at = now or timezone.now()
    values = {
        "phases": phases,
        "clade": clade,
        "is_digest": is_digest,
        "language": language,
        "user": user,
        "asked_at": at,
    }
    known = Subscription.objects.filter(email__iexact=email).first()
    if known is None:
        with suppress(IntegrityError), transaction.atomic():  # else another request did so, just now
            Subscription.objects.create(email=email, **values)
    elif known.confirmed_at is None:
        if known.question_sent_at and at - known.question_sent_at > ASK_AGAIN:
            values["question_sent_at"] = None
        Subscription.objects.filter(pk=known.pk).update(**values)


def confirm(subscription: Mailed, now: datetime | None = None) -> None:
    """The address has answered: mails may be sent."""
    _row(subscription).filter(confirmed_at=None).update(confirmed_at=now or timezone.now())


def _row(mailed: Mailed) -> QuerySet[Mailed]:
    return type(mailed)._default_manager.filter(pk=mailed.pk)


def change(
    subscription: Subscription,
    *,
    phases: list[str],
    clade: Taxon | None = None,
    is_digest: bool,
    language: str,
) -> None:
    """Change which news the address gets, and in which language."""
    Subscription.objects.filter(pk=subscription.pk).update(
        phases=phases, clade=clade, is_digest=is_digest, language=language
    )


def unsubscribe(token: str) -> None:
    """Forget the address, and what was to be sent to it. Twice does no harm."""
    Subscription.objects.filter(token=token).delete()


def add_webhook(values: Mapping[str, object], now: datetime | None = None) -> Webhook:
    """Make a webhook with a secret of its own."""
    return Webhook.objects.create(**values, made_at=now or timezone.now())


def remove_webhook(webhook: Webhook) -> None:
    """Take a webhook away, with its log."""
    webhook.delete()


def fan_out(now: datetime | None = None) -> int:
    """Write down the deliveries of everything that people get news of, each once; gives how many."""
    at = now or timezone.now()
    return sum(_fan_out(one, at) for one in queries.new(at))


def _fan_out(one: News, at: datetime) -> int:
    about = {"event": one.event} if isinstance(one, CutoffNews) else {"news": one.key}
    try:
        with transaction.atomic():
            _mark(one)
            deliveries = [
                Delivery(**about, subscription=to, due_at=next_digest(at) if to.is_digest else at)
                for to in queries.subscribers(one, at)
            ]
            deliveries += [Delivery(**about, webhook=to, due_at=at) for to in queries.webhooks(one, at)]
            Delivery.objects.bulk_create(deliveries)
    except IntegrityError:
        return 0  # another process is at these news
    return len(deliveries)


def _mark(one: News) -> None:
    """Write down that its deliveries are made. IntegrityError if they were already."""
    if isinstance(one, CutoffNews):
        FanOut.objects.create(event=one.event)
    else:
        NewsFanOut.objects.create(key=one.key)


def next_digest(at: datetime) -> datetime:
    """The next Monday's hour of the weekly mails, after this time."""
    monday = at.date() - timedelta(days=at.weekday())
    due = datetime.combine(monday, DIGEST_AT)
    return due if due > at else due + timedelta(days=7)


def claim(deliveries: Iterable[Delivery], now: datetime | None = None) -> list[Delivery]:
    """Those of the deliveries that are this process's to send now: no other one gets them."""
    at = now or timezone.now()
    return [
        delivery
        for delivery in deliveries
        if Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.WAITING).update(
            status=Delivery.Status.SENDING, claimed_at=at, attempts=F("attempts") + 1
        )
    ]


def sent(deliveries: Iterable[Delivery], now: datetime | None = None) -> None:
    """Record that they arrived."""
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries]).update(
        status=Delivery.Status.SENT, sent_at=now or timezone.now(), failure=[]
    )


def not_sent(deliveries: Iterable[Delivery], why: list[Message], now: datetime | None = None) -> None:
    """Record why they did not arrive; they are tried again later, or given up."""
    at = now or timezone.now()
    for delivery in Delivery.objects.filter(pk__in=[one.pk for one in deliveries]):
        is_last = delivery.attempts > len(BACKOFF)
        delivery.status = Delivery.Status.GIVEN_UP if is_last else Delivery.Status.WAITING
        delivery.due_at = delivery.due_at if is_last else at + BACKOFF[delivery.attempts - 1]
        delivery.failure = why
        delivery.save()


def withdraw(deliveries: Iterable[Delivery]) -> None:
    """Take away what its receiver may not know any more."""
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries]).delete()


def claim_question(subscription: Mailed, now: datetime | None = None) -> bool:
    """Whether it is for this process to ask the address."""
    waiting = _row(subscription).filter(question_sent_at=None)
    return bool(waiting.update(question_sent_at=now or timezone.now()))


def question_not_sent(subscription: Mailed) -> None:
    """The address is to get the question again."""
    _row(subscription).update(question_sent_at=None)


def tidy(now: datetime | None = None) -> None:
    """Take up what a stopped process left, and forget addresses that never answered."""
    at = now or timezone.now()
    Delivery.objects.filter(status=Delivery.Status.SENDING, claimed_at__lt=at - STALE).update(
        status=Delivery.Status.WAITING
    )
    for model in (Subscription, SearchMail):
        model.objects.filter(confirmed_at=None, asked_at__lt=at - FORGET).delete()


# Searches ----------------------------------------------------------------------------------------


@transaction.atomic
def subscribe_to_search(
    search: SavedSearch, email: str, *, language: str, now: datetime | None = None
) -> SearchMail:
    """Have mails about a search sent to an address, in place of a former one; returns what is put down.

    An address that its owner has confirmed for the same account already needs no further question.
    """
    at = now or timezone.now()
    is_known = queries.has_confirmed(search.person, email)
    former = SearchMail.objects.filter(search=search).first()
    is_recent = former is not None and former.email == email and _was_asked(former, at)
    values = {
        "email": email,
        "language": language,
        "asked_at": at,
        "question_sent_at": at if is_known else former.question_sent_at if former and is_recent else None,
        "confirmed_at": None,
        "token": new_token(),
    }
    made, _is_new = SearchMail.objects.update_or_create(search=search, defaults=values)
    if is_known:
        confirm_search(made, at)
        made.refresh_from_db()
    return made


def _was_asked(mailed: Mailed, at: datetime) -> bool:
    return mailed.question_sent_at is not None and at - mailed.question_sent_at <= ASK_AGAIN


def confirm_search(mailed: SearchMail, now: datetime | None = None) -> None:
    """The address has answered: from now on it gets what is new, on Mondays."""
    at = now or timezone.now()
    SearchMail.objects.filter(pk=mailed.pk, confirmed_at=None).update(
        confirmed_at=at, due_at=next_digest(at), counted_to=queries.newest_count(mailed.search), attempts=0
    )


def end_search_mail(token: str) -> None:
    """Forget the address of a search's mails. Twice does no harm."""
    SearchMail.objects.filter(token=token).delete()


def claim_search_mail(mailed: SearchMail, now: datetime) -> bool:
    """Whether the mail is for this process to send."""
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - STALE)
    return bool(SearchMail.objects.filter(free, pk=mailed.pk, due_at__lte=now).update(claimed_at=now))


def search_mail_done(mailed: SearchMail, counted_to: int, now: datetime) -> None:
    """Record that the address has what is new up to a refresh; the next mail is due next Monday."""
    SearchMail.objects.filter(pk=mailed.pk).update(
        counted_to=counted_to, due_at=next_digest(now), claimed_at=None, attempts=0
    )


def search_mail_not_sent(mailed: SearchMail, now: datetime) -> None:
    """Try again later; after the last attempt next Monday, with what is new then too."""
    is_last = mailed.attempts >= len(BACKOFF)
    SearchMail.objects.filter(pk=mailed.pk).update(
        due_at=next_digest(now) if is_last else now + BACKOFF[mailed.attempts],
        attempts=0 if is_last else mailed.attempts + 1,
        claimed_at=None,
    )
