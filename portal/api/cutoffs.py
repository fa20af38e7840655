"""The REST API's addresses of cutoffs: what everybody may know of, whoever asks."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from exporter.forecast import forecast
from portal.api import answers, edition, examples, serializers
from portal.api.addresses import Address, TableAddress
from portal.api.paging import PageQuery, linked, page
from portal.api.parameters import Query
from portal.cutoffs import queries


class Cutoffs(TableAddress):
    """Cutoffs, past and to come."""

    csv_columns = answers.columns(serializers.Cutoff)

    @extend_schema(
        operation_id="cutoffs",
        examples=examples.listed(examples.CUTOFF),
        summary="Cutoffs announced to everybody, past and to come",
        parameters=[PageQuery],
        responses=serializers.CutoffsAnswer,
    )
    def get(self, request: Request) -> Response:
        wanted = PageQuery.read(request.query_params)
        following, shown = page(request, queries.visible_to(edition.EVERYBODY), "id", wanted)
        rows = [answers.cutoff(each) for each in shown]
        return linked(Response({"next": following, "results": rows}), following)


class NextCutoff(Address):
    """The cutoff that comes next."""

    @extend_schema(
        operation_id="next_cutoff",
        examples=examples.answer({"cutoff": examples.CUTOFF, "forecast": None}),
        summary="The next cutoff where one is announced, else when to expect one",
        responses=serializers.NextCutoffAnswer,
    )
    def get(self, request: Request) -> Response:
        Query.read(request.query_params)
        coming = queries.next_cutoff(edition.EVERYBODY)
        expected = (
            None if coming else forecast(queries.export_record(edition.EVERYBODY), timezone.now().date())
        )
        return Response(
            {
                "cutoff": answers.cutoff(coming) if coming else None,
                "forecast": answers.forecast(expected) if expected else None,
            }
        )
