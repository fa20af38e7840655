"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from exporter.errors import DataError
from portal.celery import send
from portal.refresh import services
from portal.task_names import MEASURE, PUBLISH, REFRESH


@shared_task(name=REFRESH, throws=(DataError,))
def refresh() -> None:
    """Take the lake's newest version over into the database; what is made of that follows."""
    services.refresh()
    send(PUBLISH)
    send(MEASURE)
