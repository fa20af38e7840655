"""What every request and response goes through: how large, with which headers, how it is packed."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler
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


#: The blank before the sign of a percentage, its literal first, which is found ten times as fast.
_PERCENTAGE = re.compile(rb" %(?<=[0-9>] %)")
_JOINED = "\N{NO-BREAK SPACE}%".encode()
#: What people copy or edit, which stays as it is.
_OWN_WORDS = re.compile(rb"(<textarea\b.*?</textarea>|<pre\b.*?</pre>)", re.DOTALL)


def percentages(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that lets no line of a page begin with the sign of a percentage."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.streaming and response.headers.get("Content-Type", "").startswith("text/html"):
            parts = _OWN_WORDS.split(response.content)
            parts[::2] = [_PERCENTAGE.sub(_JOINED, part) for part in parts[::2]]
            response.content = b"".join(parts)
        return response

    return respond


#: What trainers hand in is read as a stream, with its own cap.
_OWN_CAP = re.compile(r"/api/v1/training-runs/[^/]+/results/$")


def capped_bodies(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that refuses a body that is too large before a byte of it is read.

    Without a length there is no body: Django reads no further than the header says.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            return HttpResponse("Content-Length is no number.\n", status=400, content_type="text/plain")
        if int(length[:19]) > settings.LARGEST_BODY and not _OWN_CAP.fullmatch(request.path):
            words = f"The body is larger than {settings.LARGEST_BODY >> 10} KiB.\n"
            return HttpResponse(words, status=413, content_type="text/plain")
        return get_response(request)

    return respond


class NoFiles(FileUploadHandler):
    """Refuses a file in a form: no page takes one, so none is written to a disk."""

    def new_file(self, *_args: Any, **_kwargs: Any) -> None:
        raise SuspiciousOperation("No page takes files.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
