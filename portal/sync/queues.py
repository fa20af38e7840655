"""The queues: how many tasks wait in each, and when one was last taken up."""

from typing import Any

from celery.signals import task_postrun, task_prerun

from portal.celery import app, broker, broker_faults
from portal.sync import services
from portal.throttling import kept

#: How long a count of waiting tasks is good for, so that readers of the page cannot keep the broker busy.
_CACHED_S = 10


def waiting() -> dict[str, int] | None:
    """Tasks that wait in each queue; None if the broker does not answer."""
    names = [queue.name for queue in app.conf.task_queues]
    return kept("queues_waiting", lambda: _ask_broker(names), _CACHED_S)


def _ask_broker(names: list[str]) -> dict[str, int] | None:
    try:
        with broker() as connection:
            connection.ensure_connection(max_retries=0)
            return {name: _size(connection, name) for name in names}
    except broker_faults():
        return None


def _size(connection: Any, name: str) -> int:
    """The length of a queue; one that nobody has declared yet is empty."""
    with connection.channel() as channel:
        try:
            return int(channel.queue_declare(queue=name, passive=True).message_count)
        except connection.channel_errors:
            return 0


@task_prerun.connect
def _began(task: Any = None, **_: object) -> None:
    queue = _queue_of(task)
    if queue:
        services.record_begin(queue, task.name)


@task_postrun.connect
def _ended(task: Any = None, **_: object) -> None:
    queue = _queue_of(task)
    if queue:
        services.record_end(queue)


def _queue_of(task: Any) -> str | None:
    route = app.conf.task_routes.get(task.name)
    return route["queue"] if route else None
