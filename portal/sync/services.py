"""Writes of pulls, and of how the queues are served."""

from django.utils import timezone

from exporter.messages import Message
from portal.failures import failure
from portal.sync.models import Pull, QueueActivity


def begin_pull(attempts: int) -> Pull:
    """Record that a pull begins, for the how many-th time."""
    return Pull.objects.create(started_at=timezone.now(), attempts=attempts)


def record_plan(pull: Pull, steps: list[dict[str, object]]) -> None:
    """Record what it is to do."""
    pull.plan = steps
    pull.save(update_fields=["plan"])


def finish_pull(pull: Pull, state: str, why: list[Message], requests: int, observations: int) -> None:
    """Record how it ended: the requests sent, and the observations new or changed."""
    pull.state, pull.failure = state, why
    pull.finished_at = timezone.now()
    pull.requests = requests
    pull.observations = observations
    pull.save()


def end_abandoned_pulls(*why: Message) -> None:
    """Mark what a stopped process left running, for whoever holds the lock on pulling."""
    Pull.objects.filter(state=Pull.State.RUNNING).update(
        state=Pull.State.FAILED, finished_at=timezone.now(), failure=list(why) or failure(KeyboardInterrupt())
    )


def record_begin(queue: str, task: str) -> None:
    """Note that a queue's task begins."""
    QueueActivity.objects.update_or_create(queue=queue, defaults={"task": task, "began_at": timezone.now()})


def record_end(queue: str) -> None:
    """Note that a queue's task has ended."""
    QueueActivity.objects.filter(queue=queue).update(ended_at=timezone.now())
