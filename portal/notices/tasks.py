"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from portal.notices import sending


@shared_task(name="notices.deliver")
def deliver() -> None:
    """Send what is to be sent."""
    sending.deliver()
