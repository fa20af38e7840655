"""A refresh whose worker died is begun anew within a minute, counted, and ends in words."""

import os
import signal
import subprocess
import sys

import pytest
from celery.schedules import schedule
from django.conf import settings as configured
from django.utils import timezone

from portal.celery import app
from portal.lake.locks import refresh_lock
from portal.lake.models import Refresh
from portal.refresh import services, tasks
from portal.task_names import CUT, MEASURE, MEASURE_BATCHES, PUBLISH, RESUME, RESUME_PULL


@pytest.fixture(autouse=True)
def begun(db, monkeypatch, settings, tmp_path):
    """Refreshes that are begun, by their attempt; each does nothing and is done."""
    settings.DATA_DIR = tmp_path
    made = []

    def begin(as_of=None, *, attempts=1):
        made.append((as_of, attempts))
        services._end_abandoned()
        return leave(
            attempts, state="done", finished_at=timezone.now(), data_as_of=timezone.now(), lake_version=1
        )

    monkeypatch.setattr(services, "refresh", begin)
    return made


def leave(attempts=1, **values):
    """A refresh as a worker leaves it that dies."""
    return Refresh.objects.create(started_at=timezone.now(), attempts=attempts, **values)


def test_nothing_is_resumed_where_nothing_was_left(begun):
    assert services.resume() is None
    assert begun == []


def test_what_somebody_is_at_is_left_to_them(begun):
    if configured.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        pytest.skip("a lock of the connection itself, which would have it twice")
    leave()
    with refresh_lock():
        assert services.resume() is None
    assert begun == []


def test_what_a_dead_worker_left_is_begun_anew_and_counted(begun):
    moment = timezone.now()
    left = leave(2, as_of=moment)
    assert services.resume().attempts == 3
    assert begun == [(moment, 3)]
    left.refresh_from_db()
    assert (left.state, left.failure) == ("failed", [{"code": "stopped"}])


def test_after_three_deaths_it_ends_in_words(begun):
    left = leave(3)
    assert services.resume() is None
    left.refresh_from_db()
    assert begun == []
    assert (left.state, left.failure) == ("failed", [{"code": "worker_died", "times": 3}])
    assert services.resume() is None


def test_what_follows_a_refresh_follows_one_that_was_resumed(begun, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks, "send", sent.append)
    tasks.resume()
    assert sent == []
    leave()
    tasks.resume()
    assert sent == [PUBLISH, MEASURE, MEASURE_BATCHES]


@pytest.mark.parametrize("task", [RESUME, RESUME_PULL, PUBLISH, MEASURE, CUT])
def test_the_schedule_looks_each_minute(task):
    (entry,) = [one for one in configured.CELERY_BEAT_SCHEDULE.values() if one["task"] == task]
    assert (schedule(entry["schedule"]).run_every.total_seconds(), entry["options"]["expires"]) == (60, 55)


def test_a_worker_that_is_killed_lets_its_lock_go(tmp_path):
    """The file's lock of a process that ends by SIGKILL, as one does that has no memory left."""
    code = (
        "import fcntl, sys, time\n"
        "file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); print('held', flush=True)\n"
        "time.sleep(600)"
    )
    lock = configured.DATA_DIR / "refresh.lock"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout.readline() == "held\n"
        if configured.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
            with refresh_lock() as is_ours:
                assert not is_ours
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    with refresh_lock() as is_ours:
        assert is_ours


@pytest.mark.parametrize("task", [RESUME, RESUME_PULL, PUBLISH, MEASURE, "sync.refresh", "sync.pull"])
def test_no_broker_is_waited_for(task):
    """What the schedule has done again is confirmed when it begins: a broker would give it back in hours."""
    app.loader.import_default_modules()
    assert app.tasks[task].acks_late is False
