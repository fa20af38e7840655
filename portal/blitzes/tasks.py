"""Celery tasks: one call to a service."""

from celery import shared_task

from exporter.errors import DataError
from portal.blitzes import measuring, services
from portal.task_names import ADVANCE_BLITZES, MEASURE


@shared_task(name=ADVANCE_BLITZES, throws=(DataError,))
def advance() -> None:
    """Begin and end the blitzes whose time has come."""
    services.advance_due()


# Confirmed at once: the schedule has it done where a worker dies at it.
@shared_task(name=MEASURE, throws=(DataError,), acks_late=False)
def measure() -> None:
    """Measure the blitzes at the newest count."""
    measuring.measure()
