"""Celery tasks: one call to a service."""

from celery import shared_task

from portal.api import files
from portal.task_names import PUBLISH


# Confirmed at once: the schedule has it done where a worker dies at it.
@shared_task(name=PUBLISH, acks_late=False)
def publish() -> None:
    """Make the public file of every taxon's inclusion anew."""
    files.publish()
