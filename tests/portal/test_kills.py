"""A worker that is killed in the midst of its work: the next one takes that up, and finishes it whole."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from django.conf import settings

from exporter.lake import Lake
from tests.portal.test_celery import ROOT, environment, python, read
from tests.standin.__main__ import simulated
from tests.standin.server import StandIn
from tests.standin.world import World

pytestmark = pytest.mark.skipif(
    settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
    reason="starts processes of its own, which use SQLite: the run on SQLite has it",
)
#: What the schedule does each minute it does more often here. A worker takes one message a second from the
#: folder that is its broker; were this shorter, some of what the schedule sends would always expire unread.
TICK_S = 20
#: Far more than it takes anywhere: what counts is that it comes.
PATIENCE_S = 600
_SHOWN = (
    "SELECT count(*) FROM taxa_readiness"
    " WHERE criteria IN (SELECT key FROM lake_generation WHERE subject = 'taxa')"
)


@contextmanager
def worker(data: Path, **variables: str) -> Iterator[subprocess.Popen]:
    """A worker of all queues with the schedule; killed with all its processes when the block ends."""
    command = ["-m", "celery", "--app", "portal", "--quiet", "worker", "--beat", "--concurrency", "1"]
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(data, LEAFLINE_TICK_SECONDS=str(TICK_S), **variables),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen) -> None:
    """End a worker with its children as a machine does that has no memory left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(is_so: Callable[[], object]) -> None:
    """Return once something is so."""
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, "nobody took it up"
        time.sleep(0.01)


def test_a_pull_and_a_refresh_whose_worker_is_killed_are_taken_up_and_finished(tmp_path):
    with StandIn(World(simulated(40)), requests=1_000) as standin:
        pulling = {"LEAFLINE_PULL": "1", "LEAFLINE_API_URL": standin.url, "LEAFLINE_WATCHED_TAXA": "3,47126"}
        python(tmp_path, "manage.py", "migrate", "--verbosity", "0")
        python(tmp_path, "-m", "celery", "--app", "portal", "call", "sync.pull")
        with worker(tmp_path, **pulling):
            wait_for(lambda: len(standin.log) >= 2)
        assert read(tmp_path, "SELECT state, attempts FROM sync_pull") == [("running", 1)]

        with worker(tmp_path, **pulling) as second:
            wait_for(lambda: read(tmp_path, "SELECT 1 FROM sync_pull WHERE state = 'done'"))
            assert read(tmp_path, "SELECT state, attempts, failure FROM sync_pull ORDER BY id") == [
                ("failed", 1, '[{"code": "stopped"}]'),
                ("done", 2, "[]"),
            ]
            python(tmp_path, "-m", "celery", "--app", "portal", "call", "sync.refresh")
            wait_for(lambda: read(tmp_path, "SELECT 1 FROM sync_refresh WHERE state = 'running'"))
            with closing(sqlite3.connect(tmp_path / "leafline.sqlite3", isolation_level=None)) as holding:
                holding.execute("PRAGMA busy_timeout = 30000")
                wait_for(lambda: read(tmp_path, "SELECT 1 FROM taxa_taxon"))
                holding.execute("BEGIN IMMEDIATE")  # so that it cannot come to its end before it is killed
                assert read(tmp_path, "SELECT state FROM sync_refresh") == [("running",)]
                kill(second)

        ids = standin.world.ids(frozenset([3, 47126]))
    with Lake(tmp_path / "lake").connect() as lake:
        result = lake.sql("SELECT observation_id FROM observations ORDER BY 1").fetchall()
        taxa = lake.sql("SELECT count(*) FROM taxa WHERE taxon_id >= 0").fetchall()
    assert [row[0] for row in result] == ids
    with worker(tmp_path):
        wait_for(lambda: read(tmp_path, "SELECT 1 FROM sync_refresh WHERE state = 'done'"))
        wait_for((tmp_path / "public" / "inclusion.json").exists)
    assert read(tmp_path, "SELECT state, attempts FROM sync_refresh ORDER BY id") == [
        ("failed", 1),
        ("done", 2),
    ]
    assert read(tmp_path, "SELECT count(*) FROM taxa_taxon") == taxa
    assert read(tmp_path, _SHOWN) == read(tmp_path, "SELECT count(*) FROM taxa_readiness")
    assert read(tmp_path, _SHOWN) > [(0,)]
