"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from exporter.errors import DataError
from portal.cutoffs import services, snapshotting
from portal.task_names import ADVANCE_CUTOFFS, CUT


@shared_task(name=ADVANCE_CUTOFFS, throws=(DataError,))
def advance() -> None:
    """Move the cutoffs whose time has come."""
    services.advance_due()


#: A snapshot of all of iNaturalist takes longer than any other task.
_LONGEST_S = 12 * 3600


@shared_task(name=CUT, throws=(DataError,), soft_time_limit=_LONGEST_S, time_limit=_LONGEST_S + 60)
def cut() -> None:
    """Make the requested snapshots."""
    snapshotting.cut_all()
