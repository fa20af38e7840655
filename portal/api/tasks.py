"""Celery tasks: one call to a service."""

from celery import shared_task

from portal.api import files
from portal.task_names import PUBLISH


@shared_task(name=PUBLISH)
def publish() -> None:
    """Make the public file of every taxon's inclusion anew."""
    files.publish()
