"""The REST API's addresses of hotspots and their worklists."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers as fields
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import answers, examples, serializers
from portal.api.addresses import TableAddress
from portal.api.paging import PageQuery, cut, linked, page
from portal.api.parameters import CriteriaQuery, TaxonId, WholeNumber, path_id
from portal.api.views import taxon_or_404
from portal.hotspots import queries
from portal.hotspots.models import Continent, Kind
from portal.hotspots.queries import worklists

MOST = 1_000_000_000


class HotspotsQuery(CriteriaQuery, PageQuery):
    """The parameters of the list of hotspots."""

    clade = TaxonId(required=False, help_text="Only this taxon and all below it.")
    kind = fields.ChoiceField(choices=Kind.values, required=False, help_text="Only hotspots of this kind.")
    least = WholeNumber(
        default=0,
        min_value=0,
        max_value=MOST,
        help_text="At least so many expected to be wrong.",
    )


class WorklistQuery(CriteriaQuery, PageQuery):
    """The parameters of a worklist."""

    cursor = fields.RegexField(  # type: ignore[assignment]  # a name in place of a number
        r"^([0-9]{1,18}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
        required=False,
        help_text="Where the page begins: taken from `next` of the page before it.",
    )

    place = fields.ChoiceField(
        choices=Continent.values, required=False, help_text="Only observations on this continent."
    )


class Hotspots(TableAddress):
    """Taxon labels under which wrong labels gather."""

    csv_columns = answers.columns(serializers.Hotspot)
    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @extend_schema(
        operation_id="hotspots",
        examples=examples.listed(examples.HOTSPOT, data=examples.DATA),
        summary="Labels with the most observations expected to be wrong, worst first",
        parameters=[HotspotsQuery],
        responses=serializers.HotspotsAnswer,
    )
    def get(self, request: Request) -> Response:
        wanted = HotspotsQuery.read(request.query_params)
        clade = taxon_or_404(wanted["clade"], "clade: ") if "clade" in wanted else None
        rows = queries.hotspot_list(
            queries.Wanted(
                wanted["criteria"], clade=clade, kind=wanted.get("kind", ""), least=wanted["least"]
            )
        )
        following, shown = page(request, rows, "rank", wanted)
        answer = {
            "data": answers.data(wanted["criteria"]),
            "next": following,
            "results": [answers.hotspot(item.row, item.partner) for item in queries.explain(shown, reach=0)],
        }
        return linked(Response(answer), following)


class Worklist(TableAddress):
    """The observations to look at under a label."""

    csv_columns = answers.columns(serializers.WorklistEntry)
    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @extend_schema(
        operation_id="worklist",
        examples=examples.listed(examples.WORKLIST_ENTRY, data=examples.DATA),
        summary="Observations to review under a label, those first where a look is worth most",
        parameters=[path_id("taxon_id", "The label: iNaturalist's id of the taxon."), WorklistQuery],
        responses=serializers.WorklistAnswer,
    )
    def get(self, request: Request, taxon_id: int) -> Response:
        wanted = WorklistQuery.read(request.query_params)
        taxon = taxon_or_404(taxon_id)
        rows = worklists.worklist(taxon, wanted["criteria"], wanted.get("place", ""))
        if "cursor" in wanted:
            last = worklists.entry_called(rows, wanted["cursor"])
            if last is None:
                raise NotFound("cursor: take it from `next` of a page; the list has changed since, perhaps.")
            rows = worklists.after(rows, last)
        following, shown = cut(request, rows, "name", wanted["page_size"])
        answer = {
            "data": answers.data(wanted["criteria"]),
            "next": following,
            "results": [answers.worklist_entry(entry) for entry in shown],
        }
        return linked(Response(answer), following)
