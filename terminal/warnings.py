"""Warnings of a program's modules, shown to whoever runs a command."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from terminal.progress import say


class _Lines(logging.Handler):
    """A line on standard error, above a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        say(self.format(record), sys.stderr)


@contextmanager
def warnings_shown(program: str) -> Iterator[None]:
    """Write what a program warns of in the block to standard error: each sentence once, on a line."""
    handler = _Lines()
    handler.setFormatter(logging.Formatter(f"{program}: %(message)s"))
    shown: set[str] = set()

    def is_new(record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if message in shown:
            return False
        shown.add(message)
        return True

    handler.addFilter(is_new)
    logger = logging.getLogger(program)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
