"""How a stand-in misbehaves, one request at a time."""

import threading
from collections import deque
from collections.abc import Iterable

#: What can be asked for, and what it does to one request.
FAULTS = {
    "429": "too many requests, no Retry-After",
    "429-wait": "too many requests, with Retry-After",
    "500": "an internal error",
    "503-wait": "unavailable, with Retry-After",
    "timeout": "no answer in time",
    "truncated": "JSON that breaks off",
    "cut": "the connection breaks off within the answer",
    "html": "a page of HTML with status 200",
    "repeat": "the answer to the request before",
    "vanish": "the first observation after the page is deleted",
    "nulls": "every field that may be empty is null or missing",
}


class Faults:
    """Faults to come: a list for the next requests, or every so many requests one in turn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._coming: deque[str | None] = deque()
        self._every = 0
        self._kinds: list[str] = []
        self._asked = 0

    def next(self, *kinds: str | None) -> None:
        """Fail the next requests so; None lets one pass."""
        with self._lock:
            self._coming.extend(kinds)

    def every(self, number: int, kinds: Iterable[str]) -> None:
        """Fail every so manyth request, by one kind after the other."""
        with self._lock:
            self._every, self._kinds = number, list(kinds)

    def of_this_request(self) -> str | None:
        """The fault of the request that is there now, if any."""
        with self._lock:
            self._asked += 1
            if self._coming:
                return self._coming.popleft()
            if self._kinds and self._asked % self._every == 0:
                return self._kinds[self._asked // self._every % len(self._kinds)]
            return None
