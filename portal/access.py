"""Who sends a request, and from where."""

from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def signed_in(request: HttpRequest) -> User:
    """Return who sends the request, in a view that turns strangers away. PermissionDenied for a stranger."""
    if isinstance(request.user, AnonymousUser):
        raise PermissionDenied
    return request.user


def is_from_here(request: HttpRequest) -> bool:
    """Whether a post comes from a page of this site, or from no page at all.

    Browsers say which with every post. So a form that strangers send needs no token, which would put a cookie
    on everybody who only reads the page that has it.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.get_host()
