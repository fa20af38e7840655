"""Celery tasks: one call to a service."""

from celery import shared_task

from portal.api import files


@shared_task(name="api.publish")
def publish() -> None:
    """Make the public file of every taxon's inclusion anew."""
    files.publish()
