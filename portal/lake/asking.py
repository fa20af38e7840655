"""Asking for a refresh, from wherever something came that the next one will know of."""

import logging

from kombu.exceptions import OperationalError

from portal.celery import send
from portal.lake.queries import is_refreshing
from portal.task_names import REFRESH

_log = logging.getLogger(__name__)


def ask_for_refresh() -> bool:
    """Have the database refreshed soon; whether it was asked for.

    Not while one is under way, and not where the broker is away: then the next one by the clock does it.
    """
    if is_refreshing():
        return False
    try:
        send(REFRESH)
    except (OperationalError, OSError) as error:
        _log.warning("The broker does not take a refresh: %s", error)
        return False
    return True
