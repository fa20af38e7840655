"""Reads of batches. A holder reads what is the holder's own; nobody else does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet

from portal.accounts.queries import digest
from portal.batches.models import Answer, Batch, BatchRow, Holder, SeenObservation
from portal.cutoffs.queries import Viewer

#: How long a batch is held: by an account, and by a browser without one.
HELD_FOR, HELD_WITHOUT_ACCOUNT = timedelta(hours=24), timedelta(hours=4)
#: How many batches a holder has at a time: until one was finished, and afterwards with an account.
MOST_AT_FIRST, MOST_WITH_ACCOUNT = 1, 3
#: How often a batch is extended.
MOST_EXTENSIONS = 3
#: How long a receipt follows a batch, and how long it is kept.
FOLLOWED_FOR, KEPT_FOR = timedelta(days=30), timedelta(days=90)
#: A browser that took or answered nothing for so long is forgotten.
BROWSER_KEPT_FOR = timedelta(days=180)
#: How long before a batch lapses its holder is reminded.
REMINDED_BEFORE = timedelta(hours=2)
#: How many batches a page shows.
SHOWN = 30


@dataclass(frozen=True)
class Held:
    """How many batches of a pool are held, and when the first of them lapses."""

    batches: int
    first_until: datetime | None


# Holders -----------------------------------------------------------------------------------------


def holder_of(viewer: Viewer, key: str) -> Holder | None:
    """The holder that this account is, or that a cookie's key names; None where nothing was taken yet."""
    if viewer.is_authenticated:
        return Holder.objects.filter(user=viewer).first()
    return holder_with_key(key)


def holder_with_key(key: str) -> Holder | None:
    """The holder without an account that a cookie's key names."""
    return Holder.objects.filter(key_digest=digest(key)).first() if key else None


def held_for(holder: Holder) -> timedelta:
    """How long this holder holds a batch."""
    return HELD_FOR if holder.user_id else HELD_WITHOUT_ACCOUNT


def most_batches(holder: Holder) -> int:
    """How many batches this holder may have at a time."""
    return MOST_WITH_ACCOUNT if holder.user_id and holder.has_finished else MOST_AT_FIRST


# A holder's own ----------------------------------------------------------------------------------


def are_open(now: datetime) -> Q:
    """The condition that a batch is neither finished nor lapsed."""
    return Q(done_at=None, held_until__gt=now)


def open_batches(holder: Holder | None, now: datetime, pool: str | None = None) -> list[Batch]:
    """The batches that this holder has now, of a pool or of all, with their rows."""
    if holder is None:
        return []
    rows = Batch.objects.filter(are_open(now), holder=holder).prefetch_related("rows")
    return list(rows if pool is None else rows.filter(pool=pool))


def open_of(viewer: Viewer, key: str, now: datetime) -> list[Batch]:
    """The batches that somebody has now, each with its holder, the newest first; in one query."""
    if viewer.is_authenticated:
        whose = Q(holder__user=viewer)
    elif key:
        whose = Q(holder__key_digest=digest(key))
    else:
        return []
    return list(Batch.objects.filter(are_open(now), whose).select_related("holder"))


def count_open(holder: Holder, now: datetime) -> int:
    """How many those are."""
    return Batch.objects.filter(are_open(now), holder=holder).count()


def past_batches(holder: Holder | None, now: datetime) -> list[Batch]:
    """The holder's finished and lapsed batches, the latest first, each with ``size``, the number of rows."""
    if holder is None:
        return []
    past = Batch.objects.exclude(are_open(now)).filter(holder=holder)
    return list(past.annotate(size=Count("rows")).order_by("-taken_at")[:SHOWN])


def batch_of(holder: Holder | None, batch_id: int) -> Batch | None:
    """A batch, if it is this holder's."""
    if holder is None:
        return None
    return Batch.objects.filter(holder=holder, pk=batch_id).select_related("holder__user").first()


def rows_of(batch: Batch) -> list[BatchRow]:
    """Its rows, in their order."""
    return list(batch.rows.order_by("place"))


def row_called(batch: Batch, name: str) -> BatchRow | None:
    """Its row of the observation with that number or UUID."""
    return next((row for row in rows_of(batch) if row.name == name), None)


def answers_to(batch: Batch) -> dict[int, str]:
    """What its holder answered about its rows, by the observation's id."""
    ids = batch.rows.order_by().values("observation_id")
    rows = Answer.objects.filter(holder=batch.holder_id, observation_id__in=ids)
    return dict(rows.values_list("observation_id", "verdict"))


def seen_in(batch: Batch) -> set[int]:
    """The observations of the batch that its holder is not shown again: answered and skipped ones."""
    ids = batch.rows.order_by().values("observation_id")
    rows = SeenObservation.objects.filter(holder=batch.holder_id, observation_id__in=ids)
    return set(rows.values_list("observation_id", flat=True))


def seen_by(holder: Holder | None) -> QuerySet[SeenObservation, int]:
    """The ids of what this holder is not shown again."""
    if holder is None:
        return SeenObservation.objects.none().values_list("observation_id", flat=True)
    return SeenObservation.objects.filter(holder=holder).values_list("observation_id", flat=True)


# A pool ------------------------------------------------------------------------------------------


def held_in(pool: str, now: datetime) -> Held:
    """What is held of a pool."""
    rows = Batch.objects.filter(are_open(now), pool=pool).order_by()
    counted = rows.aggregate(n=Count("id"), first=Min("held_until"))
    return Held(counted["n"], counted["first"])


# The clock ---------------------------------------------------------------------------------------


def to_remind(now: datetime) -> list[Batch]:
    """The batches whose holders wait for a reminder that is due."""
    due = Batch.objects.filter(
        are_open(now), is_reminded=True, reminded_at=None, held_until__lte=now + REMINDED_BEFORE
    )
    return list(due.select_related("holder__user").annotate(size=Count("rows")))


def may_be_reminded(holder: Holder) -> bool:
    """Whether there is an address to write to."""
    return holder.user is not None and bool(holder.user.email)


def unmeasured(criteria: str, moment: datetime) -> QuerySet[Batch]:
    """The batches whose receipts a count of that moment completes."""
    rows = Batch.objects.filter(criteria=criteria, taken_at__lt=moment, taken_at__gt=moment - FOLLOWED_FOR)
    return rows.filter(Q(measured_at=None) | Q(measured_at__lt=moment))


def rows_to_measure(criteria: str, moment: datetime) -> list[dict[str, object]]:
    """Their rows: batch_id, observation_id, label_taxon_id, photos and ``since``, when it was taken."""
    rows = BatchRow.objects.filter(batch__in=unmeasured(criteria, moment).order_by()).order_by("id")
    names = ("batch_id", "observation_id", "label_taxon_id", "photos", "batch__taken_at")
    return [dict(zip((*names[:-1], "since"), values, strict=True)) for values in rows.values_list(*names)]
