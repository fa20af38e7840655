"""The Celery application: `celery -A portal worker`.

Progress and results are kept in the database, so there is no result backend. A task is confirmed only when
it is done, so every task can run twice without harm.
"""

import logging
import os

from celery import Celery
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from portal.task_names import QUEUES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("leafline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name) for name in ("pull", "compute", "notify", "train")]
app.conf.task_create_missing_queues = False
app.conf.task_default_queue = "compute"
app.conf.task_routes = {task: {"queue": queue} for task, queue in QUEUES.items()}
app.autodiscover_tasks()

#: How long a page, or a task with other work, waits for a broker to take its call, and to answer.
PATIENCE_S = 2
#: Each transport knows some of these, and passes over the rest.
_IMPATIENT = {
    "max_retries": 0,
    "socket_connect_timeout": PATIENCE_S,
    "socket_timeout": PATIENCE_S,
    "read_timeout": PATIENCE_S,
    "write_timeout": PATIENCE_S,
}
_log = logging.getLogger(__name__)


def send(task: str) -> bool:
    """Have a task of `portal.task_names` done soon; False where the broker does not take it within seconds.

    Then it is done later: the schedule sends whatever is sent here too.
    """
    try:
        with broker() as connection:
            app.send_task(task, connection=connection, retry=False)
    except broker_faults() as error:
        _log.warning("The broker does not take %s: %s", task, type(error).__name__)
        return False
    return True


def broker() -> Connection:
    """A connection to the broker for whoever must not wait for it."""
    connection: Connection = app.connection_for_write(
        connect_timeout=PATIENCE_S, transport_options=_IMPATIENT
    )
    return connection


def broker_faults() -> tuple[type[Exception], ...]:
    """What a broker that is away answers."""
    errors: tuple[type[Exception], ...] = app.connection_for_write().connection_errors
    return (OperationalError, OSError, *errors)
