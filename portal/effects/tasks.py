"""Celery tasks: one call to a service."""

from celery import shared_task

from portal.effects import services
from portal.task_names import COUNT_EFFECTS


@shared_task(name=COUNT_EFFECTS)
def count_effects() -> None:
    """Count what blitzes changed in the next version of the model, where that is not known yet."""
    services.count_effects()
