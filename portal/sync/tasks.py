"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from exporter.errors import DataError
from portal.api.tasks import publish
from portal.sync import services


@shared_task(name="sync.refresh", throws=(DataError,))
def refresh() -> None:
    """Take the lake's newest version over into the database; what is made of that follows."""
    services.refresh()
    publish.delay()
