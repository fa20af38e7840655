"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from portal.notices import sending
from portal.task_names import DELIVER


@shared_task(name=DELIVER)
def deliver() -> None:
    """Send what is to be sent."""
    sending.deliver()
