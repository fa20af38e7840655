"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from portal.task_names import COMPARE
from portal.versions import services


@shared_task(name=COMPARE)
def compare() -> None:
    """Count the released versions of the model that are not counted yet."""
    services.compare_versions()
