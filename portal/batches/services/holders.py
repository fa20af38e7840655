"""Writes to holders."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from portal.accounts.queries import digest
from portal.batches import queries
from portal.batches.models import Answer, Batch, Holder, SeenObservation
from portal.opaque import new_key


def of_account(user: User, now: datetime | None = None) -> Holder:
    """The holder that an account is, made if it is new."""
    made, _is_new = Holder.objects.get_or_create(user=user, defaults={"used_at": now or timezone.now()})
    return made


def new_browser(now: datetime | None = None) -> tuple[Holder, str]:
    """A new holder without an account, with the key for its cookie, which is not kept here."""
    key = new_key()
    return Holder.objects.create(key_digest=digest(key), used_at=now or timezone.now()), key


@transaction.atomic
def adopt(user: User, key: str) -> Holder | None:
    """Give an account what its browser took before it signed in; the account's holder, if there is one then.

    What both have stays the account's.
    """
    browser = queries.holder_with_key(key)
    if browser is None:
        return Holder.objects.filter(user=user).first()
    holder = of_account(user)
    Batch.objects.filter(holder=browser).update(holder=holder)
    answered = Answer.objects.filter(holder=holder).order_by().values("observation_id")
    Answer.objects.filter(holder=browser).exclude(observation_id__in=answered).update(holder=holder)
    SeenObservation.objects.bulk_create(
        (SeenObservation(holder=holder, observation_id=number) for number in queries.seen_by(browser)),
        ignore_conflicts=True,
    )
    if browser.has_finished:
        Holder.objects.filter(pk=holder.pk).update(has_finished=True)
    browser.delete()
    return holder


def forget_seen(holder: Holder) -> None:
    """Show this holder again what was seen, answered or skipped."""
    SeenObservation.objects.filter(holder=holder).delete()


def forget(holder: Holder) -> None:
    """Delete a holder with all that is kept of it: batches, receipts, answers, what was seen."""
    holder.delete()
