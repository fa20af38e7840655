"""Reads of what people chose."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest

from portal.interests.choices import EVERYTHING, GROUPS, NOTHING, PLACES, Choice, choice_of, of_address, read
from portal.interests.models import Interests

#: The cookie of who has no account: signed, a year old at most, read by nobody but this portal.
COOKIE, SALT = "leafline_interests", "portal.interests"
COOKIE_AGE_S = 365 * 24 * 3600


def kept_of(user: User | AnonymousUser) -> Choice | None:
    """Return what an account keeps; None where it keeps nothing. No query for who is signed in."""
    row: Interests | None = getattr(user, "interests", None)
    return choice_of({GROUPS: row.groups, PLACES: row.places}) if row else None


def own(request: HttpRequest) -> Choice:
    """Return the reader's own choice: the account's, or else the cookie's."""
    known: Choice | None = getattr(request, "own_choice", None)
    if known is None:
        known = kept_of(request.user)
        if known is None:
            text = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=COOKIE_AGE_S)
            known = read(str(text))
        request.own_choice = known  # type: ignore[attr-defined]  # read once a request
    return known


def shown(request: HttpRequest) -> Choice:
    """Return what the page is narrowed to: what the address says, else the reader's own choice."""
    named = of_address(request.GET)
    if named is not None:
        return named
    return NOTHING if EVERYTHING in request.GET else own(request)
