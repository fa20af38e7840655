"""Pulls in a process of its own, which may be killed at any step that it takes.

A step is whatever Python's audit hooks tell of: a file opened, a folder made, a rename, a database opened, a
connection made, a request sent. The process kills itself with SIGKILL: nothing of it gets to clean up.
"""

import multiprocessing
import os
import signal
import sys
from itertools import count
from pathlib import Path

from exporter.lake import Lake
from exporter.pull import walk
from exporter.pull.client import Client
from exporter.pull.limiter import Limiter, Window
from exporter.pull.puller import Puller

#: A budget that is never spent.
UNLIMITED = {"requests": (Window(10**9, 1.0),)}
PER_PAGE = 10
BATCH_RECORDS = 20
_STEPS = {
    "open",
    "os.rename",
    "os.mkdir",
    "os.remove",
    "shutil.rmtree",
    "sqlite3.connect",
    "http.client.send",
}

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.exporter.pull.kill"])


def pull(folder: Path, url: str, taxon_id: int, *, kill_at: int | None = None) -> int:
    """Pull a clade in a process of its own, killed at a step; gives how many steps it took."""
    ours, theirs = _context.Pipe()
    process = _context.Process(target=_pull, args=(folder, url, taxon_id, kill_at, theirs))
    process.start()
    process.join()
    theirs.close()
    killed = process.exitcode == -signal.SIGKILL
    assert killed or process.exitcode == 0
    return kill_at or 0 if killed else ours.recv()


def _pull(folder: Path, url: str, taxon_id: int, kill_at: int | None, steps_taken) -> None:  # type: ignore[no-untyped-def]
    steps = count(1)

    def step(event: str, _: object) -> None:
        if event in _STEPS and next(steps) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    walk.PER_PAGE = PER_PAGE
    client = Client(Limiter(folder / "budget", limits=UNLIMITED), url=url, backoff_s=0.001)
    sys.addaudithook(step)
    Puller(Lake(folder / "lake"), client, batch_records=BATCH_RECORDS).pull_clade(taxon_id)
    steps_taken.send(next(steps))
