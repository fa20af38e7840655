"""Celery tasks: one call to a service."""

from celery import shared_task

from exporter.errors import DataError
from portal.blitzes import measuring, services


@shared_task(name="blitzes.advance", throws=(DataError,))
def advance() -> None:
    """Begin and end the blitzes whose time has come."""
    services.advance_due()


@shared_task(name="blitzes.measure", throws=(DataError,))
def measure() -> None:
    """Measure the blitzes at the newest count."""
    measuring.measure()
