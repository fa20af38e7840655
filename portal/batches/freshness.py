"""Reading a batch again from iNaturalist, within the budget that all requests share, and within seconds.

A page waits for it. So a request is sent only where the budget has room now, each one gets a short time, and
whatever goes wrong leaves the batch as the last count had it.
"""

import logging
from datetime import datetime, timedelta

import pyarrow as pa
from django.conf import settings
from django.utils import timezone

from exporter.criteria import PRESETS
from exporter.errors import DataError
from exporter.hotspots.outcomes import FOLLOWED
from exporter.hotspots.settled import settled
from exporter.pull.rereading import as_lake, read_again
from exporter.sources.values import JsonObject
from portal.batches import queries
from portal.batches.models import Batch, BatchRow
from portal.batches.services import taking
from portal.lake.requests import budget, client, memory

_log = logging.getLogger(__name__)
#: What was read so long ago is read again when its page is opened; after a failure, what was tried.
GOOD_FOR, TRIED_AGAIN_AFTER = timedelta(minutes=10), timedelta(minutes=2)
#: How long the budget and an answer are waited for, in seconds, and how many requests a new batch may take.
LONGEST_WAIT_S, ANSWER_S, ROUNDS = 1.0, 1.5, 2


def check_new(batch: Batch, now: datetime | None = None) -> None:
    """Read a batch that was just taken. The next rows replace what is settled, and are read too.

    What the last request says is settled is left out, and nothing replaces it.
    """
    at = now or timezone.now()
    unread = queries.rows_of(batch)
    for round_ in range(1, ROUNDS + 1):
        result = _settled(batch, unread, at)
        if result is None:
            taking.record_try(batch, at, is_answered=False)
            return
        taking.note_settled(result, at)
        unread = taking.replace(batch, result, at, refill=round_ < ROUNDS)
        if not unread:
            break
    taking.record_try(batch, at, is_answered=True)


def check_again(batch: Batch, now: datetime | None = None) -> None:
    """Read an open batch whose page is opened, unless that was done minutes ago; marks what is settled."""
    at = now or timezone.now()
    is_fresh = batch.checked_at is not None and batch.checked_at > at - GOOD_FOR
    was_tried = batch.tried_at is not None and batch.tried_at > at - TRIED_AGAIN_AFTER
    if is_fresh or was_tried or not batch.is_open(at):
        return
    result = _settled(batch, queries.rows_of(batch), at)
    if result is not None:
        taking.note_settled(result, at)
        taking.mark_settled(batch, result)
    taking.record_try(batch, at, is_answered=result is not None)


def _settled(batch: Batch, rows: list[BatchRow], now: datetime) -> dict[int, str] | None:
    """How observations are settled, by id, those that are; None where iNaturalist said nothing.

    One of open data, which has no number, cannot be read; it is taken to be as it was.
    """
    rows = [row for row in rows if row.number]
    if not settings.PULL or not rows:
        return None
    try:
        records = _read([row.observation_id for row in rows])
        followed = pa.Table.from_pylist(
            [{name: getattr(row, name) for name in FOLLOWED.names} for row in rows], FOLLOWED
        )
        since = batch.counted_at or batch.taken_at
        with as_lake(records) as con:
            result = settled(con, followed, PRESETS[batch.criteria], since, now)
    except DataError as error:
        _log.info("Batch %s was not read again: %s", batch.pk, error)
        return None
    return dict(zip(result["observation_id"].to_pylist(), result["how"].to_pylist(), strict=True))


def _read(observation_ids: list[int]) -> list[JsonObject]:
    limiter = budget(longest_wait_s=LONGEST_WAIT_S)
    asking = client(limiter, memory(), timeout_s=ANSWER_S, attempts=1, sleep=_do_not_wait)
    return read_again(asking, observation_ids)


def _do_not_wait(_seconds: float) -> None:
    """A failed request is not sent again."""
