"""Requests to API v1: sent when the budget allows, and again where that may help.

pyinaturalist writes the request (parameters, ids in the address, User-Agent, time-outs). Its cache is off,
for a pull must see what is there now, and so are its retries, which would not count against the budget: its
session asks our limiter before anything leaves, and what fails is requested again from here.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from pyinaturalist.session import ClientSession
from requests import RequestException, Response
from urllib3.exceptions import HTTPError

from exporter.errors import DataError
from exporter.inaturalist import API
from exporter.messages import Message, message
from exporter.pull.limiter import Limiter
from exporter.sources.values import JsonObject, json_int

PRODUCT = "Leafline/0.1 (reads the data that readiness is computed from)"

_LONGEST_BACKOFF_S = 120.0

# It would log every request's headers, and with the User-Agent the address of whoever runs this.
logging.getLogger("pyinaturalist").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Answer:
    """One answer that made sense."""

    #: The listed objects; what is listed but no object is left out.
    results: list[JsonObject]
    #: How many there are in all; None if unknown.
    total: int | None
    #: When it was given, by the server's clock; None if unknown.
    server_time: datetime | None


class AllowanceSpentError(DataError):
    """A step of the plan has sent all the requests that it was given."""


class RefusedError(DataError):
    """iNaturalist answers, and refuses: asking for the same again is of no use."""


class _NoSenseError(Exception):
    """An answer that is worth asking for again: what is wrong with it, and how long to wait if it says so."""

    def __init__(self, what: Message, wait_s: float | None = None, *, for_all: bool = False) -> None:
        super().__init__(what["code"])
        self.what = what
        self.wait_s = wait_s
        #: Whether every process is to wait, at iNaturalist's request.
        self.for_all = for_all


class _Turnstile:
    """Our budget in the form in which pyinaturalist's session asks for it."""

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter

    @contextmanager
    def ratelimit(self, *_: str, **__: object) -> Iterator[None]:
        self._limiter.spend("requests")
        yield


class Client:
    """Asks one API, one question at a time.

    Args:
        limiter: the budget.
        url: the API's address, up to ``/v1``.
        contact: where whoever runs iNaturalist can write to whoever runs this; part of the User-Agent.
        say: takes messages about each thing that went wrong.
        timeout_s: how long to wait for an answer.
        attempts: how often to ask before giving up.
        backoff_s: the first wait, which doubles from one to the next.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        limiter: Limiter,
        *,
        url: str = API,
        contact: str = "",
        say: Callable[[list[Message]], object] = list,
        timeout_s: float = 30.0,
        attempts: int = 8,
        backoff_s: float = 2.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        #: Requests sent so far, those that failed among them.
        self.requests = 0
        self._most_requests: int | None = None
        self._limiter = limiter
        self._say = say
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._backoff_s = backoff_s
        self._sleep = sleep
        self._session = ClientSession(
            cache_file=":memory:",
            limiter=_Turnstile(limiter),
            limit_statuses=(),
            ratelimit_path=None,
            max_retries=0,
            user_agent=f"{PRODUCT}; contact: {contact}" if contact else PRODUCT,
        )
        self._session.settings.disabled = True

    @contextmanager
    def allowance(self, requests: int) -> Iterator[None]:
        """A block that may send so many requests; the next one is an `AllowanceSpentError`."""
        self._most_requests = self.requests + requests
        try:
            yield
        finally:
            self._most_requests = None

    def get(self, path: str, **parameters: Any) -> Answer:
        """Ask for ``<url>/<path>``.

        RefusedError if the request itself is refused; DataError if nothing sensible comes after all attempts;
        BudgetSpentError if the budget allows no request for long.
        """
        for attempt in range(self._attempts):
            try:
                return self._ask(path, parameters)
            except _NoSenseError as error:
                fault = error
            if self._is_allowance_spent():
                break
            self._wait(fault, attempt, path)
        raise DataError.of(
            fault.what, message("api_gave_up", address=f"{self.url}/{path}", times=attempt + 1)
        )

    def _wait(self, fault: _NoSenseError, attempt: int, path: str) -> None:
        backoff_s = min(self._backoff_s * 2**attempt, _LONGEST_BACKOFF_S)
        # Jitter: several processes that failed together must not come back together.
        wait_s = backoff_s * random.uniform(0.5, 1.0) if fault.wait_s is None else fault.wait_s  # noqa: S311
        self._say([fault.what, message("api_again", seconds=round(wait_s), path=path)])
        if fault.for_all:
            self._limiter.hold("requests", wait_s)
        else:
            self._sleep(wait_s)

    def _is_allowance_spent(self) -> bool:
        return self._most_requests is not None and self.requests >= self._most_requests

    def _ask(self, path: str, parameters: Mapping[str, Any]) -> Answer:
        if self._is_allowance_spent():
            raise AllowanceSpentError("the requests planned for this step are spent; it goes on next time")
        self.requests += 1
        try:
            response = self._session.request(
                "GET",
                f"{self.url}/{path}",
                raise_for_status=False,
                timeout=self._timeout_s,  # type: ignore[arg-type]  # seconds; fractions are as good
                **parameters,
            )
        except RequestException as error:
            raise _NoSenseError(message("api_no_answer", error=type(error).__name__)) from None
        except HTTPError:
            raise _NoSenseError(message("api_cut_off")) from None
        self._check_status(response, path)
        return _understand(response)

    def _check_status(self, response: Response, path: str) -> None:
        status = response.status_code
        if status == 429:
            raise _NoSenseError(message("api_too_many"), _retry_after(response), for_all=True)
        if status >= 500:
            wait_s = _retry_after(response)
            fault = message("api_fault", status=status)
            raise _NoSenseError(fault, wait_s, for_all=wait_s is not None)
        if status != 200:
            words = " ".join(response.text.split())[:200]
            refused = message("api_refused", address=f"{self.url}/{path}", status=status, text=words)
            raise RefusedError.of(refused)


def _understand(response: Response) -> Answer:
    try:
        document = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        raise _NoSenseError(message("api_no_json", type=kind or "of no kind")) from None
    if not isinstance(document, dict) or not isinstance(document.get("results"), list):
        raise _NoSenseError(message("api_no_results"))
    results: list[JsonObject] = [each for each in document["results"] if isinstance(each, dict)]
    return Answer(results, json_int(document.get("total_results")), _date(response.headers.get("Date")))


def _retry_after(response: Response) -> float | None:
    """Seconds to wait, given as such or as a time, which is then by the server's clock."""
    recorded = response.headers.get("Retry-After", "").strip()
    if recorded.isdigit():
        return float(recorded)
    until, now = _date(recorded), _date(response.headers.get("Date"))
    return max((until - now).total_seconds(), 0.0) if until and now else None


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None
