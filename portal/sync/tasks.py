"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from exporter.errors import DataError
from portal.celery import send
from portal.sync import pulling
from portal.task_names import PULL, RESUME_PULL


@shared_task(
    name=PULL,
    throws=(DataError,),
    soft_time_limit=pulling.SOFT_TIME_LIMIT_S,
    time_limit=pulling.SOFT_TIME_LIMIT_S + 60,
    acks_late=False,  # confirmed at once: of a worker that dies the schedule hears within a minute
)
def pull() -> None:
    """Bring the watch list and the counts up to date, as far as the budget allows now.

    Somebody who waits for more does not wait for the schedule.
    """
    if pulling.pull() is not None and pulling.goes_on():
        send(PULL)


@shared_task(
    name=RESUME_PULL,
    throws=(DataError,),
    soft_time_limit=pulling.SOFT_TIME_LIMIT_S,
    time_limit=pulling.SOFT_TIME_LIMIT_S + 60,
    acks_late=False,
)
def resume() -> None:
    """Go on with a pull whose worker has died."""
    if pulling.resume() is not None and pulling.goes_on():
        send(PULL)
