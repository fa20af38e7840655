"""The Celery application: `celery -A portal worker`.

Progress and results are kept in the database, so there is no result backend. A task is confirmed only when
it is done, so every task can run twice without harm.
"""

import os

from celery import Celery
from kombu.entity import Queue

from portal.task_names import QUEUES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("leafline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name) for name in ("pull", "compute", "notify", "train")]
app.conf.task_create_missing_queues = False
app.conf.task_default_queue = "compute"
app.conf.task_routes = {task: {"queue": queue} for task, queue in QUEUES.items()}
app.autodiscover_tasks()


def send(task: str, *arguments: object) -> None:
    """Have a task of `portal.task_names` done soon. OperationalError where the broker is away."""
    app.send_task(task, arguments)
