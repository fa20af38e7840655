"""Whose batches a request is about: an account's, or those of a browser that has a key in its cookie."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal import throttling
from portal.access import signed_in
from portal.batches import queries
from portal.batches.models import Holder
from portal.batches.services import holders

COOKIE = "leafline_batches"
_COOKIE_AGE_S = round(queries.BROWSER_KEPT_FOR.total_seconds())
#: How many browsers without an account may begin at one address in an hour: whoever drops the cookie is new.
NEW_PER_HOUR = 10


def holder_of(request: HttpRequest) -> Holder | None:
    """The holder that sends a request; None where nothing was taken yet."""
    return queries.holder_of(request.user, request.COOKIES.get(COOKIE, ""))


def arrived(request: HttpRequest) -> tuple[Holder, str]:
    """The holder that takes a batch, made if it is new, with the key for its cookie: "" if it needs none.

    TooOftenError where too many are new at one address.
    """
    key = request.COOKIES.get(COOKIE, "")
    if request.user.is_authenticated:
        user = signed_in(request)
        return holders.adopt(user, key) or holders.of_account(user), ""
    known = queries.holder_with_key(key)
    if known is not None:
        return known, key
    throttling.take(f"batches-{throttling.address_of(request)}", NEW_PER_HOUR, throttling.HOUR_S)
    return holders.new_browser()


def remember(response: HttpResponse, key: str) -> HttpResponse:
    """Put the key into the browser's cookie; without one, take a former one away."""
    if key:
        response.set_cookie(
            COOKIE, key, _COOKIE_AGE_S, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
