"""Pages of loads: choose a clade and a place, see what it costs, start it, watch it fill."""

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from exporter.errors import DataError
from portal import throttling
from portal.access import signed_in
from portal.lake.requests import budget, memory
from portal.lifecycle import NotAllowedError
from portal.loads import queries, services, wording
from portal.loads.access import may_change, may_load, may_see
from portal.loads.forms import ChoiceForm, StartForm
from portal.loads.lookups import LookUp, look_up
from portal.loads.models import Load
from portal.paging import page_of

PAGE_SIZE = 20
#: Each look-up costs up to four of the day's requests.
LOOKUPS_PER_HOUR = 40


@never_cache
def loads(request: HttpRequest) -> HttpResponse:
    """What this portal loads from iNaturalist, the newest first."""
    page, notices = page_of(request, queries.listed(request.user), PAGE_SIZE)
    context = {"page": page, "notices": notices, "may_load": may_load(request.user)}
    return render(request, "loads/loads.html", context)


@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """Choose a clade and a place. The next page says what they cost."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not may_load(request.user):
        raise PermissionDenied
    form, result, refusal = ChoiceForm(request.POST or None), LookUp(), _refusal()
    if request.method == "POST" and not refusal and form.is_valid():
        throttling.take(f"load-{signed_in(request).pk}", LOOKUPS_PER_HOUR, throttling.HOUR_S)
        try:
            result = look_up(form)
            if result.taxon and result.region:
                proposed = services.propose(result.taxon, result.place, result.region, by=signed_in(request))
                return redirect("loads:load", proposed.pk)
        except DataError as error:
            form.add_error(None, str(error))
    context = {"form": form, "result": result, "refusal": refusal}
    return render(request, "loads/new.html", context)


def _refusal() -> str:
    """Why nothing can be loaded here; empty where it can."""
    try:
        services.refuse_simulated()
    except NotAllowedError as error:
        return str(error)
    return ""


@never_cache
def load(request: HttpRequest, load_id: int) -> HttpResponse:
    """What it costs, or how far it is."""
    shown = _visible_or_404(request, load_id)
    context = {
        "load": shown,
        "cost": wording.cost(shown, budget().left("requests")),
        "progress": wording.progress(shown, memory()),
        "hotspot_count": queries.hotspots_of(shown) if shown.ready_at else None,
        "may_change": may_change(request.user, shown),
    }
    return render(request, "loads/load.html", context)


@never_cache
def progress(request: HttpRequest, load_id: int) -> HttpResponse:
    """The part of the page that changes while it is loaded; the whole page once it is ready."""
    shown = _visible_or_404(request, load_id)
    response = render(request, "loads/_progress.html", {"progress": wording.progress(shown, memory())})
    if request.GET.get("seen") != shown.state:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def start(request: HttpRequest, load_id: int) -> HttpResponse:
    """Begin to load it."""
    shown = _changeable(request, load_id)
    form = StartForm(request.POST)
    is_mailed = form.is_valid() and form.cleaned_data["is_mailed"]
    try:
        services.start(shown, by=signed_in(request), is_mailed=is_mailed, language=get_language() or "")
    except DataError as error:
        messages.error(request, str(error))
    return redirect("loads:load", shown.pk)


@require_POST
def stop(request: HttpRequest, load_id: int) -> HttpResponse:
    """Discard a proposal, or stop what was started."""
    shown = _changeable(request, load_id)
    if services.stop(shown):
        return redirect("loads:load", shown.pk)
    messages.success(request, _("Discarded. Nothing was loaded."))
    return redirect("loads:list")


def _visible_or_404(request: HttpRequest, load_id: int) -> Load:
    """The load, if this person may know of it; for all others there is none."""
    shown = queries.load_with_id(load_id)
    if shown is None or not may_see(request.user, shown):
        raise Http404
    return shown


def _changeable(request: HttpRequest, load_id: int) -> Load:
    shown = _visible_or_404(request, load_id)
    if not may_change(request.user, shown):
        raise PermissionDenied
    return shown
