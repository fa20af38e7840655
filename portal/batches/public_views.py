"""What everybody may read of answers."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from portal.batches.files import photo_fault_lines
from portal.batches.queries import public
from portal.lake.queries import current_refresh


def false_alarms(request: HttpRequest) -> HttpResponse:
    """How often a kind or a reason of worklists was wrong, as people answered."""
    context = {"alarms": public.false_alarms(), "least": public.LEAST_ASKED}
    return render(request, "batches/false_alarms.html", context)


def photo_faults(request: HttpRequest) -> HttpResponse:
    """Observations whose photo is the problem, for whoever can mend that on iNaturalist."""
    return render(request, "batches/photo_faults.html", {"faults": public.photo_faults()})


def photo_faults_file(request: HttpRequest) -> StreamingHttpResponse:
    """The same as CSV."""
    data = current_refresh("")
    is_simulated = bool(data and data.is_simulated)
    name = "photo-faults-simulated" if is_simulated else "photo-faults"
    return StreamingHttpResponse(
        photo_fault_lines(public.photo_faults(), is_simulated),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            "Content-Language": settings.LANGUAGE_CODE,
        },
    )
