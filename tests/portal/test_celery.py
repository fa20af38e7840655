"""Tasks go through a real broker to a real worker."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
import redis
from django.conf import settings

from exporter.lake import Lake
from portal.celery import app

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
    reason="starts processes of its own, which use SQLite: the run on SQLite has it",
)
REDIS_URL = os.environ.get("TEST_REDIS_URL", f"redis://127.0.0.1:6379/{os.getpid() % 15 + 1}")


def environment(data, **variables):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"LEAFLINE_DATA": str(data), "LEAFLINE_DEBUG": "1"} | variables


def python(data, *arguments, **variables):
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment(data, **variables), check=True)


def refresh_through_a_worker(data, **variables):
    """Send the task, start a worker, and stop it once it is done; gives the states of all refreshes."""
    lake = Lake(data / "lake")
    with lake.staging() as staging:
        staging.begin_file()
        staging.add("taxa", "api", pa.table({"taxon_id": [1], "ancestry": [""], "name": ["Animalia"]}))
        lake.upsert(staging)
    python(data, "manage.py", "migrate", "--verbosity", "0", **variables)
    python(data, "-m", "celery", "--app", "portal", "call", "sync.refresh", **variables)
    worker = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "celery",
            "--app",
            "portal",
            "worker",
            "--concurrency",
            "1",
            "--loglevel",
            "INFO",
        ],
        cwd=ROOT,
        env=environment(data, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    guard = threading.Timer(120, worker.kill)
    guard.start()
    said = ""
    for line in worker.stdout:
        said += line
        if "Task sync.refresh" in line and "received" not in line:
            break
    worker.terminate()
    worker.wait()
    worker.stdout.close()
    guard.cancel()
    assert "succeeded" in said, said
    with closing(sqlite3.connect(data / "leafline.sqlite3")) as database:
        return database.execute("SELECT state, error FROM sync_refresh").fetchall()


def test_the_embedded_broker_carries_a_task_to_a_worker(tmp_path):
    assert refresh_through_a_worker(tmp_path) == [("done", "")]


@pytest.mark.services
def test_redis_carries_a_task_to_a_worker(tmp_path):
    try:
        redis.Redis.from_url(REDIS_URL).flushdb()
    except redis.ConnectionError as error:
        if os.environ.get("LEAFLINE_REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(f"no Redis at {REDIS_URL}: {error}")
    assert refresh_through_a_worker(tmp_path, CELERY_BROKER_URL=REDIS_URL) == [("done", "")]


def test_every_task_has_a_queue_that_exists():
    app.loader.import_default_modules()
    own = [name for name in app.tasks if not name.startswith("celery.")]
    tasks = ["api.publish", "cutoffs.advance", "cutoffs.cut", "notices.deliver", "sync.refresh"]
    assert sorted(own) == tasks
    queues = {queue.name for queue in app.conf.task_queues}
    assert queues == {"pull", "compute", "notify", "train"}
    assert {app.conf.task_routes[name]["queue"] for name in own} <= queues


def test_the_schedule_names_tasks_that_exist():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_messages_are_json_and_confirmed_when_done():
    conf = app.conf
    assert (conf.task_serializer, conf.accept_content, conf.task_acks_late) == ("json", ["json"], True)
    assert conf.task_time_limit > conf.task_soft_time_limit > 0
