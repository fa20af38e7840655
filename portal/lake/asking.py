"""Asking for a refresh, from wherever something came that the next one will know of; and for a pull."""

from portal.celery import send
from portal.lake.queries import is_refreshing
from portal.task_names import PULL, REFRESH


def ask_for_refresh() -> bool:
    """Have the database refreshed soon; whether it was requested.

    Not while one is under way, and not where the broker is away: then the next one by the clock does it.
    """
    return not is_refreshing() and send(REFRESH)


def ask_for_pull() -> bool:
    """Have the lake go on with its pull soon; where the broker is away, the next one by the clock does it."""
    return send(PULL)
