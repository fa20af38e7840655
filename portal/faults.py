"""What is answered while something that the portal stands on is away: 503, and when to come again.

A database that hangs up, one that another process keeps locked, counters that cannot be reached: none of
these is a fault of the program, and each may be over in a moment. Nobody waits for the broker: what it does
not take, the schedule sends later (`portal.celery.send`).
"""

import logging
import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views import defaults
from redis.exceptions import RedisError

from portal.api.problems import PREFIX, problem
from portal.throttling import CountersAwayError, TooOftenError

#: When to come again, in seconds.
RETRY_AFTER_S = 30
_AWAY = (OperationalError, InterfaceError, RedisError, CountersAwayError)
_log = logging.getLogger(__name__)


class PassingFaults:
    """Middleware that answers what a view raises, where that is over by itself; all else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 429 or 503, or leave it to the page of faults."""
        return answer(request, error)


def answer(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """The answer to what went wrong, if it may be over soon: it says when. None for a fault of ours."""
    if isinstance(error, TooOftenError):
        wait = error.allowance.reset_s
        return _document(request, 429, f"Too many requests: come again in {wait} seconds.", wait)
    if not isinstance(error, _AWAY) or str(error).startswith("no such "):  # SQLite was never migrated
        return None
    _log.error("Not available: %s: %s", type(error).__name__, error)
    return _document(request, 503, "Something that is needed does not answer: try again soon.", RETRY_AFTER_S)


def _document(request: HttpRequest, status: int, words: str, retry_after_s: int) -> HttpResponse:
    """A problem document under /api/, else a page, made without the database."""
    headers = {"Retry-After": str(retry_after_s)}
    if request.path.startswith(PREFIX):
        return problem(status, words, headers=headers)
    minutes = -(-retry_after_s // 60)
    return HttpResponse(
        render_to_string(f"{status}.html", {"minutes": minutes}), status=status, headers=headers
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """The site's answer to whatever no view answers: 503 for what is over soon, else that it is our fault.

    That is a problem document under /api/, else a page.
    """
    passing = answer(request, sys.exc_info()[1])
    if passing is not None:
        return passing
    if request.path.startswith(PREFIX):
        return problem(500, "Something broke on our side; it has been recorded.")
    return defaults.server_error(request)
