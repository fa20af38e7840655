"""Counting requests by the clock, in the cache: in each process, or shared by all in Redis."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

MINUTE_S = 60
HOUR_S = 3600


@dataclass(frozen=True)
class Allowance:
    """What is left for whoever asks. ``reset_s``: seconds until the count begins anew."""

    limit: int
    used: int
    reset_s: int

    @property
    def is_spent(self) -> bool:
        """Whether this request is one too many."""
        return self.used > self.limit

    @property
    def headers(self) -> dict[str, str]:
        """The headers that tell it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.limit - self.used, 0)),
            "RateLimit-Reset": str(self.reset_s),
        }


def count(who: str, limit: int, window_s: int) -> Allowance:
    """Count one more request by ``who``, of ``limit`` in each minute or hour of the clock."""
    window, gone = divmod(int(time.time()), window_s)
    key = f"{who}-{window}"
    # The first to come makes the counter; a counter outlives its window by one.
    cache.add(key, 0, timeout=2 * window_s)
    return Allowance(limit, cache.incr(key), window_s - gone)


def address_of(request: HttpRequest) -> str:
    """The visitor's address: behind our own proxy the last that it was told, else the connection's."""
    told = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    return told.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
