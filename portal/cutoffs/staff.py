"""The pages on which staff run cutoffs."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from exporter.errors import DataError
from portal.access import allowed
from portal.cutoffs import queries, services
from portal.cutoffs.actions import ACTIONS, SCHEDULE
from portal.cutoffs.forms import ActionForm, CutoffForm
from portal.cutoffs.views import visible_or_404


@allowed("cutoffs.view_cutoff")
def desk(request: HttpRequest) -> HttpResponse:
    """What waits for somebody, and the audit log."""
    context = {"waiting": queries.waiting_for_people(), "log": queries.audit_log()}
    return render(request, "cutoffs/desk.html", context)


@allowed(SCHEDULE)
def new(request: HttpRequest) -> HttpResponse:
    """Draft a cutoff."""
    form = CutoffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = services.draft(form.cleaned_data, by=request.user)
        return redirect("cutoffs:cutoff", made.pk)
    return render(request, "cutoffs/edit.html", {"form": form})


@allowed(SCHEDULE)
def edit(request: HttpRequest, cutoff_id: int) -> HttpResponse:
    """Change what may still be changed."""
    cutoff = visible_or_404(request, cutoff_id)
    form = CutoffForm(request.POST or None, instance=cutoff)
    if request.method == "POST" and form.is_valid():
        try:
            # The form has written into its own copy; the service compares with what is stored.
            services.edit(cutoff, form.cleaned_data, by=request.user)
        except DataError as error:
            form.add_error(None, str(error))
        else:
            return redirect("cutoffs:cutoff", cutoff.pk)
    return render(request, "cutoffs/edit.html", {"form": form, "cutoff": cutoff})


@require_POST
@allowed("cutoffs.view_cutoff")
def act(request: HttpRequest, cutoff_id: int, action: str) -> HttpResponse:
    """Press one of the buttons; what cannot be done is said on the cutoff's page."""
    cutoff = visible_or_404(request, cutoff_id)
    wanted = ACTIONS.get(action)
    if wanted is None:
        raise Http404
    if not request.user.has_perm(wanted.permission):
        raise PermissionDenied
    form = ActionForm(request.POST)
    if wanted.asks and not form.is_valid():
        messages.error(request, _("Write something with it: %(asks)s.") % {"asks": wanted.asks})
        return redirect("cutoffs:cutoff", cutoff.pk)
    try:
        wanted.perform(cutoff, form.cleaned_data.get("text", "") if wanted.asks else "", request.user)
    except DataError as error:
        messages.error(request, str(error))
    return redirect("cutoffs:cutoff", cutoff.pk)
