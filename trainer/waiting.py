"""Waiting for what another process makes, and noticing when that process has died."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from trainer.errors import DataError

_NAME = "working"
#: Seconds between two signs of life, and without one until a process counts as dead.
PAUSE_S = 5.0
PATIENCE_S = 120.0
_LOOK_S = 1.0


@contextmanager
def working(folder: Path) -> Iterator[None]:
    """Give signs of life in a folder while the block runs, whatever it is at."""
    folder.mkdir(parents=True, exist_ok=True)
    is_done = threading.Event()

    def tick() -> None:
        while not is_done.is_set():
            (folder / _NAME).touch()
            is_done.wait(PAUSE_S)

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()


def wait_for(is_there: Callable[[], bool], folder: Path) -> None:
    """Wait until it is there. DataError when the process that makes it has given no sign in PATIENCE_S.

    The clocks of two machines may differ, so what counts is that the sign's time changes, not what it is.
    """
    sign = folder / _NAME
    seen, since = _time_of(sign), time.monotonic()
    while not is_there():
        now = _time_of(sign)
        if now != seen:
            seen, since = now, time.monotonic()
        if time.monotonic() - since > PATIENCE_S:
            raise DataError(
                f"{folder}: the first worker has given no sign of life for {PATIENCE_S:.0f} seconds;"
                " see why it stopped, and start all workers again"
            )
        time.sleep(_LOOK_S)


def _time_of(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
