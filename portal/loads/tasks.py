"""Celery tasks: one call to a service."""

from celery import shared_task

from exporter.errors import DataError
from portal.loads import mailing, services
from portal.task_names import ADVANCE_LOADS


@shared_task(name=ADVANCE_LOADS, throws=(DataError,))
def advance() -> None:
    """Have what is loaded counted, and mail those who wait for it."""
    services.advance()
    mailing.send_due()
