"""Pages of blitzes: the list, a proposal, a blitz with what there is to take."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from exporter.errors import DataError
from portal.access import is_from_here, signed_in
from portal.batches import visitors
from portal.batches.pools import Part
from portal.batches.queries import most_batches
from portal.batches.queries import open_batches as held_batches
from portal.batches.views import take_of
from portal.blitzes import queries, services, wording
from portal.blitzes.buttons import BUTTONS
from portal.blitzes.forms import ClaimForm, ProposalForm
from portal.blitzes.models import Blitz
from portal.blitzes.picture import picture_of
from portal.blitzes.states import State
from portal.buttons import open_to, press
from portal.languages import feed_query
from portal.links import page_address
from portal.paging import page_of
from portal.taxa.queries.searching import taxon_called
from portal.taxa.views import clade_suggestions

PAGE_SIZE = 20
#: How long browsers keep a blitz's picture.
PICTURE_KEPT_S = 3600


def blitzes(request: HttpRequest) -> HttpResponse:
    """Those under way, to come and past; one's own, and what waits for an answer."""
    viewer = request.user
    page, notices = page_of(request, queries.past(viewer), PAGE_SIZE)
    context = {
        "under_way": queries.under_way(viewer),
        "coming": queries.coming(viewer),
        "page": page,
        "past": queries.courses(page.object_list),
        "waiting": queries.waiting(viewer),
        "own": queries.own(viewer),
        "notices": notices,
    }
    return render(request, "blitzes/blitzes.html", context)


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Propose one; the address may name the clade."""
    form = ProposalForm(request.POST or None, viewer=request.user, initial=_asked(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = services.propose(**form.cleaned_data, by=signed_in(request))
        except DataError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("Proposed. Staff will look at it, and their answer will appear here.")
            )
            return redirect("blitzes:blitz", made.pk)
    return render(request, "blitzes/new.html", {"form": form})


def _asked(request: HttpRequest) -> dict[str, str]:
    clade = taxon_called(request.GET.get("clade", "")[:200])
    return {"clade": clade.name} if clade else {}


def suggest_clade(request: HttpRequest) -> HttpResponse:
    """The taxa to offer while the clade is being typed."""
    return clade_suggestions(request, reverse("blitzes:new"))


def blitz(request: HttpRequest, blitz_id: int) -> HttpResponse:
    """What it is for, what to look at, and what it changed so far."""
    shown = _visible_or_404(request, blitz_id)
    now = timezone.now()
    is_open = shown.state == State.RUNNING and now < shown.closes_at
    measurements = queries.measurements(shown)
    course = queries.course(shown, measurements)
    targets = queries.targets(shown)
    holder = visitors.holder_of(request) if is_open else None
    held = held_batches(holder, now, queries.pool_of(shown))
    context = {
        "blitz": shown,
        "criteria": shown.criteria,
        "course": course,
        "trend": queries.moments(measurements),
        "targets": targets,
        "inflow": wording.inflow(course),
        **_shared(course, targets),
        "second_looks": queries.second_looks(shown) if shown.draw_seed else None,
        "worst": [] if shown.state == State.FINISHED else queries.worst(shown),
        "is_open": is_open,
        "batches": queries.batches(shown, holder, now) if is_open else None,
        "held": held,
        "may_take": is_open and (holder is None or len(held) < most_batches(holder)),
        "form": ClaimForm(),
        "events": queries.events(shown),
        "is_staff": request.user.has_perm(queries.REVIEW),
        "actions": open_to(BUTTONS, shown, request.user),
    }
    return render(request, "blitzes/blitz.html", context)


def _shared(course: queries.Course, targets: int) -> dict[str, str]:
    """What those see to whom somebody shows its address, and a comment to show it with."""
    blitz = course.blitz
    address = page_address("blitzes:blitz", blitz.pk)
    is_ahead = blitz.state in (State.APPROVED, State.RUNNING)
    edition = feed_query(edition=str(round(blitz.changed_at.timestamp())))
    return {
        "address": address,
        "picture": f"{page_address('blitzes:picture', blitz.pk)}{edition}",
        "target": wording.target(course, targets) if targets else "",
        "invitation": wording.invitation(course, targets, address) if is_ahead else "",
    }


def picture(request: HttpRequest, blitz_id: int) -> HttpResponse:
    """Its picture, for whoever shares it. The address on its page changes with every count."""
    shown = _visible_or_404(request, blitz_id)
    drawn = picture_of(queries.course(shown), queries.targets(shown))
    headers = {"Cache-Control": f"private, max-age={PICTURE_KEPT_S}"}
    return HttpResponse(drawn, content_type="image/png", headers=headers)


@require_POST
def act(request: HttpRequest, blitz_id: int, action: str) -> HttpResponse:
    """Press one of the buttons; what cannot be done is said on the blitz's page."""
    shown = _visible_or_404(request, blitz_id)
    press(request, shown, BUTTONS, action)
    return redirect("blitzes:blitz", shown.pk)


@csrf_exempt
@require_POST
def claim(request: HttpRequest, blitz_id: int) -> HttpResponse:
    """Take a batch. Anybody may, signed in or not."""
    shown = _visible_or_404(request, blitz_id)
    if not is_from_here(request):
        raise PermissionDenied
    address = f"{reverse('blitzes:blitz', args=[shown.pk])}#batches"
    form = ClaimForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("There is no such label or place: choose one of those on the page."))
        return redirect(address)
    query = urlencode({name: value for name, value in form.cleaned_data.items() if value})
    return take_of(request, Part(queries.pool_of(shown), query), address)


def _visible_or_404(request: HttpRequest, blitz_id: int) -> Blitz:
    """The blitz, if this person may know of it; for all others there is none."""
    shown = queries.visible_with_id(request.user, blitz_id)
    if shown is None:
        raise Http404
    return shown
