"""Counting requests by the clock, in the cache: in each process, or shared by all in Redis."""

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

MINUTE_S = 60
HOUR_S = 3600
#: A network of IPv6 is one visitor: whoever has an address there has all of them.
_IPV6_PREFIX = 64

Value = TypeVar("Value")


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
        """The headers that say so."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.limit - self.used, 0)),
            "RateLimit-Reset": str(self.reset_s),
        }


class CountersAwayError(Exception):
    """The counters cannot be reached. What must be counted is not done then; reads go on uncounted."""


class TooOftenError(Exception):
    """Somebody asked once too often."""

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(f"more than {allowance.limit} requests")
        self.allowance = allowance


def count(who: str, limit: int, window_s: int) -> Allowance:
    """Count one more request by ``who``, of ``limit`` in each minute or hour of the clock.

    CountersAwayError where the counters cannot be reached.
    """
    window, gone = divmod(int(time.time()), window_s)
    key = f"{who}-{window}"
    try:
        # The first to come makes the counter; a counter outlives its window by one.
        cache.add(key, 0, timeout=2 * window_s)
        return Allowance(limit, cache.incr(key), window_s - gone)
    except ValueError:  # it was dropped in between, for there are too many: this is the first again
        cache.set(key, 1, timeout=2 * window_s)
        return Allowance(limit, 1, window_s - gone)
    except (RedisError, OSError):
        raise CountersAwayError from None


def take(who: str, limit: int, window_s: int) -> None:
    """Count one more, and refuse it with a TooOftenError if that is one too many."""
    allowance = count(who, limit, window_s)
    if allowance.is_spent:
        raise TooOftenError(allowance)


def forget(who: str, window_s: int) -> None:
    """Begin the count of this window anew."""
    try:
        cache.set(f"{who}-{int(time.time()) // window_s}", 0, timeout=2 * window_s)
    except (RedisError, OSError):
        raise CountersAwayError from None


def is_away() -> bool:
    """Whether the counters cannot be reached."""
    try:
        cache.get("counters")
    except (RedisError, OSError):
        return True
    return False


def kept(key: str, make: Callable[[], Value], seconds: int) -> Value:
    """Return a value that is made at most once in so many seconds; each time where nothing can be kept."""
    try:
        result: Any = cache.get_or_set(key, make, seconds)
    except (RedisError, OSError):
        return make()
    value: Value = result
    return value


def address_of(request: HttpRequest) -> str:
    """The visitor's address: behind our own proxy the last that it was given, else the connection's.

    Of IPv6 the network of 64 bits, for who has one address of it has them all.
    """
    recorded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    address = recorded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((ip, _IPV6_PREFIX), strict=False))


def mailbox_of(email: str) -> str:
    """Return the mailbox that an address reaches: without its ``+tag``, in lower case."""
    name, _, host = email.strip().lower().rpartition("@")
    return f"{name.partition('+')[0]}@{host}"
