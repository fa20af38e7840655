"""Pages of hotspots: the list, a hotspot with its worklist, the matrix of a genus."""

from collections.abc import Callable, Iterable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify

from exporter.criteria import DEFAULT_CRITERIA
from portal.hotspots import forms, queries
from portal.hotspots.boards import Board, board_of
from portal.hotspots.files import worklist_lines
from portal.hotspots.matrix import matrix as matrix_of
from portal.hotspots.models import Evidence, WorklistEntry
from portal.hotspots.queries import worklists
from portal.inaturalist import identify_address
from portal.lake.queries import current_refresh
from portal.paging import page_of
from portal.taxa import photos
from portal.taxa.models import Taxon
from portal.taxa.queries import taxon_with_id
from portal.taxa.views import any_clade_suggestions

PAGE_SIZE = 25


def _of_taxon(
    view: Callable[[HttpRequest, Taxon], HttpResponseBase],
) -> Callable[[HttpRequest, int], HttpResponseBase]:
    """A view of a taxon as a view of its id; an id that no taxon has gets a page that helps."""

    @wraps(view)
    def respond(request: HttpRequest, taxon_id: int) -> HttpResponseBase:
        taxon = taxon_with_id(taxon_id)
        if taxon is None:
            return render(request, "taxa/taxon_missing.html", {"taxon_id": taxon_id}, status=404)
        return view(request, taxon)

    return respond


def hotspots(request: HttpRequest) -> HttpResponse:
    """Where wrong labels gather, worst first."""
    form = forms.HotspotForm(request.GET)
    wanted, notices = form.wanted()
    page, page_notices = page_of(request, queries.hotspot_list(wanted), PAGE_SIZE)
    rows = queries.with_photos(queries.explain(page.object_list))
    context = {
        "wanted": wanted,
        "criteria": wanted.criteria,
        "notices": notices + page_notices,
        "fields": form.fields,
        "page": page,
        "rows": rows,
        "is_weak": _is_weak(rows, wanted.criteria),
        "most": max((item.row.expected_wrong_high for item in rows), default=0),
        **photos.notes(item.photo for item in rows),
        "is_counted": bool(rows or queries.is_counted(wanted.criteria)),
        "is_bare": not rows and _asks_for_all(wanted),
    }
    return render(request, "hotspots/hotspots.html", context)


def _is_weak(rows: list[queries.Explained], criteria: str) -> bool:
    """Whether all that is listed rests on counts of votes: asked where the page shows nothing better."""
    is_known = any(item.row.evidence == Evidence.IDENTIFICATIONS for item in rows)
    return bool(rows) and not is_known and queries.is_without_identifications(criteria)


def suggest_clade(request: HttpRequest) -> HttpResponse:
    """The taxa to offer while the clade of the list is being typed."""
    return any_clade_suggestions(request, reverse("hotspots:list"))


def worklist(request: HttpRequest) -> HttpResponse:
    """What to look at first, whatever its label."""
    form = forms.WorklistOverAllForm(request.GET)
    wanted, notices = form.wanted()
    page, page_notices = page_of(request, worklists.worklist_over_all(wanted), worklists.BATCH)
    board = board_of(worklists.named(worklists.entries(page.object_list, wanted.criteria)))
    context = {
        "wanted": wanted,
        "criteria": wanted.criteria,
        "notices": notices + page_notices,
        "fields": form.fields,
        "page": page,
        "board": board,
        **_batch(board),
        **photos.notes(board.photos),
    }
    return render(request, "hotspots/worklist.html", context)


def suggest_worklist_clade(request: HttpRequest) -> HttpResponse:
    """The taxa to offer while the clade of the worklist is being typed."""
    return any_clade_suggestions(request, reverse("hotspots:worklist"))


def worklist_over_all_file(request: HttpRequest) -> StreamingHttpResponse:
    """The worklist over all labels, as far as its pages go, as CSV."""
    wanted, _notices = forms.WorklistOverAllForm(request.GET).wanted()
    clade = slugify(str(wanted.clade.id or wanted.clade.name)) if wanted.clade else ""
    entries = worklists.entries(worklists.worklist_over_all(wanted), wanted.criteria)
    return _file(entries, wanted.criteria, ["worklist", clade, wanted.place])


@_of_taxon
def hotspot(request: HttpRequest, taxon: Taxon) -> HttpResponse:
    """What is wrong under a label, how it comes about, and what to look at."""
    criteria, place, notices = _part(request)
    continents = worklists.by_continent(taxon, criteria)
    count = continents.get(place, 0) if place else sum(continents.values())
    page, page_notices = page_of(request, worklists.worklist(taxon, criteria, place), worklists.BATCH, count)
    board = board_of(worklists.named(page.object_list))
    item, confusions = queries.of_label(taxon, criteria)
    if item is not None:
        queries.with_photos([item])
    context = {
        "taxon": taxon,
        "criteria": criteria,
        "place": place,
        "notices": notices + page_notices,
        "item": item,
        "genus": queries.genus_of(taxon),
        "confusions": confusions,
        "unnamed": queries.unnamed(item, confusions.really) if item else 0,
        "months": worklists.months(taxon, criteria),
        "found_squares": worklists.squares(taxon, criteria),
        "continents": continents,
        "page": page,
        "board": board,
        **_batch(board),
        **photos.notes([*board.photos, item.photo if item else None]),
    }
    return render(request, "hotspots/hotspot.html", context)


@_of_taxon
def review(request: HttpRequest, taxon: Taxon) -> HttpResponseRedirect:
    """To Identify with the first observations to look at; to the list of links where none has a number."""
    criteria, place, _notices = _part(request)
    address = identify_address(worklists.first_batch(taxon, criteria, place))
    return redirect(address or f"{reverse('hotspots:hotspot', args=[taxon.id])}#worklist")


@_of_taxon
def worklist_file(request: HttpRequest, taxon: Taxon) -> StreamingHttpResponse:
    """The whole worklist of a hotspot, or its part on a continent, as CSV."""
    criteria, place, _notices = _part(request)
    entries = worklists.all_entries(taxon, criteria, place)
    return _file(entries, criteria, ["worklist", str(taxon.id), place])


@_of_taxon
def places(request: HttpRequest, taxon: Taxon) -> JsonResponse:
    """Where the suspect observations lie: [[latitude, longitude, suspicion, number or UUID], ...]."""
    criteria, _place, _notices = _part(request)
    found = worklists.places(taxon, criteria)
    return JsonResponse(
        {
            "places": [
                [entry.latitude, entry.longitude, round(entry.suspicion, 3), entry.name] for entry in found
            ]
        }
    )


@_of_taxon
def matrix(request: HttpRequest, taxon: Taxon) -> HttpResponse:
    """Which taxa of a genus are taken for which."""
    genus = queries.genus_of(taxon)
    if genus is not None and genus.id != taxon.id:
        return _to_genus(request, genus)
    criteria, _place, notices = _part(request)
    context = {"taxon": taxon, "criteria": criteria, "notices": notices, "genus": genus}
    if genus is not None:
        context["matrix"] = matrix_of(genus, criteria)
    return render(request, "hotspots/matrix.html", context)


def _to_genus(request: HttpRequest, genus: Taxon) -> HttpResponseRedirect:
    address = reverse("hotspots:matrix", args=[genus.id])
    query = request.GET.urlencode()
    return redirect(f"{address}?{query}" if query else address)


def _asks_for_all(wanted: queries.Wanted) -> bool:
    """Whether nothing was asked for that leaves out more than pages leave out by themselves."""
    is_filtered = wanted.clade or wanted.place or wanted.kind or wanted.is_exported
    return not is_filtered and wanted.least <= queries.LEAST_SHOWN


def _batch(board: Board) -> dict[str, str | int]:
    """The address that opens these in Identify, and how many it opens."""
    rows = [row.listed.entry for row in board.rows if row.listed.entry.number]
    return {"batch_address": identify_address(rows), "batch_size": len(rows)}


def _file(entries: Iterable[WorklistEntry], criteria: str, name: list[str]) -> StreamingHttpResponse:
    """Entries as CSV, under a name of these parts that says where they are simulated."""
    data = current_refresh(criteria)
    is_simulated = bool(data and data.is_simulated)
    file_name = "-".join(filter(None, [*name, "simulated" if is_simulated else ""]))
    return StreamingHttpResponse(
        worklist_lines(entries, is_simulated),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{file_name}.csv"',
            "Content-Language": settings.LANGUAGE_CODE,
        },
    )


def _part(request: HttpRequest) -> tuple[str, str, list[str]]:
    """The rule and the continent asked for, and the notices."""
    values, notices = forms.WorklistForm(request.GET).read()
    return values.get("criteria", DEFAULT_CRITERIA), values.get("place", ""), notices
