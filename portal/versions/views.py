"""Pages of the versions of the model: the list, a version, its classes, the confusions in a genus."""

from collections.abc import Callable, Iterable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from exporter.criteria import DEFAULT_CRITERIA, GENUS_RANK_LEVEL
from exporter.shares import Share
from portal.cutoffs.queries import past_exports
from portal.lake.queries import current_refresh
from portal.paging import page_of
from portal.taxa.models import Taxon
from portal.taxa.queries import ancestors, taxa_with_ids, taxon_with_id
from portal.taxa.views import clade_suggestions
from portal.versions import queries, wording
from portal.versions.files import class_lines
from portal.versions.forms import LISTS, ClassesForm, Selection
from portal.versions.matrix import matrix as matrix_of
from portal.versions.models import ClassStanding, ModelVersion
from portal.versions.queries import BEST, LEAST, current

VERSIONS_SHOWN = 20
PAGE_SIZE = 50
#: How many rows a version's page shows of clades, of each list of classes, of genera and pairs.
CLADES, FIRST, GENERA, PAIRS = 40, 8, 10, 10
#: How many taxa are listed of which iNaturalist's current model and our outlook differ.
CONTRASTS = 10


def _of_version(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view of a released version as a view of its name; while it is not counted, a page says so."""

    @wraps(view)
    def respond(request: HttpRequest, version: str, **arguments: object) -> HttpResponseBase:
        shown = queries.released_called(version)
        if shown is None:
            raise Http404
        if not hasattr(shown, "comparison"):
            return render(request, "versions/model.html", {"version": shown})
        return view(request, shown, **arguments)

    return respond


def models(request: HttpRequest) -> HttpResponse:
    """The versions of the model, and what is known of those before there was a Leafline."""
    page, notices = page_of(request, queries.released(), VERSIONS_SHOWN)
    context = {
        "page": page,
        "notices": notices,
        "versions": queries.listed(page.object_list, request.user),
        "past_exports": list(reversed(past_exports())),
        **_current_model(),
    }
    return render(request, "versions/models.html", context)


def _current_model() -> dict[str, object]:
    """What iNaturalist says of the model that it uses now, and where our outlook differs."""
    data = current_refresh(DEFAULT_CRITERIA)
    facts = current.facts(data)
    if facts is None or "unseen" not in facts:
        return {"data": data, "known": []}
    not_yet = current.not_yet(CONTRASTS) if facts["not_yet"] else []
    no_more = current.no_more(CONTRASTS) if facts["no_more"] else []
    return {
        "data": data,
        "facts": facts,
        "known": wording.known(facts),
        "not_yet": not_yet,
        "not_yet_reasons": wording.reasons(not_yet),
        "is_unexplained": any(wording.is_unexplained(each.reported, each.status) for each in not_yet),
        "no_more": no_more,
        "no_more_reasons": wording.reasons(no_more),
    }


@_of_version
def model(request: HttpRequest, version: ModelVersion) -> HttpResponse:
    """How well a version knows its classes, clade by clade, and what changed since the one before it."""
    selected, notices = ClassesForm(request.GET).selection()
    part = queries.part(version.comparison, selected.clade)
    inside = queries.inside(part, CLADES)
    names: list[str] = [BEST, LEAST, *(change.value for change in queries.CHANGES)]
    lists = {name: list(queries.class_list(part, name)[:FIRST]) for name in names}
    genera = queries.most_confused_genera(part, GENERA)
    pairs = [] if selected.clade else queries.most_confused_pairs(version, PAIRS)
    taxa = taxa_with_ids(
        {row.taxon_id for rows in lists.values() for row in rows}
        | {row.taxon_id for row in genera}
        | (inside.taxon_ids if inside else set())
        | {taxon_id for pair in pairs for taxon_id in (pair.true_taxon_id, pair.predicted_taxon_id)}
    )
    context = {
        "version": version,
        "comparison": version.comparison,
        "export": queries.export(version, request.user),
        "clade": selected.clade,
        "path": ancestors(selected.clade) if selected.clade else [],
        "selection": selected,
        "notices": notices,
        "whole": queries.whole(part),
        "in_five": Share(version.comparison.right_in_five, version.comparison.images),
        "counts": queries.change_counts(part),
        "inside": inside,
        "shares": inside.shares(taxa) if inside else [],
        "genera": [(row, taxa.get(row.taxon_id)) for row in genera],
        "pairs": [(pair, taxa.get(pair.true_taxon_id), taxa.get(pair.predicted_taxon_id)) for pair in pairs],
        **{f"{name}_list": _with_taxa(rows, taxa) for name, rows in lists.items()},
    }
    return render(request, "versions/model.html", context)


def _with_taxa(
    rows: Iterable[ClassStanding], taxa: dict[int, Taxon]
) -> list[tuple[ClassStanding, queries.Compared]]:
    return [(row, queries.share_of_class(row, taxa.get(row.taxon_id))) for row in rows]


@_of_version
def classes(request: HttpRequest, version: ModelVersion) -> HttpResponse:
    """The classes of a version: those gained, lost, known better or worse, best or least, or all."""
    selected, notices = ClassesForm(request.GET).selection()
    part = queries.part(version.comparison, selected.clade)
    counts = queries.change_counts(part)
    rows = queries.class_list(part, selected.show)
    page, page_notices = page_of(request, rows, PAGE_SIZE, counts.get(selected.show))
    taxa = taxa_with_ids(row.taxon_id for row in page.object_list)
    context = {
        "version": version,
        "comparison": version.comparison,
        "selection": selected,
        "notices": notices + page_notices,
        "tabs": _tabs(part, selected, counts),
        "page": page,
        "rows": _with_taxa(page.object_list, taxa),
    }
    return render(request, "versions/classes.html", context)


def _tabs(part: queries.Part, selected: Selection, counts: dict[str, int]) -> list[dict[str, object]]:
    """The lists with their labels, and how many classes they have where that is known."""
    return [
        {"value": value, "label": label, "count": counts.get(value), "is_open": value == selected.show}
        for value, label in LISTS.items()
        if part.comparison.previous_id or value not in queries.CHANGES
    ]


@_of_version
def classes_file(request: HttpRequest, version: ModelVersion) -> StreamingHttpResponse:
    """The whole list as CSV."""
    selected, _notices = ClassesForm(request.GET).selection()
    rows = queries.class_list(queries.part(version.comparison, selected.clade), selected.show)
    parts = ["model", version.name, selected.show, str(selected.clade.id) if selected.clade else ""]
    name = "-".join(filter(None, [*parts, "simulated" if version.run.is_simulated else ""]))
    return StreamingHttpResponse(
        class_lines(rows.iterator(chunk_size=2_000), version.comparison),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


@_of_version
def suggest_clade(request: HttpRequest, version: ModelVersion) -> HttpResponse:
    """The taxa to offer while the clade of a list of classes is being typed."""
    return clade_suggestions(request, reverse("versions:classes", args=[version.name]))


@_of_version
def genus(request: HttpRequest, version: ModelVersion, taxon_id: int) -> HttpResponse:
    """Which classes of a genus the version takes for which."""
    taxon = taxon_with_id(taxon_id)
    if taxon is None:
        return render(request, "taxa/taxon_missing.html", {"taxon_id": taxon_id}, status=404)
    is_genus = taxon.rank_level == GENUS_RANK_LEVEL
    part = queries.part(version.comparison, taxon)
    context = {
        "version": version,
        "taxon": taxon,
        "is_genus": is_genus,
        "whole": queries.whole(part),
        "matrix": matrix_of(part) if is_genus else None,
    }
    return render(request, "versions/genus.html", context)
