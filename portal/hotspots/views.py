"""Pages of hotspots: the list, a hotspot with its worklist, the matrix of a genus."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify

from portal.access import signed_in
from portal.accounts.feed_keys import key_of
from portal.hotspots import forms, queries
from portal.hotspots.boards import Board, board_of
from portal.hotspots.facets import PERSONAL, Facets
from portal.hotspots.files import worklist_lines
from portal.hotspots.matrix import matrix as matrix_of
from portal.hotspots.models import Evidence, WorklistEntry
from portal.hotspots.queries import notes, offering, worklists
from portal.hotspots.seen import Visitor
from portal.inaturalist import identify_address
from portal.interests import queries as interests
from portal.lake.queries import current_refresh
from portal.paging import page_of
from portal.places import places_starting_so
from portal.taxa import photos
from portal.taxa.models import Photo, Taxon
from portal.taxa.queries import taxon_with_id
from portal.taxa.views import any_clade_suggestions

PAGE_SIZE = 25
#: How many places are offered, and how long the name of one may be.
SUGGESTIONS, LONGEST_PLACE = 8, 100


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
    selected, notices = form.selection(interests.shown(request))
    page, page_notices = page_of(request, queries.hotspot_list(selected), PAGE_SIZE)
    rows = queries.with_photos(queries.explain(page.object_list))
    context = {
        "selection": selected,
        "mine": selected.mine,
        "criteria": selected.criteria,
        "notices": notices + page_notices,
        "fields": form.fields,
        "page": page,
        "rows": rows,
        "is_weak": _is_weak(rows, selected.criteria),
        "most": max((item.row.expected_wrong_high for item in rows), default=0),
        **photos.notes(item.photo for item in rows),
        "is_counted": bool(rows or queries.is_counted(selected.criteria)),
        "is_bare": not rows and _asks_for_all(selected),
    }
    return render(request, "hotspots/hotspots.html", context)


def _is_weak(rows: list[queries.Explained], criteria: str) -> bool:
    """Whether all that is listed rests on counts of votes: read where the page shows nothing better."""
    is_known = any(item.row.evidence == Evidence.IDENTIFICATIONS for item in rows)
    return bool(rows) and not is_known and queries.is_without_identifications(criteria)


def suggest_clade(request: HttpRequest) -> HttpResponse:
    """The taxa to offer while the clade of the list is being typed."""
    return any_clade_suggestions(request, reverse("hotspots:list"))


def worklist(request: HttpRequest) -> HttpResponse:
    """What to look at first: one confusion at a time, or all of them mixed."""
    form = forms.FacetsForm(request.GET)
    facets, notices = form.facets(interests.shown(request), _visitor(request))
    is_mixed = form.cleaned_data.get("mixed", False)
    wide = facets.without("label", "rather") if facets.is_one_confusion else facets
    first = offering.first_rows(wide)
    offered = offering.confusions(wide, first)
    best = next((one for one in offered if one.is_best), None)
    is_mixed = is_mixed or not (best or facets.is_one_confusion)
    shown = facets if is_mixed or facets.is_one_confusion or best is None else best.facets
    listed = [row.observation_id for row in first] if shown is wide else worklists.worklist_over_all(shown)
    page, page_notices = page_of(request, listed, worklists.BATCH)
    board = board_of(worklists.named(worklists.entries(page.object_list, shown.criteria)))
    context = {
        "facets": facets,
        "mine": facets.mine,
        "shown": shown,
        "confusions": offered,
        "is_mixed": is_mixed,
        "criteria": facets.criteria,
        "notices": notices + page_notices,
        "fields": form.fields,
        "page": page,
        **_board(request, facets.criteria, board),
        "saved": notes.saved_searches(request.user),
        "feed_query": _feed_query(request, facets),
        "wider": [] if board.rows else offering.wider(facets),
    }
    return render(request, "hotspots/worklist.html", context)


def _feed_query(request: HttpRequest, facets: Facets) -> str:
    """The query of the worklist's feed: with the reader's key where the facets are about the reader.

    Without an account there is no key, and feeds read no cookie.
    """
    if not request.user.is_authenticated:
        return facets.without(*PERSONAL).query
    key = urlencode({"key": key_of(signed_in(request))}) if facets.is_personal else ""
    return "&".join(filter(None, (facets.query, key)))


def _visitor(request: HttpRequest) -> Visitor:
    """Who opens a page."""
    return Visitor(request.user, request.COOKIES)


def suggest_place(request: HttpRequest) -> HttpResponse:
    """The places to offer while one is being typed."""
    text = request.GET.get("place", "")[:LONGEST_PLACE]
    context = {"text": text, "places": places_starting_so(text, SUGGESTIONS)}
    return render(request, "hotspots/_places.html", context)


def suggest_worklist_clade(request: HttpRequest) -> HttpResponse:
    """The taxa to offer while the clade of the worklist is being typed."""
    return any_clade_suggestions(request, reverse("hotspots:worklist"))


def worklist_over_all_file(request: HttpRequest) -> StreamingHttpResponse:
    """The worklist over all labels, as far as its pages go, as CSV."""
    facets, _notices = forms.FacetsForm(request.GET).facets(interests.shown(request), _visitor(request))
    clade = slugify(str(facets.clade.id or facets.clade.name)) if facets.clade else ""
    entries = worklists.entries(worklists.worklist_over_all(facets), facets.criteria)
    return _file(entries, facets.criteria, ["worklist", clade, facets.place])


@_of_taxon
def hotspot(request: HttpRequest, taxon: Taxon) -> HttpResponse:
    """What is wrong under a label, how it comes about, and what to look at."""
    facets, notices = _under(request, taxon)
    criteria = facets.criteria
    rows = worklists.worklist(facets)
    continents = worklists.by_continent(facets)
    count = continents.get(facets.place) if facets.places else sum(continents.values())
    page, page_notices = page_of(request, rows, worklists.BATCH, count)
    board = board_of(worklists.named(page.object_list))
    item, confusions = queries.of_label(taxon, criteria)
    if item is not None and not board.rows:
        queries.with_photos([item])
    elif item is not None:
        item.photo = board.rows[0].listed.label_photo
    context = {
        "taxon": taxon,
        "criteria": criteria,
        # The label is the page itself, and nothing to leave out.
        "facets": facets.without("label"),
        "mine": facets.mine,
        "place": facets.place,
        "notices": notices + page_notices,
        "item": item,
        "genus": queries.genus_of(taxon),
        "confusions": confusions,
        "unnamed": queries.unnamed(item, confusions.really) if item else 0,
        "months": worklists.months(Facets(criteria, label=taxon.id)),
        "found_squares": worklists.squares(Facets(criteria, label=taxon.id)),
        "continents": continents,
        "page": page,
        **_board(request, criteria, board, item.photo if item else None),
    }
    return render(request, "hotspots/hotspot.html", context)


@_of_taxon
def review(request: HttpRequest, taxon: Taxon) -> HttpResponseRedirect:
    """To Identify with the first observations to look at; to the list of links where none has a number."""
    facets, _notices = _under(request, taxon)
    address = identify_address(worklists.first_batch(facets))
    return redirect(address or f"{reverse('hotspots:hotspot', args=[taxon.id])}#worklist")


@_of_taxon
def worklist_file(request: HttpRequest, taxon: Taxon) -> StreamingHttpResponse:
    """The whole worklist of a hotspot, or what facets leave of it, as CSV."""
    facets, _notices = _under(request, taxon)
    entries = worklists.all_entries(facets)
    return _file(entries, facets.criteria, ["worklist", str(taxon.id), facets.place])


@_of_taxon
def places(request: HttpRequest, taxon: Taxon) -> JsonResponse:
    """Where the suspect observations lie: [[latitude, longitude, suspicion, number or UUID], ...]."""
    facets, _notices = _under(request, taxon)
    result = worklists.places(Facets(facets.criteria, label=taxon.id))
    return JsonResponse(
        {
            "places": [
                [entry.latitude, entry.longitude, round(entry.suspicion, 3), entry.name] for entry in result
            ]
        }
    )


@_of_taxon
def matrix(request: HttpRequest, taxon: Taxon) -> HttpResponse:
    """Which taxa of a genus are taken for which."""
    genus = queries.genus_of(taxon)
    if genus is not None and genus.id != taxon.id:
        return _to_genus(request, genus)
    facets, notices = _under(request, taxon)
    criteria = facets.criteria
    context = {"taxon": taxon, "criteria": criteria, "notices": notices, "genus": genus}
    if genus is not None:
        context["matrix"] = matrix_of(genus, criteria)
    return render(request, "hotspots/matrix.html", context)


def _to_genus(request: HttpRequest, genus: Taxon) -> HttpResponseRedirect:
    address = reverse("hotspots:matrix", args=[genus.id])
    query = request.GET.urlencode()
    return redirect(f"{address}?{query}" if query else address)


def _asks_for_all(selected: queries.Selection) -> bool:
    """Whether nothing was selected that leaves out more than pages leave out by themselves."""
    is_filtered = selected.clade or selected.places or selected.mine or selected.kind or selected.is_exported
    return not is_filtered and selected.least <= queries.LEAST_SHOWN


def _board(request: HttpRequest, criteria: str, board: Board, *others: Photo | None) -> dict[str, Any]:
    """What `hotspots/_board.html` and its neighbours need, with what is said of photos, these ones too."""
    rows = [row.listed.entry for row in board.rows if row.listed.entry.number]
    return {
        "board": board,
        "expected": offering.expected_of((row.listed.entry for row in board.rows), criteria),
        "pair_notes": notes.notes_beside(board.label, board.rather, request.user),
        "batch_address": identify_address(rows),
        "batch_size": len(rows),
        **photos.notes([*board.photos, *others]),
    }


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


def _under(request: HttpRequest, taxon: Taxon) -> tuple[Facets, list[str]]:
    """What somebody chose of the worklist under a label, and the notices."""
    facets, notices = forms.FacetsForm(request.GET).facets(visitor=_visitor(request))
    mine = replace(facets.mine, clades=(), spans=())
    return replace(facets.without("clade"), label=taxon.id, mine=mine), notices
