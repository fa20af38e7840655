"""The REST API's public reads. Thin: what is asked for is checked, the apps' queries are called."""

from base64 import b64encode
from typing import Any, ClassVar

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from exporter.criteria import DEFAULT_CRITERIA
from portal.api import answers, edition, examples, files, schema, serializers
from portal.api.addresses import Address, TableAddress
from portal.api.badge import SVG, badge
from portal.api.middleware import CACHE_CONTROL
from portal.api.paging import PageQuery, linked, page
from portal.api.parameters import (
    BadgeQuery,
    CriteriaQuery,
    InclusionQuery,
    Query,
    ReadinessQuery,
    path_id,
)
from portal.links import page_address
from portal.taxa import models, queries
from portal.taxa.queries import inclusion
from portal.versions.queries import taxa_of, version_called, versions
from portal.versions.queries.current import current_standing, current_standings

TAXON_ID = path_id("taxon_id", "iNaturalist's id.")
VERSION = OpenApiParameter(
    "version",
    {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
    OpenApiParameter.PATH,
    description="Its name, as `models/` tells it.",
)


def taxon_or_404(taxon_id: int, what: str = "") -> models.Taxon:
    """The taxon of that id; NotFound, with what it was to be, if there is none."""
    found = queries.taxon_with_id(taxon_id)
    if found is None:
        raise NotFound(f"{what}Taxon {taxon_id} is not in the data.")
    return found


class Root(Address):
    """Where everything is."""

    @extend_schema(operation_id="root", summary="Addresses to begin with", responses=serializers.ApiRoot)
    def get(self, request: Request) -> Response:
        Query.read(request.query_params)
        names = serializers.ApiRoot().fields
        return Response({name: page_address(f"api:{name}") for name in names})


class Inclusion(TableAddress):
    """Whether taxa are in the model."""

    csv_columns = answers.columns(serializers.Inclusion)

    @extend_schema(
        operation_id="inclusion",
        examples=examples.answer({"data": examples.DATA, "results": [examples.INCLUSION], "unknown": []}),
        summary="Up to 500 taxa: in the model, in the next, how far from the line, why",
        parameters=[InclusionQuery],
        responses=serializers.InclusionAnswer,
    )
    def get(self, request: Request) -> Response:
        wanted = InclusionQuery.read(request.query_params)
        rows = inclusion.standings(wanted["taxon_id"], wanted["criteria"])
        known = {row.taxon_id for row in rows}
        told = current_standings([row.taxon_id for row in rows], edition.current().refresh)
        return Response(
            {
                "data": answers.data(wanted["criteria"]),
                "results": [answers.inclusion(row, told.get(row.taxon_id)) for row in rows],
                "unknown": [taxon_id for taxon_id in wanted["taxon_id"] if taxon_id not in known],
            }
        )


class Taxon(Address):
    """All about one taxon."""

    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @extend_schema(
        operation_id="taxon",
        examples=examples.answer({"data": examples.DATA, "taxon": examples.TAXON}),
        summary="One taxon: the same, its place in the tree and its history",
        parameters=[TAXON_ID, CriteriaQuery],
        responses=serializers.TaxonAnswer,
    )
    def get(self, request: Request, taxon_id: int) -> Response:
        criteria = CriteriaQuery.read(request.query_params)["criteria"]
        taxon = taxon_or_404(taxon_id)
        (row,) = inclusion.standings([taxon.id], criteria)
        told = current_standing(taxon.id, edition.current().refresh)
        found = answers.taxon(row, told, queries.ancestors(taxon), queries.history(taxon, criteria))
        return Response({"data": answers.data(criteria), "taxon": found})


class PagedReadinessQuery(ReadinessQuery, PageQuery):
    """The parameters of the readiness list."""


class Readiness(TableAddress):
    """How taxa stand to the line."""

    csv_columns = answers.columns(serializers.ReadinessRow)
    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @extend_schema(
        operation_id="readiness",
        examples=examples.listed(examples.READINESS, data=examples.DATA),
        summary="Every taxon with a usable observation, by clade, status and distance from the line",
        parameters=[PagedReadinessQuery],
        responses=serializers.ReadinessAnswer,
    )
    def get(self, request: Request) -> Response:
        wanted = PagedReadinessQuery.read(request.query_params)
        clade = taxon_or_404(wanted["clade"], "clade: ") if "clade" in wanted else None
        rows = queries.readiness_of(wanted["criteria"], clade, wanted.get("status"), wanted.get("distance"))
        following, shown = page(request, rows, "taxon_id", wanted)
        answer = {
            "data": answers.data(wanted["criteria"]),
            "next": following,
            "results": [answers.readiness(row) for row in shown],
        }
        return linked(Response(answer), following)


class Models(Address):
    """Released versions of the model."""

    @extend_schema(
        operation_id="models",
        summary="The versions of the model, the current one first",
        responses=serializers.ModelsAnswer,
    )
    def get(self, request: Request) -> Response:
        Query.read(request.query_params)
        return Response({"results": [answers.model(version) for version in versions()]})


class ModelTaxa(TableAddress):
    """The classes of a version of the model."""

    csv_columns = answers.columns(serializers.ResultTaxon)
    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @extend_schema(
        operation_id="model_taxa",
        examples=examples.listed(examples.MODEL_TAXON, version="v2-13"),
        summary="The classes of a version of the model, and how well it knows each",
        parameters=[VERSION, PageQuery],
        responses=serializers.ModelTaxaAnswer,
    )
    def get(self, request: Request, version: str) -> Response:
        wanted = PageQuery.read(request.query_params)
        found = version_called(version)
        if found is None:
            raise NotFound(f"There is no version {version}.")
        following, shown = page(request, taxa_of(found), "taxon_id", wanted)
        rows = [answers.model_taxon(row) for row in shown]
        return linked(Response({"version": found.name, "next": following, "results": rows}), following)


class Badge(Address):
    """A picture of 22 pixels' height: the status that the taxon's page shows, by how much it is short, and
    whether the current model differs from the next snapshot."""

    renderer_classes = (SVG,)
    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @extend_schema(
        operation_id="badge",
        summary="A taxon's inclusion as a badge to embed",
        tags=["taxa"],
        parameters=[TAXON_ID, BadgeQuery],
        responses={(200, "image/svg+xml"): OpenApiTypes.STR},
    )
    def get(self, request: Request, taxon_id: int) -> Response:
        BadgeQuery.read(request.query_params, also=())
        found = inclusion.standings([taxon_id], DEFAULT_CRITERIA)
        if not found:
            raise NotFound(f"Taxon {taxon_id} is not in the data.")
        known = answers.data(DEFAULT_CRITERIA)
        return Response(
            badge(found[0], answers.current_model(found[0])["included"])
            | {"as_of": f"{known['as_of']:%Y-%m-%d}" if known else ""}
        )


class Parquet(BaseRenderer):
    """The media type of Apache Parquet; the file itself is sent as it lies."""

    media_type = "application/vnd.apache.parquet"
    format = "parquet"


class Checksum(BaseRenderer):
    """A line as `sha256sum` writes and checks it."""

    media_type = "text/plain"
    format = "txt"

    def render(self, data: str, *_: object) -> str:
        return data


class InclusionFile(Address):
    """Every taxon's inclusion as one file. Its columns are those of the CSV of `inclusion/`."""

    renderer_classes = (Parquet,)
    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @extend_schema(
        operation_id="inclusion_file",
        summary="Every taxon's inclusion as Apache Parquet, made anew every night",
        tags=["inclusion"],
        responses={(200, Parquet.media_type): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> Any:
        Query.read(request.query_params, also=())
        now = _published()
        response = FileResponse(
            now.path.open("rb"),
            as_attachment=True,
            filename="inclusion.parquet",
            content_type=Parquet.media_type,
        )
        response.headers["Repr-Digest"] = f"sha-256=:{b64encode(bytes.fromhex(now.sha256)).decode()}:"
        response.headers["Cache-Control"] = CACHE_CONTROL
        response.headers["ETag"] = f'"{now.sha256}"'
        answered: Any = get_conditional_response(
            request._request,
            etag=response.headers["ETag"],
            response=response,  # type: ignore[arg-type]  # a file is no `HttpResponse`, and needs to be none
        )
        if answered is not response:
            response.close()
        return answered


class InclusionFileChecksum(Address):
    """The checksum of the file."""

    renderer_classes = (Checksum,)
    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @extend_schema(
        operation_id="inclusion_file_checksum",
        summary="The SHA-256 of that file, as sha256sum checks it",
        tags=["inclusion"],
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response:
        Query.read(request.query_params, also=())
        return Response(f"{_published().sha256}  inclusion.parquet\n")


def _published() -> files.Published:
    """The current file."""
    if (now := files.published()) is None:
        raise NotFound("The file is made after the first refresh: come back tomorrow.")
    return now


def schema_document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return HttpResponse(schema.document(), content_type="application/vnd.oai.openapi+json;version=3.1")
