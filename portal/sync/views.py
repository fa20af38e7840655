"""The status page, and the same for machines."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST

from portal.sync import metrics as measured
from portal.sync.status import status as state_of_things


@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """How the pulls and queues are, in sentences."""
    return render(request, "sync/status.html", {"status": state_of_things()})


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, on this machine or with the token of the settings; it says what few may know."""
    if not (_is_local(request) or _has_token(request)):
        return HttpResponse(_CLOSED, status=403, content_type="text/plain; charset=utf-8")
    return HttpResponse(measured.text(), content_type=CONTENT_TYPE_LATEST)


_CLOSED = "The measurements are read on this machine, or with the token of LEAFLINE_METRICS_TOKEN.\n"


def _is_local(request: HttpRequest) -> bool:
    """Whether a program of this machine asks, and no proxy for somebody else."""
    is_passed_on = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not is_passed_on and request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")


def _has_token(request: HttpRequest) -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return (
        bool(settings.METRICS_TOKEN)
        and kind == "Bearer"
        and constant_time_compare(token, settings.METRICS_TOKEN)
    )
