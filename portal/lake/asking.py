"""Asking for a refresh, from wherever something came that the next one will know of; and for a pull."""

import logging

from kombu.exceptions import OperationalError

from portal.celery import send
from portal.lake.queries import is_refreshing
from portal.task_names import PULL, REFRESH

_log = logging.getLogger(__name__)


def ask_for_refresh() -> bool:
    """Have the database refreshed soon; whether it was asked for.

    Not while one is under way, and not where the broker is away: then the next one by the clock does it.
    """
    return not is_refreshing() and _send(REFRESH)


def ask_for_pull() -> bool:
    """Have the lake go on with its pull soon; where the broker is away, the next one by the clock does it."""
    return _send(PULL)


def _send(task: str) -> bool:
    try:
        send(task)
    except (OperationalError, OSError) as error:
        _log.warning("The broker does not take %s: %s", task, error)
        return False
    return True
