"""Tasks go through a real broker to a real worker."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
import redis
from django.conf import settings
from kombu import Connection

from exporter.lake import Lake
from portal.celery import app
from tests.portal.training.conftest import FakePython
from tests.standin.__main__ import simulated
from tests.standin.server import StandIn
from tests.standin.world import World

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
    reason="starts processes of its own, which use SQLite: the run on SQLite has it",
)
REDIS_URL = os.environ.get("TEST_REDIS_URL", f"redis://127.0.0.1:6379/{os.getpid() % 15 + 1}")
AMQP_URL = os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")


def environment(data, **variables):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"LEAFLINE_DATA": str(data), "LEAFLINE_DEBUG": "1"} | variables


def python(data, *arguments, **variables):
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment(data, **variables), check=True)


def through_a_worker(data, task, **variables):
    """Send a task, start a worker, and stop it once it is done; gives what the worker said."""
    python(data, "manage.py", "migrate", "--verbosity", "0", **variables)
    python(data, "-m", "celery", "--app", "portal", "call", task, **variables)
    command = ["-m", "celery", "--app", "portal", "worker", "--concurrency", "1", "--loglevel", "INFO"]
    worker = subprocess.Popen(
        [sys.executable, *command],
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
        if f"Task {task}" in line and "received" not in line:
            break
    worker.terminate()
    worker.wait()
    worker.stdout.close()
    guard.cancel()
    assert "succeeded" in said, said
    assert worker.returncode == 0


def read(data, query):
    with closing(sqlite3.connect(data / "leafline.sqlite3")) as database:
        return database.execute(query).fetchall()


def refresh_through_a_worker(data, **variables):
    """The states of all refreshes after one through a worker."""
    lake = Lake(data / "lake")
    with lake.staging() as staging:
        staging.begin_file()
        staging.add("taxa", "api", pa.table({"taxon_id": [1], "ancestry": [""], "name": ["Animalia"]}))
        lake.upsert(staging)
    through_a_worker(data, "sync.refresh", **variables)
    return read(data, "SELECT state, error FROM sync_refresh")


def test_the_embedded_broker_carries_a_task_to_a_worker(tmp_path):
    assert refresh_through_a_worker(tmp_path) == [("done", "")]
    # The last task of each queue is kept: the refresh, or what it asked for.
    [(queue, task)] = read(tmp_path, "SELECT queue, task FROM sync_queueactivity")
    assert queue == "compute"
    assert task in ("sync.refresh", "api.publish", "blitzes.measure", "batches.measure")


def test_a_worker_pulls_the_watched_taxa(tmp_path):
    with StandIn(World(simulated(40)), requests=1_000) as standin:
        through_a_worker(
            tmp_path,
            "sync.pull",
            LEAFLINE_PULL="1",
            LEAFLINE_API_URL=standin.url,
            LEAFLINE_WATCHED_TAXA="3,47126",
        )
        ids = standin.world.ids(frozenset([3, 47126]))
    assert read(tmp_path, "SELECT state, error, observations FROM sync_pull") == [("done", "", len(ids))]
    with Lake(tmp_path / "lake").connect() as lake:
        assert [
            row[0] for row in lake.sql("SELECT observation_id FROM observations ORDER BY 1").fetchall()
        ] == ids


def test_a_worker_that_is_to_end_stops_its_training_at_a_safe_point(tmp_path):
    fake = FakePython(tmp_path)
    fake.behave(fit="sleep")
    variables = {"LEAFLINE_TRAIN_CONFIG": "config.toml", "LEAFLINE_TRAINER": str(fake.path)}
    python(tmp_path, "manage.py", "migrate", "--verbosity", "0")
    make = "from tests.portal.training.conftest import make_exported; make_exported()"
    python(tmp_path, "manage.py", "shell", "--verbosity", "0", "--command", make)
    python(tmp_path, "-m", "celery", "--app", "portal", "call", "training.train")
    command = ["-m", "celery", "--app", "portal", "worker", "--concurrency", "1", "--loglevel", "INFO"]
    with subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment(tmp_path, **variables), stderr=subprocess.PIPE
    ) as worker:
        guard = threading.Timer(60, worker.kill)
        guard.start()
        while not (tmp_path / "sleeps").exists() and worker.poll() is None:
            time.sleep(0.1)
        worker.terminate()
        said = worker.stderr.read().decode()
        guard.cancel()
    assert worker.returncode == 0, said
    assert "stopped at a safe point and goes on later" in said
    assert read(tmp_path, "SELECT state FROM cutoffs_cutoff") == [("training",)]
    assert read(tmp_path, "SELECT step FROM training_training") == [("fit",)]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "sleeps").read_text()), 0)


@pytest.mark.services
def test_redis_carries_a_task_to_a_worker(tmp_path):
    try:
        redis.Redis.from_url(REDIS_URL).flushdb()
    except redis.ConnectionError as error:
        skip_without_services(error)
    assert refresh_through_a_worker(tmp_path, CELERY_BROKER_URL=REDIS_URL) == [("done", "")]


@pytest.mark.services
def test_rabbitmq_carries_a_task_to_a_worker(tmp_path):
    try:
        with Connection(AMQP_URL, connect_timeout=5) as connection:
            for name in ("pull", "compute", "notify", "train"):
                connection.default_channel.queue_delete(name)
    except OSError as error:
        skip_without_services(error)
    assert refresh_through_a_worker(tmp_path, CELERY_BROKER_URL=AMQP_URL) == [("done", "")]


def skip_without_services(error):
    if os.environ.get("LEAFLINE_REQUIRE_SERVICES") == "1":
        raise error
    pytest.skip(f"no broker there: {error}")


def test_every_task_has_a_queue_that_exists():
    app.loader.import_default_modules()
    own = [name for name in app.tasks if not name.startswith("celery.")]
    assert sorted(own) == [
        "accounts.mail_links",
        "accounts.remove_sessions",
        "api.publish",
        "batches.advance",
        "batches.measure",
        "blitzes.advance",
        "blitzes.measure",
        "cutoffs.advance",
        "cutoffs.cut",
        "effects.count",
        "loads.advance",
        "notices.deliver",
        "refresh.resume",
        "sync.pull",
        "sync.refresh",
        "sync.resume",
        "training.compare",
        "training.train",
    ]
    queues = {queue.name for queue in app.conf.task_queues}
    assert queues == {"pull", "compute", "notify", "train"}
    assert {app.conf.task_routes[name]["queue"] for name in own} <= queues


def test_the_schedule_names_tasks_that_exist():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_training_is_taken_up_again_by_the_schedule_where_it_is_done_here(tmp_path):
    show = "from django.conf import settings; print('train' in settings.CELERY_BEAT_SCHEDULE)"
    for config, is_scheduled in (("", "False"), ("config.toml", "True")):
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", show],
            cwd=ROOT,
            env=environment(tmp_path, LEAFLINE_TRAIN_CONFIG=config),
            check=True,
            capture_output=True,
            text=True,
        )
        assert done.stdout.strip() == is_scheduled


def test_no_broker_waits_for_a_training():
    """It may last for days: it is confirmed when it begins, and the schedule has it taken up again."""
    app.loader.import_default_modules()
    assert app.tasks["training.train"].acks_late is False


def test_messages_are_json_and_confirmed_when_done():
    conf = app.conf
    assert (conf.task_serializer, conf.accept_content, conf.task_acks_late) == ("json", ["json"], True)
    assert conf.task_time_limit > conf.task_soft_time_limit > 0


def test_no_broker_takes_a_task_back_while_it_may_still_run():
    app.loader.import_default_modules()
    half_an_hour = 1_800
    assert app.tasks["sync.pull"].time_limit < half_an_hour
