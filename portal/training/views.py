"""Pages of training runs: the list, a run, and how far it is; and one model against many."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from portal.paging import page_of
from portal.training import comparison as comparisons
from portal.training import figures, queries, wording
from portal.training.models import Run

PAGE_SIZE = 20
#: How many of the best and worst known taxa, and of the confused pairs, a page shows.
TAXA, PAIRS = 8, 12


def runs(request: HttpRequest) -> HttpResponse:
    """Every run that this person may know of."""
    page, notices = page_of(request, queries.visible_runs(request.user), PAGE_SIZE)
    cutoffs, now = queries.cutoffs_of(page.object_list, request.user), timezone.now()
    shown = [wording.describe(run, cutoffs.get(run.snapshot_digest), now) for run in page.object_list]
    return render(request, "training/runs.html", {"runs": shown, "page": page, "notices": notices})


def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: how far it is, its curves, its settings, and what came of it."""
    shown = _visible_or_404(request, run_id)
    context = _context(request, shown) | {"settings": figures.settings(shown)}
    if shown.state == Run.State.DONE:
        context |= {
            "overall": wording.overall(shown.overall or {}),
            "best": queries.taxa_known(shown, TAXA, is_best=True),
            "worst": queries.taxa_known(shown, TAXA, is_best=False),
            "pairs": queries.confused_pairs(shown, PAIRS),
            "issues": queries.number_of_issues(shown),
        }
    return render(request, "training/run.html", context)


def comparison(request: HttpRequest) -> HttpResponse:
    """One model or one for each clade? What was measured, and how much of it is chance."""
    shown = comparisons.comparisons()
    context = {
        "comparisons": shown,
        "main": shown[0],
        "answer": shown[0].pair("split_router", "one"),
        "known": shown[0].pair("split_oracle", "one_masked"),
    }
    return render(request, "training/comparison.html", context)


def comparison_document(_request: HttpRequest) -> HttpResponse:
    """Every number of the comparison, with what it is made of."""
    return HttpResponse(
        comparisons.FILE.read_bytes(),
        content_type="application/json",
        headers={"Content-Disposition": 'inline; filename="one-or-many.json"'},
    )


def progress(request: HttpRequest, run_id: int) -> HttpResponse:
    """The part of a run's page that moves; nothing if it has not, and the page anew when the run is done."""
    shown = _visible_or_404(request, run_id)
    if shown.state == Run.State.DONE:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = _context(request, shown)
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "training/_progress.html", context)


def _context(request: HttpRequest, shown: Run) -> dict[str, object]:
    cutoff = queries.cutoffs_of([shown], request.user).get(shown.snapshot_digest)
    described = wording.describe(shown, cutoff, timezone.now())
    return {
        "run": shown,
        "described": described,
        "points": figures.curves(shown),
        "seen": f"{described.state} {described.step} {shown.heartbeat_at}",
    }


def _visible_or_404(request: HttpRequest, run_id: int) -> Run:
    """The run, if this person may know of it; for all others there is none."""
    shown = queries.visible_with_id(request.user, run_id)
    if shown is None:
        raise Http404
    return shown
