"""The status page, and the same for machines."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
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
    """For Prometheus."""
    return HttpResponse(measured.text(), content_type=CONTENT_TYPE_LATEST)
