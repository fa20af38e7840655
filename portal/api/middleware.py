"""What public reads of the API share: conditional requests, shared caching, and no word of the reader.

What is about the reader is kept by no cache.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date, parse_etags

from portal.api import edition
from portal.hotspots.facets import PERSONAL

#: Addresses that answer everyone alike, from the edition. Files have their own tags, training runs no public.
PUBLIC = re.compile(r"/api/v1/(?!files/|training-runs/)|/taxa/[0-9]+/badge\.svg$")
#: How long a shared cache may answer without asking, in seconds; and go on while it asks.
CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600"
#: What no cache may keep, neither a proxy's nor a browser's.
PRIVATE = "private, no-store"


def conditional_reads(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that answers a repeated public read with 304, without a query.

    An ETag stands for the edition of the data, the address and the media types accepted. Whoever sends one
    back got it with that answer, so nothing needs to be looked at but the edition.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        if not _is_public_read(request):
            return get_response(request)
        if not request.GET.keys().isdisjoint(PERSONAL):
            response = get_response(request)
            response.headers["Cache-Control"] = PRIVATE
            patch_vary_headers(response, ["Accept", "Authorization"])
            return response
        now = edition.current()
        etag = now.etag(request.get_full_path(), request.headers.get("Accept", ""))
        known = parse_etags(request.headers.get("If-None-Match", ""))
        # A proxy that compresses marks the tag as weak.
        if etag in (tag.removeprefix("W/") for tag in known):
            response = HttpResponseNotModified()
        else:
            response = get_response(request)
            if response.status_code != 200:
                return response
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = CACHE_CONTROL
        # The language is always English and no cookie is read, so nothing else varies.
        response.headers["Vary"] = "Accept"
        if now.changed_at is None:
            return response
        changed_at = int(now.changed_at.timestamp())
        response.headers["Last-Modified"] = http_date(changed_at)
        answered = get_conditional_response(request, etag=etag, last_modified=changed_at, response=response)
        return answered or response

    return respond


def _is_public_read(request: HttpRequest) -> bool:
    return request.method in ("GET", "HEAD") and PUBLIC.match(request.path) is not None
