"""Taking a batch, extending it, and ending it."""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from portal.batches import queries
from portal.batches.models import (
    COPIED,
    Batch,
    BatchRow,
    Holder,
    SeenObservation,
    SettledObservation,
)
from portal.batches.pools import Part, pool_of
from portal.batches.queries.leaving import leave_out
from portal.batches.services.tallying import tally
from portal.hotspots import queries as hotspots
from portal.hotspots.models import WorklistEntry
from portal.hotspots.queries import worklists
from portal.lake.locks import wait_to_take
from portal.lifecycle import NotAllowedError


@transaction.atomic
def take(holder: Holder, part: Part, *, now: datetime | None = None) -> Batch:
    """Give a holder the next batch of a part; nobody else gets these rows while they are held.

    NotAllowedError if the holder has enough batches, or nothing is free there.
    """
    at = now or timezone.now()
    wait_to_take()
    _release(at)
    _refuse_one_more(holder, at)
    entries = _drawn(holder, part, worklists.BATCH, at)
    if not entries:
        raise NotAllowedError(_("Nothing is free there now. Widen the choice, or come back later."))
    criteria = pool_of(part).criteria(part)
    counted = hotspots.counted_last(criteria)
    made = Batch.objects.create(
        holder=holder,
        pool=part.pool,
        query=part.query,
        criteria=criteria,
        counted_at=counted.data_as_of if counted else None,
        taken_at=at,
        held_until=at + queries.held_for(holder),
        language=get_language() or settings.LANGUAGE_CODE,
    )
    _add(made, entries, 0)
    Holder.objects.filter(pk=holder.pk).update(used_at=at)
    return made


def _refuse_one_more(holder: Holder, at: datetime) -> None:
    most = queries.most_batches(holder)
    if queries.count_open(holder, at) >= most:
        raise NotAllowedError(
            ngettext(
                "You have %(n)s batch. Finish it or return it first.",
                "You have %(n)s batches. Finish or return one first.",
                most,
            )
            % {"n": most}
        )


def _drawn(holder: Holder, part: Part, size: int, at: datetime) -> list[WorklistEntry]:
    pool, part = pool_of(part), dataclasses.replace(part, user=holder.user)
    return list(pool.draw(part, leave_out(holder, pool.criteria(part), at), size, at))


def _add(batch: Batch, entries: Iterable[WorklistEntry], first_place: int) -> list[BatchRow]:
    return BatchRow.objects.bulk_create(
        BatchRow(
            batch=batch,
            place=place,
            observation_id=entry.observation_id,
            observation_uuid=entry.observation_uuid,
            is_control=entry.pk is None,
            **{name: getattr(entry, name) for name in COPIED},
        )
        for place, entry in enumerate(entries, first_place)
    )


# What iNaturalist said ---------------------------------------------------------------------------


@transaction.atomic
def note_settled(settled: Mapping[int, str], now: datetime) -> None:
    """Remember which observations need no look, until a count knows of it."""
    SettledObservation.objects.bulk_create(
        (SettledObservation(observation_id=number, how=how, at=now) for number, how in settled.items()),
        update_conflicts=True,
        unique_fields=["observation_id"],
        update_fields=["how", "at"],
    )


@transaction.atomic
def replace(batch: Batch, settled: Mapping[int, str], now: datetime, *, refill: bool) -> list[BatchRow]:
    """Take settled rows out of a batch, and put the next of its part in their place; returns the new rows.

    Without ``refill`` nothing replaces them.
    """
    wait_to_take()
    gone, _by_model = BatchRow.objects.filter(batch=batch, observation_id__in=list(settled)).delete()
    if not gone or not refill:
        return []
    entries = _drawn(batch.holder, Part(batch.pool, batch.query), gone, now)
    last = batch.rows.order_by("-place").values_list("place", flat=True).first()
    return _add(batch, entries, 0 if last is None else last + 1)


@transaction.atomic
def mark_settled(batch: Batch, settled: Mapping[int, str]) -> None:
    """Note in the batch which of its rows were settled since it was taken."""
    for how in set(settled.values()):
        ids = [number for number, each in settled.items() if each == how]
        BatchRow.objects.filter(batch=batch, observation_id__in=ids).update(settled=how)


def refuse_empty(batch: Batch) -> None:
    """NotAllowedError for a batch of which iNaturalist left nothing; it is returned."""
    if not batch.rows.exists():
        give_back(batch)
        raise NotAllowedError(_("What was free there is settled by now. Take another batch."))


def record_try(batch: Batch, now: datetime, *, is_answered: bool) -> None:
    """Record that iNaturalist got a request for a batch, and whether it answered."""
    batch.tried_at = now
    batch.checked_at = now if is_answered else batch.checked_at
    batch.save(update_fields=["tried_at", "checked_at"])


# Ending ------------------------------------------------------------------------------------------


@transaction.atomic
def finish(batch: Batch, now: datetime | None = None) -> None:
    """Be done with a batch: its holder is not shown its rows again, others not before the next count."""
    at = now or timezone.now()
    if not Batch.objects.filter(pk=batch.pk, done_at=None).update(done_at=at):
        return
    rows = queries.rows_of(batch)
    batch.rows.update(is_held=False)
    _see(batch.holder_id, (row.observation_id for row in rows))
    tally((row for row in rows if not row.is_control), queries.answers_to(batch), at)
    Holder.objects.filter(pk=batch.holder_id).update(has_finished=True, used_at=at)


def _see(holder_id: int, observation_ids: Iterable[int]) -> None:
    SeenObservation.objects.bulk_create(
        (SeenObservation(holder_id=holder_id, observation_id=number) for number in observation_ids),
        ignore_conflicts=True,
    )


def give_back(batch: Batch) -> None:
    """Return a batch: its rows are free at once. What was answered of it stays answered."""
    Batch.objects.filter(pk=batch.pk, done_at=None).delete()


@transaction.atomic
def extend(batch: Batch, now: datetime | None = None) -> None:
    """Hold a batch as long again from now. NotAllowedError if it lapsed, or was extended often enough."""
    at = now or timezone.now()
    current = Batch.objects.select_for_update(of=("self",)).select_related("holder").get(pk=batch.pk)
    if not current.is_open(at):
        raise NotAllowedError(_("This batch is not yours any more: it was finished or lapsed."))
    if current.extensions >= queries.MOST_EXTENSIONS:
        raise NotAllowedError(
            _("A batch can be extended %(n)s times: finish it, or return it.")
            % {"n": queries.MOST_EXTENSIONS}
        )
    Batch.objects.filter(pk=batch.pk).update(
        held_until=at + queries.held_for(current.holder), extensions=current.extensions + 1
    )


def remind(batch: Batch, *, is_on: bool) -> None:
    """Have its holder reminded once before it lapses, or not. NotAllowedError without an address."""
    if is_on and not queries.may_be_reminded(batch.holder):
        raise NotAllowedError(_("Add an e-mail address to your account first."))
    Batch.objects.filter(pk=batch.pk).update(is_reminded=is_on)


# The clock ---------------------------------------------------------------------------------------


def end_pool(pool: str, now: datetime) -> None:
    """End every batch of a pool that is no more: its receipts stay, and its rows are free."""
    Batch.objects.filter(pool=pool, done_at=None, held_until__gt=now).update(held_until=now)
    BatchRow.objects.filter(batch__pool=pool, is_held=True).update(is_held=False)


def advance(now: datetime | None = None) -> None:
    """Release what lapsed, and forget what is kept no longer."""
    at = now or timezone.now()
    _release(at)
    Batch.objects.filter(taken_at__lt=at - queries.KEPT_FOR).delete()
    SettledObservation.objects.filter(at__lt=at - queries.KEPT_FOR).delete()
    Holder.objects.filter(user=None, used_at__lt=at - queries.BROWSER_KEPT_FOR).delete()


def _release(at: datetime) -> None:
    BatchRow.objects.filter(is_held=True, batch__held_until__lte=at).update(is_held=False)


def claim_reminder(batch: Batch, now: datetime) -> bool:
    """Whether the mail is for this process to send."""
    return bool(Batch.objects.filter(pk=batch.pk, reminded_at=None).update(reminded_at=now))


def reminder_not_sent(batch: Batch) -> None:
    """The mail is to be tried again."""
    Batch.objects.filter(pk=batch.pk).update(reminded_at=None)


def record_receipts(receipts: Mapping[int, Mapping[str, int]], moment: datetime) -> None:
    """Keep what became of batches at a count: looked_at, moved and moved_photos by batch."""
    Batch.objects.bulk_update(
        (Batch(pk=batch_id, measured_at=moment, **values) for batch_id, values in receipts.items()),
        ["measured_at", "looked_at", "moved", "moved_photos"],
        batch_size=500,
    )
