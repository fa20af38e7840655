"""The REST API's public reads. Thin: what is asked for is checked, the apps' queries are called."""

from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import answers, schema, serializers
from portal.api.addresses import Address, TableAddress
from portal.api.paging import PagedQuery, page
from portal.api.parameters import LARGEST_ID, CriteriaQuery, InclusionQuery, Query, ReadinessQuery
from portal.taxa import inclusion, queries

TAXON_ID = OpenApiParameter(
    "taxon_id",
    {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
    OpenApiParameter.PATH,
    description="iNaturalist's id.",
)


class Root(Address):
    """Where everything is."""

    @extend_schema(operation_id="root", summary="Addresses to begin with", responses=serializers.ApiRoot)
    def get(self, request: Request) -> Response:
        Query.read(request.query_params)
        names = ("schema", "docs", "inclusion", "readiness")
        return Response({name: request.build_absolute_uri(reverse(f"api:{name}")) for name in names})


class Inclusion(TableAddress):
    """Whether taxa are in the model."""

    csv_columns = answers.columns(serializers.Inclusion)

    @extend_schema(
        operation_id="inclusion",
        summary="Up to 500 taxa: in the model, in the next, how far from the line, why",
        parameters=[InclusionQuery],
        responses=serializers.InclusionAnswer,
    )
    def get(self, request: Request) -> Response:
        wanted = InclusionQuery.read(request.query_params)
        rows = inclusion.standings(wanted["taxon_id"], wanted["criteria"])
        known = {row.taxon_id for row in rows}
        return Response(
            {
                "data": answers.data(wanted["criteria"]),
                "results": [answers.inclusion(row) for row in rows],
                "unknown": [taxon_id for taxon_id in wanted["taxon_id"] if taxon_id not in known],
            }
        )


class Taxon(Address):
    """All about one taxon."""

    also_fails_with: ClassVar = (404,)

    @extend_schema(
        operation_id="taxon",
        summary="One taxon: the same, its place in the tree and its history",
        parameters=[TAXON_ID, CriteriaQuery],
        responses=serializers.TaxonAnswer,
    )
    def get(self, request: Request, taxon_id: int) -> Response:
        criteria = CriteriaQuery.read(request.query_params)["criteria"]
        taxon = queries.taxon_with_id(str(taxon_id))
        if taxon is None:
            raise NotFound(f"Taxon {taxon_id} is not in the data.")
        (row,) = inclusion.standings([taxon.id], criteria)
        found = answers.taxon(request, row, queries.ancestors(taxon), queries.history(taxon, criteria))
        return Response({"data": answers.data(criteria), "taxon": found})


class PagedReadinessQuery(ReadinessQuery, PagedQuery):
    """The parameters of the readiness list."""


class Readiness(TableAddress):
    """How taxa stand to the line."""

    csv_columns = answers.columns(serializers.ReadinessRow)

    @extend_schema(
        operation_id="readiness",
        summary="Every taxon with a usable observation, by clade, status and distance from the line",
        parameters=[PagedReadinessQuery],
        responses=serializers.ReadinessAnswer,
    )
    def get(self, request: Request) -> Response:
        wanted = PagedReadinessQuery.read(request.query_params)
        clade = None
        if "clade" in wanted:
            clade = queries.taxon_with_id(str(wanted["clade"]))
            if clade is None:
                raise ValidationError({"clade": f"taxon {wanted['clade']} is not in the data"})
        rows = queries.readiness_of(wanted["criteria"], clade, wanted.get("status"), wanted.get("distance"))
        following, shown = page(request, rows, "taxon_id", wanted)
        response = Response(
            {
                "data": answers.data(wanted["criteria"]),
                "next": following,
                "results": [answers.readiness(row) for row in shown],
            }
        )
        if following:
            response.headers["Link"] = f'<{following}>; rel="next"'
        return response


def schema_document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return HttpResponse(schema.document(), content_type="application/vnd.oai.openapi+json;version=3.1")
