"""Pages of taxa: readiness lists, a taxon, the tree, search."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from exporter.criteria import DEFAULT_CRITERIA, PRESETS
from portal.interests import queries as interests
from portal.lake.queries import current_refresh
from portal.paging import page_of
from portal.taxa import forms, icicle, queries, wording
from portal.taxa.photos import notes
from portal.taxa.queries import clades, photos, searching
from portal.taxa.queries.curves import curve
from portal.taxa.queries.named import AnyClade, ByName, clades_starting_so
from portal.taxa.queries.spelling import close_to

PAGE_SIZE = 25
SUGGESTIONS = 8
SEARCH_RESULTS = 50


def readiness(request: HttpRequest) -> HttpResponse:
    """Taxa near the line, included, about to lose their class, dropped."""
    form = forms.ReadinessForm(request.GET)
    selected, notices = form.selection(interests.shown(request))
    counts = _counts(selected)
    count = None if selected.status else counts[selected.tab]
    page, page_notices = page_of(request, queries.readiness_list(selected), PAGE_SIZE, count)
    context = {
        "selection": selected,
        "mine": selected.mine,
        "criteria": selected.criteria,
        "notices": notices + page_notices,
        "fields": form.fields,
        "tabs": _tabs(form, selected, counts),
        "page": page,
        "rows": queries.explain(page.object_list),
        "readiness_rows": page.object_list,
        "curve": curve(selected.criteria, selected.clade),
        "widened": 5 * ((selected.within or 0) + 10),
    }
    return render(request, "taxa/readiness.html", context)


def _counts(selected: queries.Selection) -> dict[str, int]:
    """How many taxa each tab has, the open one as far as it reaches."""
    own_reach = {} if selected.within is None else {selected.tab: selected.within}
    return queries.tab_counts(selected, forms.DEFAULT_WITHIN | own_reach)


def _tabs(
    form: forms.ReadinessForm, selected: queries.Selection, counts: dict[str, int]
) -> list[dict[str, Any]]:
    """The tabs with their labels and how many taxa each has."""
    return [
        {"value": value, "label": label, "count": counts[value], "is_open": value == selected.tab}
        for value, label in forms.TABS
    ]


def taxon(request: HttpRequest, taxon_id: int) -> HttpResponse:
    """What stands between a taxon and the line, its place in the tree, and how it came there."""
    shown = queries.taxon_with_id(taxon_id)
    if shown is None:
        return render(request, "taxa/taxon_missing.html", {"taxon_id": taxon_id}, status=404)
    values, notices = forms.CriteriaForm(request.GET).read()
    criteria = values.get("criteria", DEFAULT_CRITERIA)
    path = queries.ancestors(shown)
    tree = queries.tree(shown, path, criteria)
    history = queries.history(shown, criteria)
    data = current_refresh(criteria)
    photo = photos.of_taxa([shown.id]).get(shown.id)
    is_first = len(history) == 1 and data is not None and history[0].refresh.moment == data.data_as_of
    context = {
        "taxon": shown,
        "criteria": criteria,
        "notices": notices,
        "rules": wording.CRITERIA_NAMES.items(),
        "photo": photo,
        **notes([photo]),
        "path": path,
        "tree": tree,
        "explained": tree.explained.get(shown.id),
        "history": history,
        "drop": queries.newest_drop(history),
        "data": data,
        "has_chart": bool(history) and data is not None and not is_first,
        "confirmed_needed": PRESETS[criteria].confirmed_needed,
    }
    return render(request, "taxa/taxon.html", context)


def tree(request: HttpRequest) -> HttpResponse:
    """A clade of the leaf tree as a picture, and what lies right below it as a table."""
    form = forms.TreeForm(request.GET)
    values, notices = form.read()
    criteria = values.get("criteria", DEFAULT_CRITERIA)
    requested = values.get("taxon")
    clade = clades.clade(criteria, requested)
    taxon = clade.row.taxon if clade and clade.row else requested
    context = {
        "criteria": criteria,
        "notices": notices,
        "colour": values.get("colour", forms.STATUS),
        "colours": forms.COLOURS,
        "taxon": taxon,
        "path": [] if taxon is None or isinstance(taxon, ByName) else queries.ancestors(taxon),
        "clade": clade,
    }
    if clade is not None and clade.photos:
        page, page_notices = page_of(request, clades.branches(criteria, clade), PAGE_SIZE)
        context["page"] = page
        context["notices"] = notices + page_notices
        context["cells"] = icicle.cells(clade, clades.grown(criteria, clade, icicle.least_photos(clade)))
    return render(request, "taxa/tree.html", context)


def search(request: HttpRequest) -> HttpResponse:
    """Taxa by name or id."""
    values, notices = forms.SearchForm(request.GET).read()
    text = values.get("q", "")
    taxa = searching.search(text, SEARCH_RESULTS)
    by_name = clades_starting_so(text, DEFAULT_CRITERIA, SUGGESTIONS)
    context = {
        "text": text,
        "notices": notices,
        "limit": SEARCH_RESULTS,
        "by_name": by_name,
        "results": taxa,
        "close": [] if taxa or by_name else close_to(text, SUGGESTIONS),
        "criteria": DEFAULT_CRITERIA,
        "data": current_refresh(DEFAULT_CRITERIA),
    }
    return render(request, "taxa/search.html", context)


def suggest(request: HttpRequest) -> HttpResponse:
    """The taxa to offer while a name is being typed."""
    return _suggestions(request, request.GET.get("q", ""))


def suggest_clade(request: HttpRequest) -> HttpResponse:
    """The taxa to offer while the clade of a readiness list is being typed."""
    return any_clade_suggestions(request, reverse("taxa:readiness"))


def clade_suggestions(request: HttpRequest, list_address: str) -> HttpResponse:
    """The taxa to offer as the clade of the list at that address."""
    return _suggestions(request, request.GET.get("clade", ""), list_address)


def any_clade_suggestions(request: HttpRequest, list_address: str) -> HttpResponse:
    """The same with clades of which the data know the name alone, for a list that takes these too."""
    values, _notices = forms.CriteriaForm(request.GET).read()
    criteria = values.get("criteria", DEFAULT_CRITERIA)
    return _suggestions(request, request.GET.get("clade", ""), list_address, by_name_under=criteria)


def _suggestions(
    request: HttpRequest, typed: str, list_address: str = "", by_name_under: str = ""
) -> HttpResponse:
    """``by_name_under``: the rule under which clades known by name alone are offered too; "" for none."""
    values, _notices = forms.SearchForm({"q": typed}).read()
    text = values.get("q", "")
    taxa: list[AnyClade] = [*searching.search(text, SUGGESTIONS)]
    if by_name_under:
        taxa += clades_starting_so(text, by_name_under, SUGGESTIONS - len(taxa))
    close = [] if taxa else close_to(text, SUGGESTIONS)
    context = {"text": text, "list_address": list_address, "taxa": taxa or close, "is_close": bool(close)}
    return render(request, "taxa/_suggestions.html", context)
