"""Waiting for another process."""

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


def test_one_that_works_is_waited_for_however_long(tmp_path: Path) -> None:
    """Longer than the patience: there are signs of life all the while."""
    is_done = threading.Event()
    timer = threading.Timer(2.5, is_done.set)
    with working(tmp_path):
        timer.start()
        wait_for(is_done.is_set, tmp_path)
    timer.join()
