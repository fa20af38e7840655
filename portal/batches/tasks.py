"""Celery tasks: one call to a service."""

from celery import shared_task

from exporter.errors import DataError
from portal.batches import mailing, measuring
from portal.batches.services import taking
from portal.task_names import ADVANCE_BATCHES, MEASURE_BATCHES


@shared_task(name=ADVANCE_BATCHES, throws=(DataError,))
def advance() -> None:
    """Release what lapsed, forget what is old, and send the reminders that are due."""
    taking.advance()
    mailing.send_due()


# Confirmed at once: the schedule has it done where a worker dies at it.
@shared_task(name=MEASURE_BATCHES, throws=(DataError,), acks_late=False)
def measure() -> None:
    """Complete the receipts at the newest count."""
    measuring.measure()
