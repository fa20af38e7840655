"""How many requests a minute: so many for each address, and more for each token."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from portal.api.models import Token

WINDOW_S = 60


@dataclass(frozen=True)
class Allowance:
    """What is left of the minute for whoever asks. ``reset_s``: seconds until the next one begins."""

    limit: int
    used: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        """The headers that tell it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.limit - self.used, 0)),
            "RateLimit-Reset": str(self.reset_s),
        }


class PerMinute(BaseThrottle):
    """Counts in the cache by the clock's minute. What is answered with 304 is not counted."""

    allowance: Allowance

    def allow_request(self, request: HttpRequest, view: APIView) -> bool:
        token = getattr(request, "auth", None)
        if isinstance(token, Token):
            self.allowance = _count(f"token-{token.pk}", settings.API_PER_MINUTE_TOKEN)
        else:
            self.allowance = _count(f"address-{self.address(request)}", settings.API_PER_MINUTE_ADDRESS)
        request.allowance = self.allowance
        return self.allowance.used <= self.allowance.limit

    def wait(self) -> int:
        return self.allowance.reset_s

    def address(self, request: HttpRequest) -> str:
        """The visitor's address: behind our own proxy the last that it was told, else the connection's."""
        told = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
        return told.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def _count(who: str, limit: int) -> Allowance:
    window, gone = divmod(int(time.time()), WINDOW_S)
    key = f"api-{who}-{window}"
    # The first to come in a minute makes the counter; a counter outlives its minute by one.
    cache.add(key, 0, timeout=2 * WINDOW_S)
    return Allowance(limit, cache.incr(key), WINDOW_S - gone)
