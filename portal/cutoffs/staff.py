"""The pages on which staff run cutoffs."""

from copy import copy
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from exporter.errors import DataError
from portal.access import signed_in
from portal.buttons import press
from portal.cutoffs import queries, services
from portal.cutoffs.buttons import BUTTONS, SCHEDULE
from portal.cutoffs.forms import CutoffForm
from portal.cutoffs.views import visible_or_404
from portal.hotspots.queries import notes
from portal.lake.queries import current_refresh

#: Who reads notes on two taxa before others do.
MODERATE = "hotspots.moderate_note"


@login_required
@permission_required("cutoffs.view_cutoff", raise_exception=True)
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for somebody, and the audit log."""
    context: dict[str, Any] = {"waiting": queries.waiting_for_people(), "log": queries.audit_log()}
    if request.user.has_perm(MODERATE):
        context["notes_waiting"] = notes.waiting()
    return render(request, "cutoffs/desk.html", context)


@login_required
@permission_required(SCHEDULE, raise_exception=True)
def new(request: HttpRequest) -> HttpResponse:
    """Draft a cutoff."""
    form = CutoffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = current_refresh()
        values = form.cleaned_data | {"is_simulated": bool(data and data.is_simulated)}
        made = services.draft(values, by=signed_in(request))
        return redirect("cutoffs:cutoff", made.pk)
    return render(request, "cutoffs/edit.html", {"form": form})


@login_required
@permission_required(SCHEDULE, raise_exception=True)
def edit(request: HttpRequest, cutoff_id: int) -> HttpResponse:
    """Change what may still be changed."""
    cutoff = visible_or_404(request, cutoff_id)
    # A form writes into its instance: the page shows the cutoff as it is stored until the change is saved.
    form = CutoffForm(request.POST or None, instance=copy(cutoff))
    if request.method == "POST" and form.is_valid():
        try:
            services.edit(cutoff, form.cleaned_data, by=signed_in(request))
        except DataError as error:
            form.add_error(None, str(error))
        else:
            return redirect("cutoffs:cutoff", cutoff.pk)
    return render(request, "cutoffs/edit.html", {"form": form, "cutoff": cutoff})


@require_POST
@login_required
@permission_required("cutoffs.view_cutoff", raise_exception=True)
def act(request: HttpRequest, cutoff_id: int, action: str) -> HttpResponse:
    """Press one of the buttons; what cannot be done is said on the cutoff's page."""
    cutoff = visible_or_404(request, cutoff_id)
    press(request, cutoff, BUTTONS, action)
    return redirect("cutoffs:cutoff", cutoff.pk)
