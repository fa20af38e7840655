"""Refreshing the database from the lake."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from exporter.criteria import PRESETS
from exporter.current_model import current_model
from exporter.errors import DataError
from exporter.messages import Message
from portal.failures import died, failure
from portal.hotspots import services as hotspots
from portal.lake.locks import refresh_lock
from portal.lake.models import Refresh
from portal.lake.queries import NAMED, UNDONE, current_refresh, interrupted, last_keeps_contents
from portal.lake.requests import memory
from portal.lake.services import forget_contents
from portal.refresh.reading import Reading, read_lake
from portal.taxa import services as taxa
from portal.taxa.services import photos
from portal.versions.queries.current import CURRENT_MODEL
from portal.versions.services import take_over_current_model

_log = logging.getLogger(__name__)
#: How often a refresh is begun whose worker dies each time.
MOST_ATTEMPTS = 3


def resume() -> Refresh | None:
    """Begin anew what a worker that died left running; None if there is nothing, or somebody is at it.

    Whoever holds the lock lives, so nobody waits for a broker to notice. After `MOST_ATTEMPTS` it fails.
    """
    with refresh_lock() as is_ours:
        left = interrupted() if is_ours else None
        if left is None:
            return None
        if left.attempts >= MOST_ATTEMPTS:
            _fail(left, [died(left.attempts)])
            return None
    return refresh(as_of=left.as_of, attempts=left.attempts + 1)


def refresh(
    criteria: Sequence[str] = tuple(PRESETS), as_of: datetime | None = None, *, attempts: int = 1
) -> Refresh:
    """Take taxa, readiness and hotspots under these rules over from the lake, all or nothing.

    With `as_of` those of that past time are computed and kept as history. What stops it is recorded,
    and the former numbers stay. DataError if another refresh is under way.
    """
    with refresh_lock() as is_ours:
        if not is_ours:
            raise DataError("A refresh is under way already: wait until it is done.")
        _end_abandoned()
        current = Refresh.objects.create(started_at=timezone.now(), as_of=as_of, attempts=attempts)
        try:
            if not last_keeps_contents(current):
                forget_contents()  # a worker of an earlier version wrote since
            _tidy()
            with read_lake(settings.LAKE_DIR, criteria, as_of) as reading:
                _take_over(current, reading)
        except BaseException as error:
            _fail(current, failure(error))
            raise
        _follow_up(current)
    return current


def _take_over(current: Refresh, reading: Reading) -> None:
    """Write what was read: unseen, in many short transactions; then show it in one."""
    _describe(current, reading)
    current.counts = {
        "taxa": taxa.write_unseen(current, reading.taxa, reading.readiness, reading.named_clades),
        "criteria": {criteria: _by_status(table) for criteria, table in reading.readiness.items()},
        "hotspots": hotspots.write_unseen(current, reading.hotspots, reading.involved),
        **_findings(reading),
        **_said_of_model(current),
    }
    if reading.photos is not None:
        photos.write_unseen(reading.photos)
    with transaction.atomic():
        taxa.show(current, reading.readiness)
        hotspots.show(current, reading.hotspots)
        if reading.photos is not None:
            photos.show()
        current.state = Refresh.State.DONE
        current.finished_at = timezone.now()
        current.save()


def _follow_up(current: Refresh) -> None:
    """Take the steps that follow once a refresh is shown. It counts as done, whatever becomes of them.

    A step that fails keeps none of the others back; it is recorded, and the next refresh takes it.
    """
    undone: dict[str, list[Message]] = {}
    for name, step in _steps_after(current).items():
        try:
            step()
        except Exception as error:
            _log.exception("Refresh %s is shown, but did not come to: %s", current.pk, name)
            undone[name] = failure(error)
    if undone:
        _record_undone(current, undone)


def _steps_after(current: Refresh) -> dict[str, Callable[[], None]]:
    """What follows a refresh, by the name under which a failure is recorded."""
    steps: dict[str, Callable[[], None]] = {"taxa": taxa.settle}
    if current.as_of is None:
        steps |= {
            "photos": photos.settle,
            CURRENT_MODEL: lambda: take_over_current_model(current_model(memory()), current),
        }
    steps["former rows"] = _tidy
    if current.as_of is None:
        steps["former photos"] = photos.tidy
    return steps


def _record_undone(current: Refresh, undone: dict[str, list[Message]]) -> None:
    try:
        current.refresh_from_db(fields=["counts"])
        current.counts[UNDONE] = undone
        current.save(update_fields=["counts"])
    except DatabaseError:
        _log.exception("What refresh %s did not come to is not recorded", current.pk)


def _describe(current: Refresh, reading: Reading) -> None:
    """Record what is taken over, and so the moment that it describes."""
    current.lake_version = reading.version.number
    current.is_simulated = reading.version.is_simulated
    current.data_as_of = reading.data_as_of
    current.sources = reading.sources
    current.has_lower_bounds = any(_has_lower_bounds(table) for table in reading.readiness.values())
    current.save()
    current.refresh_from_db(fields=["moment"])


def _findings(reading: Reading) -> dict[str, Any]:
    """What `Refresh.counts` says besides counts."""
    said: dict[str, Any] = {
        "hotspots_lack": {
            criteria: result.missing for criteria, result in reading.hotspots.items() if result.missing
        }
    }
    fits = {
        criteria: result.fit.to_pylist()
        for criteria, result in reading.hotspots.items()
        if not result.missing
    }
    if fits:
        said["hotspots_fit"] = fits
    if any(reading.named.values()):
        said[NAMED] = reading.named
    if reading.version.faults:
        said["lake_is_damaged"] = True
    if reading.contradicting is not None:
        said["contradicting_run"] = reading.contradicting.pk
    return said


def _said_of_model(current: Refresh) -> dict[str, Any]:
    """What `Refresh.counts` says of iNaturalist's current model until a later step takes over what is new."""
    former = current_refresh() if current.as_of is None else None
    return {CURRENT_MODEL: former.counts[CURRENT_MODEL]} if former and CURRENT_MODEL in former.counts else {}


def _tidy() -> None:
    """Remove what no reader sees, in short transactions."""
    hotspots.tidy()
    taxa.tidy()


def _has_lower_bounds(table: pa.Table) -> bool:
    is_incomplete = (pc.max(table["incomplete_observations"]).as_py() or 0) > 0
    return is_incomplete or bool(pc.any(table["is_partly_loaded"]).as_py())


def _by_status(table: pa.Table) -> dict[str, int]:
    """How many taxa have each status."""
    counted = pc.value_counts(table["status"].combine_chunks()).to_pylist()
    return {row["values"]: row["counts"] for row in sorted(counted, key=lambda row: row["values"])}


def _end_abandoned() -> None:
    """Mark what a stopped process left running: the lock is ours, so it runs no more."""
    for abandoned in Refresh.objects.filter(state=Refresh.State.RUNNING):
        _fail(abandoned, failure(KeyboardInterrupt()))


def _fail(current: Refresh, why: list[Message]) -> None:
    Refresh.objects.filter(pk=current.pk, state=Refresh.State.RUNNING).update(
        state=Refresh.State.FAILED, finished_at=timezone.now(), failure=why
    )
