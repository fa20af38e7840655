"""How much may be fetched from each host, and how long a fetch will take.

iNaturalist asks of whoever downloads its media to stay under 5 GB an hour and 24 GB a day ("API Recommended
Practices"). That is for its own hosts. Its open data lie in a bucket of Amazon's, made for downloading in
bulk. Of another host nothing is known, so each is treated as gently as iNaturalist's.
"""

import threading
import time
from collections import deque
from urllib.parse import urlsplit

#: A window in seconds and the bytes that may come in it.
Limit = tuple[float, int]

HOUR_S, DAY_S = 3600.0, 24 * 3600.0
MEDIA_LIMITS: tuple[Limit, ...] = ((HOUR_S, 5 * 10**9), (DAY_S, 24 * 10**9))
OPEN_DATA_HOSTS = (
    "inaturalist-open-data.s3.amazonaws.com",
    "inaturalist-open-data.s3.us-east-1.amazonaws.com",
)
#: All of iNaturalist's own hosts share one budget, under this name.
INATURALIST = "inaturalist.org"

#: Bytes are counted in slots of so many seconds: a day has 1,440, however many photos came.
_SLOT_S = 60


def budget_of(url: str) -> str:
    """The name of the budget that a photo's address counts to; empty where nothing is limited."""
    host = (urlsplit(url).hostname or "").lower()
    if host in OPEN_DATA_HOSTS:
        return ""
    is_own = host == INATURALIST or host.endswith(f".{INATURALIST}")
    return INATURALIST if is_own else host


class Budget:
    """At most so many bytes in each window of time, over all threads."""

    def __init__(self, limits: tuple[Limit, ...]) -> None:
        self._limits = limits
        self._longest = max((window for window, _ in limits), default=0.0)
        #: The end of each slot, and the bytes that came in it.
        self._slots: deque[list[float]] = deque()
        self._lock = threading.Lock()

    def remember(self, spent: list[tuple[float, int]]) -> None:
        """Count what was spent before: time (of `time.time`), bytes."""
        with self._lock:
            for moment, number in sorted(spent):
                self._add(moment, number)

    def wait(self) -> None:
        """Wait until every window has room."""
        while (seconds := self.seconds_to_wait(time.time())) > 0:
            time.sleep(min(seconds, 60))

    def spend(self, number: int) -> None:
        """Count bytes spent now."""
        with self._lock:
            self._add(time.time(), number)

    def seconds_to_wait(self, now: float) -> float:
        """Seconds until every window has room; 0: go on."""
        with self._lock:
            while self._slots and self._slots[0][0] <= now - self._longest:
                self._slots.popleft()
            return max((self._wait_for(window, limit, now) for window, limit in self._limits), default=0.0)

    def _add(self, moment: float, number: int) -> None:
        """Count to the slot of that moment.

        A slot counts as spent at its end, so that none is let go too soon.
        """
        end = (moment // _SLOT_S + 1) * _SLOT_S
        if self._slots and self._slots[-1][0] >= end:
            self._slots[-1][1] += number
        else:
            self._slots.append([end, number])

    def _wait_for(self, window: float, limit: int, now: float) -> float:
        total = 0.0
        for end, number in reversed(self._slots):
            if end <= now - window:
                return 0.0
            total += number
            if total >= limit:
                return end + window - now
        return 0.0


class Budgets:
    """A budget for each host, made when it is first needed."""

    def __init__(self, limits: tuple[Limit, ...] = MEDIA_LIMITS) -> None:
        self._limits = limits
        self._budgets: dict[str, Budget] = {}
        self._lock = threading.Lock()

    def of(self, url: str) -> Budget:
        """The budget that an address counts to."""
        name = budget_of(url)
        with self._lock:
            return self._budgets.setdefault(name, Budget(self._limits if name else ()))


def days_at(limits: tuple[Limit, ...], number: float) -> float:
    """How many days so many bytes take when nothing but the limits holds them up."""
    fastest = min((limit / window for window, limit in limits), default=float("inf"))
    return number / fastest / DAY_S
