"""Writes to a snapshot that is being made: what it is made of, and how far it is."""

from typing import Any

from django.utils import timezone

from portal.cutoffs.models import Snapshot


def pin_snapshot(snapshot: Snapshot, lake_version: int) -> bool:
    """Record the version of the lake that the snapshot is made from, and until when its data reach.

    False if it was called off meanwhile.
    """
    snapshot.lake_version, snapshot.started_at = lake_version, timezone.now()
    return _save_if_unfinished(snapshot, "lake_version", "started_at", "data_until")


def record_attempt(snapshot: Snapshot) -> None:
    """Record that a worker takes it up."""
    snapshot.attempts += 1
    snapshot.save()


def record_look(snapshot: Snapshot, lake_version: int) -> None:
    """Record that a version of the lake does not reach the cutoff."""
    snapshot.looked_at_version = lake_version
    _save_if_unfinished(snapshot, "looked_at_version", "data_until")


def _save_if_unfinished(snapshot: Snapshot, *names: str) -> bool:
    """Save these fields, unless somebody ended the snapshot since it was read."""
    unfinished = Snapshot.objects.filter(pk=snapshot.pk, finished_at=None)
    return bool(unfinished.update(**{name: getattr(snapshot, name) for name in names}))


def record_guards(snapshot: Snapshot, report: dict[str, Any]) -> None:
    """Record what the guards say."""
    snapshot.guards = report
    snapshot.save()


def record_folder(snapshot: Snapshot, folder: str) -> None:
    """Record where the snapshot is written, below the data folder."""
    snapshot.folder = folder
    snapshot.save()


def record_step(snapshot: Snapshot, step: str) -> None:
    """Record what is being done, for the page."""
    snapshot.step, snapshot.stepped_at = step, timezone.now()
    snapshot.save()
