"""What every response goes through: the headers it carries, and how pages are packed."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

#: Not JSON, of which programs ask much and often, nor files, which are packed in themselves.
_PACKED = ("text/html", "application/atom+xml", "text/calendar")


def policy(photo_url: str) -> str:
    """The policy: everything comes from this server but photos, which come from the one host named.

    No inline script or style.
    """
    parts = urlsplit(photo_url)
    photos = f" {parts.scheme}://{parts.netloc}" if photo_url else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data:{photos}",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that sends the content-security policy."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy(settings.PHOTO_URL))
        return response

    return respond


class PageCompression(GZipMiddleware):
    """Packs pages, feeds and calendars for whoever takes gzip; WhiteNoise does it for static files.

    Django adds as many random bytes as hide the length of a secret in a page (the attack BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Content-Type", "").startswith(_PACKED):
            return super().process_response(request, response)
        return response
