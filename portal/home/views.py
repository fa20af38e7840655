"""The front page: its view composes what the subjects and campaigns give."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from exporter.criteria import DEFAULT_CRITERIA
from exporter.forecast import forecast
from portal.blitzes import queries as blitzes
from portal.cutoffs import queries as cutoffs
from portal.cutoffs.phases import phases
from portal.cutoffs.queries import Viewer
from portal.cutoffs.states import AHEAD
from portal.hotspots import queries as hotspots
from portal.interests import queries as interests
from portal.lake.queries import current_refresh
from portal.taxa import queries
from portal.taxa.forms import DEFAULT_WITHIN, CriteriaForm
from portal.taxa.queries.curves import curve
from portal.taxa.queries.mine import Mine, mine

#: Who has a desk.
DESK = "cutoffs.view_cutoff"
#: How many of each the page shows.
HOTSPOTS, BLITZES, NEAREST, CHANGES = 3, 3, 3, 6


def home(request: HttpRequest) -> HttpResponse:
    """When, where we are, what can I do."""
    values, notices = CriteriaForm(request.GET).read()
    criteria = values.get("criteria", DEFAULT_CRITERIA)
    data = current_refresh(criteria)
    context = {"criteria": criteria, "notices": notices, "data": data}
    if data is not None:
        chosen = mine(interests.shown(request), criteria)
        context["mine"] = chosen
        context |= _taxa(criteria, chosen)
        context |= _cutoffs(request.user, timezone.now())
        context["items"] = hotspots.worst_for_next_export(criteria, HOTSPOTS, chosen)
        context["under_way"] = blitzes.under_way(request.user, BLITZES)
    return render(request, "home/home.html", context)


def about(request: HttpRequest) -> HttpResponse:
    """What this is, for a newcomer."""
    return render(request, "home/about.html")


def arrive(request: HttpRequest) -> HttpResponse:
    """Where somebody lands who has signed in and came from nowhere: staff at their desk, others at home."""
    return redirect("cutoffs:desk" if request.user.has_perm(DESK) else "home")


def _taxa(criteria: str, chosen: Mine) -> dict[str, Any]:
    """Where things stand in these groups: counts, the curve of one or of all, what changed, what is near."""
    clades = chosen.clades
    return {
        "tabs": queries.tab_counts(queries.Selection(criteria, mine=chosen), DEFAULT_WITHIN),
        "reach": DEFAULT_WITHIN,
        "curve": curve(criteria, clades[0] if clades else None) if len(clades) < 2 else None,
        "nearest": queries.nearest_below(criteria, DEFAULT_WITHIN[queries.NEAR], NEAREST, chosen),
        "changes": queries.recent_changes(criteria, CHANGES, chosen),
    }


def _cutoffs(viewer: Viewer, now: datetime) -> dict[str, Any]:
    """The first two answers: when, and where are we."""
    shown = cutoffs.next_or_latest(viewer)
    coming = shown if shown and shown.state in AHEAD else None
    return {
        "coming": coming,
        "latest": shown if shown is not coming else None,
        "phases": phases(shown, now) if shown else [],
        "forecast": None if coming else forecast(cutoffs.export_record(viewer), now.date()),
    }
