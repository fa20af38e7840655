"""The policy lab: one page, and every number of it as files."""

from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from exporter.policy import pictures
from portal.csv_lines import csv_lines
from portal.policy import history, results, wording
from portal.policy.forms import LabForm
from portal.policy.results import EARLY_LEAD, MEASURED, Choice

COLUMNS = ("scenario", "draw", "settle_days", "outcome", "value", "low", "high", "simulated")
#: The windows for which the break-even was looked for.
BREAK_EVEN_WINDOWS = (0, 7, 14)


def lab(request: HttpRequest) -> HttpResponse:
    """Should a cutoff be announced? The answer, three pictures, and any cell of the grid."""
    form = LabForm(request.GET)
    choice, notices = form.choice()
    document = results.document()
    shown_window = max(days for days in BREAK_EVEN_WINDOWS if days <= choice.settle_days)
    context = {
        "fields": form.fields,
        "choice": choice,
        "notices": notices,
        "usual": results.cell(Choice()).changes["wrong_share"],
        "early": results.cell(Choice(lead_days=EARLY_LEAD)).changes["wrong_share"],
        "open_door": results.cell(Choice(settle_days=0)).changes["wrong_share"],
        "rush": results.cell(Choice("rush")).changes["wrong_share"],
        "waited": results.cell(Choice()).means["honest_waited"].value,
        "waited_longer": results.cell(Choice(settle_days=28)).means["honest_waited"].value,
        "waited_unannounced": results.unannounced(results.USUAL_WINDOW)["honest_waited"].value,
        "outcomes": wording.outcome_rows(results.cell(choice)),
        "by_window": pictures.by_window(results.by_window(choice), choice.settle_days),
        **_break_even(document["break_even"], shown_window),
        **_loop(document["generations"]),
        "arms": wording.ARMS,
        "assumed": wording.parameter_rows(choice, document["parameters"]),
        "minutes": document["minutes_a_look"],
        "observations": document["observations"],
        "worlds": len(document["seeds"]),
        "made_on": results.MADE_ON,
        "command": results.command(),
        "is_current": results.is_current(),
        "observed": history.OBSERVED,
    }
    return render(request, "policy/lab.html", context)


def _break_even(shown: dict[str, Any], window: int) -> dict[str, Any]:
    """The break-even without a window and with one: pictures, tables, and what the sentence says."""
    windows = dict.fromkeys((0, window))
    return {
        "contours": [pictures.contour(shown, days) for days in windows],
        "break_even": [(days, pictures.squares(shown, days)) for days in windows],
        "ratios": shown["ratios"],
        "shown_window": window,
        "harms_from": pictures.harms_from(shown, window),
        "harms_from_none": pictures.harms_from(shown, 0),
        "pushes_from_none": pictures.pushes_from(shown, 0),
        "evidence": shown["evidence"],
    }


def _loop(shown: dict[str, Any]) -> dict[str, Any]:
    """The loop over generations: its picture, its tables, and what the sentence says of them."""
    by_response = {name: pictures.generations(shown, name) for name in shown["responses"]}
    shares = {line.arm: [one.value for one in line.estimates] for line in by_response[MEASURED].lines}
    last = {
        name: next(line.estimates[-1].value for line in by_response[name].lines if line.arm == "never")
        for name in by_response
    }
    return {
        "loop": by_response.items(),
        "loop_picture": by_response[MEASURED],
        "numbers": range(1, len(shares["never"]) + 1),
        "gap_days": shown["gap_days"],
        "never_first": shares["never"][0],
        "never_last": shares["never"][-1],
        "every_last": shares["every"][-1],
        "once_last": shares["once"][-1],
        "control_last": last["none"],
        "strong_last": last["strong"],
    }


def results_document(_request: HttpRequest) -> HttpResponse:
    """Every number of the grid, with what it is made of."""
    return HttpResponse(
        results.FILE.read_bytes(),
        content_type="application/json",
        headers={"Content-Disposition": 'inline; filename="policy-lab.json"'},
    )


def results_table(_request: HttpRequest) -> StreamingHttpResponse:
    """Every number of the grid as CSV."""
    lines = csv_lines(COLUMNS, ((*row, "true") for row in results.table()))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="policy-lab.csv"'
    return response
