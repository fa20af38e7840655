"""Errors as `application/problem+json` (RFC 9457), whatever went wrong and wherever under /api/."""

from collections.abc import Iterator
from typing import Any

import orjson
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

CONTENT_TYPE = "application/problem+json"
PREFIX = "/api/"
TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    413: "Content too large",
    415: "Unsupported media type",
    429: "Too many requests",
    500: "Server error",
    503: "Not available",
}


class TooLarge(exceptions.APIException):
    """The request's body is larger than the address takes."""

    status_code = 413
    default_detail = "The body is too large."
    default_code = "too_large"


class Conflict(exceptions.APIException):
    """The request does not fit what is there."""

    status_code = 409
    default_code = "conflict"


def problem(
    status: int,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    """A problem document; ``errors`` names each bad parameter or field with the reason."""
    document: dict[str, object] = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
    }
    if errors:
        document["errors"] = errors
    return HttpResponse(
        orjson.dumps(document),
        status=status,
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """What the API answers to an exception; None for a fault of the program, which Django reports."""
    if isinstance(error, Http404):
        error = exceptions.NotFound(str(error) or "There is no such thing.")
    answered: Response | None = exception_handler(error, context)
    if answered is None:
        return None
    headers = {name: answered[name] for name in ("WWW-Authenticate", "Retry-After") if name in answered}
    if isinstance(error, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    if isinstance(error, exceptions.ValidationError):
        errors = list(_reasons("", error.detail))
        words = "; ".join(f"{each['name']}: {each['reason']}" for each in errors)
        return problem(answered.status_code, words, errors, headers)
    return problem(answered.status_code, str(getattr(error, "detail", error)), headers=headers)


def _reasons(name: str, detail: object) -> Iterator[dict[str, str]]:
    """Each reason of a validation error with the dotted name of what is wrong."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _reasons(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            is_plain = not isinstance(inner, dict | list)
            yield from _reasons(name if is_plain else f"{name}[{number}]", inner)
    else:
        yield {"name": name or "body", "reason": str(detail)}


@csrf_exempt
def not_found(request: HttpRequest, **_parts: str) -> HttpResponse:
    """No such address under /api/."""
    return problem(404, "There is no such address: see /api/docs/. Every address ends in a slash.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's answer to a request that Django refuses."""
    if request.path.startswith(PREFIX):
        return problem(400, "The request cannot be read." if not settings.DEBUG else str(exception))
    return defaults.bad_request(request, exception)
