"""Requests to stop: SIGTERM and Ctrl-C wait for a safe point."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def at_safe_points() -> Iterator[Callable[[], bool]]:
    """Within the block SIGTERM and SIGINT interrupt nothing; gives whether one has come.

    Beside the main thread, where signals cannot be had, nobody ever asks.
    """
    requested = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield requested.is_set
        return

    former = {
        number: signal.signal(number, lambda *_: requested.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield requested.is_set
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
