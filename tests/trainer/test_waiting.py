"""Waiting for another process."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from trainer import waiting
from trainer.errors import DataError
from trainer.waiting import wait_for, working


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("PAUSE_S", 0.02), ("PATIENCE_S", 1.0), ("_LOOK_S", 0.02)):
        monkeypatch.setattr(waiting, name, seconds)


def test_a_process_that_has_died_is_noticed(tmp_path: Path) -> None:
    with working(tmp_path):
        pass
    with pytest.raises(DataError, match="the first worker has given no sign of life for 1 seconds; see why"):
        wait_for(lambda: False, tmp_path)


def test_a_process_that_is_killed_at_its_work_is_noticed(tmp_path: Path) -> None:
    """Nothing runs in it after the signal: neither the end of its block nor a handler."""
    code = (
        "import sys, time; from pathlib import Path; from trainer import waiting;"
        " waiting.PAUSE_S = 0.02; folder = Path(sys.argv[1]);"
        " context = waiting.working(folder); context.__enter__(); print('works', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as chief:
        assert chief.stdout is not None
        assert chief.stdout.readline() == "works\n"
        timer = threading.Timer(1.5, chief.kill)
        timer.start()
        with pytest.raises(DataError, match="the first worker has given no sign of life for 1 seconds"):
            wait_for(lambda: False, tmp_path)
        assert chief.wait() == -signal.SIGKILL


def test_one_that_works_is_waited_for_however_long(tmp_path: Path) -> None:
    """Longer than the patience: there are signs of life all the while."""
    is_done = threading.Event()
    timer = threading.Timer(2.5, is_done.set)
    with working(tmp_path):
        timer.start()
        wait_for(is_done.is_set, tmp_path)
    timer.join()
