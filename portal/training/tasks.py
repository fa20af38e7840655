"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from exporter.errors import DataError
from portal.task_names import TRAIN
from portal.training import own_training
from portal.training.stopping import is_stopping

#: So long at a time; then it stops at a safe point, and the schedule's next task goes on.
_LONGEST_S = 7 * 24 * 3600


@shared_task(
    name=TRAIN,
    throws=(DataError,),
    soft_time_limit=_LONGEST_S,
    time_limit=_LONGEST_S + 600,
    acks_late=False,  # no broker waits for days: if the worker is killed, the schedule has it taken up again
)
def train() -> None:
    """Go on with the trainings that are this portal's."""
    own_training.train_due(is_stopping)
