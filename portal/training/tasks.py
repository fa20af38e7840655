"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from portal.training import comparing


@shared_task(name="training.compare")
def compare() -> None:
    """Count the released versions of the model that are not counted yet."""
    comparing.compare_versions()
