"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from exporter.errors import DataError
from portal.api.tasks import publish
from portal.blitzes.tasks import measure
from portal.sync import pulling, services


@shared_task(name="sync.refresh", throws=(DataError,))
def refresh() -> None:
    """Take the lake's newest version over into the database; what is made of that follows."""
    services.refresh()
    publish.delay()
    measure.delay()


@shared_task(
    name="sync.pull",
    throws=(DataError,),
    soft_time_limit=pulling.SOFT_TIME_LIMIT_S,
    time_limit=pulling.SOFT_TIME_LIMIT_S + 60,
)
def pull() -> None:
    """Bring the watch list and the counts up to date, as far as the budget allows now."""
    pulling.pull()
