"""Pages of cutoffs: the timeline, a cutoff, the progress of its snapshot, its files."""

from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from exporter.forecast import forecast
from portal.accounts.feed_keys import key_of
from portal.buttons import open_to
from portal.cutoffs import evidence, queries, report, wording
from portal.cutoffs.buttons import BUTTONS, REVIEW, SCHEDULE
from portal.cutoffs.models import Cutoff, Snapshot
from portal.cutoffs.states import AHEAD, CUT, PLANNED, State
from portal.interests import queries as interests
from portal.languages import feed_query
from portal.taxa.queries import taxa_with_ids

PAGE_SIZE = 20


def timeline(request: HttpRequest) -> HttpResponse:
    """Past and coming cutoffs, and the exports reported from before."""
    coming = queries.next_cutoff(request.user)
    page = Paginator(queries.timeline(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "coming": coming,
        "forecast": None if coming else forecast(queries.export_record(request.user), timezone.now().date()),
        "page": page,
        "past_exports": list(reversed(queries.past_exports())),
        "ahead": AHEAD,
        "feed_query": feed_query(**_own_key(request)),
        "news_query": feed_query(**_own_key(request), **_own_groups(request)),
    }
    return render(request, "cutoffs/timeline.html", context)


def _own_key(request: HttpRequest) -> dict[str, str]:
    return {"key": key_of(request.user)} if request.user.is_authenticated else {}


def _own_groups(request: HttpRequest) -> dict[str, str]:
    """The reader's groups, for a feed that says how they stand."""
    return interests.own(request).only(groups=True, places=False).query()


def cutoff(request: HttpRequest, cutoff_id: int) -> HttpResponse:
    """One cutoff: its dates, its rules, its seal, and what came of it."""
    shown = visible_or_404(request, cutoff_id)
    latest = next(iter(queries.snapshots(shown)), None)
    context: dict[str, Any] = {
        "cutoff": shown,
        "rules": wording.rules(shown),
        "seed": queries.seed(shown),
        "snapshot": latest,
        "is_being_made": shown.state == State.SNAPSHOTTING,
        "has_files": shown.state in CUT,
        "events": queries.events(shown),
        "is_staff": request.user.has_perm("cutoffs.view_cutoff"),
        "actions": open_to(BUTTONS, shown, request.user),
    }
    if shown.state in CUT or request.user.has_perm(REVIEW):
        context |= _results(latest)
    if shown.state in PLANNED and request.user.has_perm(SCHEDULE):
        context["dry_run"] = queries.last_dry_run(shown)
        context |= _results(context["dry_run"])
    return render(request, "cutoffs/cutoff.html", context)


def _results(made: Snapshot | None) -> dict[str, Any]:
    """The report of a snapshot, its guards, and the taxa that they name; nothing where there is none."""
    if made is None or made.report is None or made.guards is None:
        return {}
    known = taxa_with_ids(report.taxon_ids(made.report) | evidence.named(made.guards))
    return {
        "report": made.report,
        "guards": evidence.guards(made.guards, known),
        "known": known,
        "made": made,
    }


def progress(request: HttpRequest, cutoff_id: int) -> HttpResponse:
    """How far the snapshot is; the page is loaded anew when it is made."""
    shown = visible_or_404(request, cutoff_id)
    attempts = queries.snapshots(shown)
    if shown.state != State.SNAPSHOTTING or not attempts:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "cutoffs/_progress.html", {"cutoff": shown, "snapshot": attempts[0]})


def file(request: HttpRequest, cutoff_id: int, name: str) -> FileResponse:
    """A file of a snapshot that stands."""
    path = queries.file_of(visible_or_404(request, cutoff_id), name)
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=name)


def visible_or_404(request: HttpRequest, cutoff_id: int) -> Cutoff:
    """The cutoff, if this person may know of it; for all others there is none."""
    shown = queries.visible_with_id(request.user, cutoff_id)
    if shown is None:
        raise Http404
    return shown
