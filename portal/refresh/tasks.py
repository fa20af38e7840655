"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from exporter.errors import DataError
from portal.celery import send
from portal.refresh import services
from portal.task_names import MEASURE, MEASURE_BATCHES, PUBLISH, REFRESH, RESUME


# Confirmed at once: of a worker that dies the schedule hears within a minute, and counts how often.
@shared_task(name=REFRESH, throws=(DataError,), acks_late=False)
def refresh() -> None:
    """Take the lake's newest version over into the database; what is made of that follows."""
    services.refresh()
    _go_on()


@shared_task(name=RESUME, throws=(DataError,), acks_late=False)
def resume() -> None:
    """Begin a refresh anew whose worker has died."""
    if services.resume() is not None:
        _go_on()


def _go_on() -> None:
    """Where the broker is away, the schedule has these done within a minute of its coming back."""
    send(PUBLISH)
    send(MEASURE)
    send(MEASURE_BATCHES)
