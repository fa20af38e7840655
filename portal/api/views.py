"""The REST API's public reads. Thin: requests are checked, the apps' queries are called."""

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
from rest_framework.serializers import Serializer

from exporter.criteria import DEFAULT_CRITERIA
from portal.api import edition, files, schema, serializers
from portal.api.addresses import Address, TableAddress, described
from portal.api.badge import SVG, badge
from portal.api.fields import Address as Web
from portal.api.fields import Document, Flag, Moment, Whole, Words, listed, maker
from portal.api.middleware import CACHE_CONTROL
from portal.api.paging import Page, PageQuery, answer, page
from portal.api.parameters import BadgeQuery, CriteriaQuery, InclusionQuery, Query, ReadinessQuery, path_id
from portal.api.serializers import data
from portal.api.training import OVERALL, ResultTaxon
from portal.links import page_address
from portal.taxa import models, queries
from portal.taxa.names import common_names
from portal.taxa.queries import inclusion
from portal.versions.queries import taxa_of, version_called, versions
from portal.versions.queries.current import current_standing, current_standings

TAXON_ID = path_id("taxon_id", "iNaturalist's id.")
VERSION = OpenApiParameter(
    "version",
    {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
    OpenApiParameter.PATH,
    description="Its name, as `models/` gives it.",
)


def taxon_or_404(taxon_id: int, what: str = "") -> models.Taxon:
    """The taxon of that id; NotFound, with what it was to be, if there is none."""
    result = queries.taxon_with_id(taxon_id)
    if result is None:
        raise NotFound(f"{what}Taxon {taxon_id} is not in the data.")
    return result


_ROOTS = (
    "schema", "docs", "inclusion", "inclusion_file", "readiness", "cutoffs", "next_cutoff", "hotspots",
    "blitzes", "models",
)  # fmt: skip
ApiRoot = type(
    "ApiRoot",
    (Serializer,),
    {name: Web() for name in _ROOTS} | {"__doc__": "Addresses to begin with."},
)


class Root(Address):
    """Where everything is."""

    @extend_schema(operation_id="root", summary="Addresses to begin with", responses=ApiRoot)
    def get(self, request: Request) -> Response:
        Query.read(request.query_params)
        return Response({name: page_address(f"api:{name}") for name in _ROOTS})


class Inclusion(TableAddress):
    """Whether taxa are in the model."""

    row = serializers.Inclusion

    @described(
        "inclusion",
        "Up to 500 taxa: in the model, in the next, how far from the line, why",
        serializers.InclusionAnswer,
        InclusionQuery,
    )
    def get(self, request: Request, selected: Any) -> Response:
        rows = inclusion.standings(selected["taxon_id"], selected["criteria"])
        known = {row.taxon_id for row in rows}
        recorded = current_standings([row.taxon_id for row in rows], edition.current().refresh)
        return Response(
            {
                "data": data(selected["criteria"]),
                "results": [serializers.inclusion(row, recorded.get(row.taxon_id)) for row in rows],
                "unknown": [taxon_id for taxon_id in selected["taxon_id"] if taxon_id not in known],
            }
        )


class Taxon(Address):
    """All about one taxon."""

    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @described(
        "taxon",
        "One taxon: the same, its place in the tree and its history",
        serializers.TaxonAnswer,
        TAXON_ID,
        CriteriaQuery,
    )
    def get(self, request: Request, selected: Any, taxon_id: int) -> Response:
        criteria = selected["criteria"]
        taxon = taxon_or_404(taxon_id)
        (row,) = inclusion.standings([taxon.id], criteria)
        recorded = current_standing(taxon.id, edition.current().refresh)
        more: dict[str, Any] = {
            "ancestors": queries.ancestors(taxon),
            "history": queries.history(taxon, criteria),
        }
        more["common_names"] = common_names(taxon)
        result = serializers.inclusion(row, recorded, serializers.Taxon, **more)
        return Response({"data": data(criteria), "taxon": result})


class PagedReadinessQuery(ReadinessQuery, PageQuery):
    """The parameters of the readiness list."""


class Readiness(TableAddress):
    """How taxa stand to the line."""

    row = serializers.ReadinessRow
    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @described(
        "readiness",
        "Every taxon with a usable observation, by clade, status and distance from the line",
        serializers.ReadinessAnswer,
        PagedReadinessQuery,
    )
    def get(self, request: Request, selected: Any) -> Response:
        clade = taxon_or_404(selected["clade"], "clade: ") if "clade" in selected else None
        rows = queries.readiness_of(
            selected["criteria"], clade, selected.get("status"), selected.get("distance")
        )
        following, shown = page(request, rows, "taxon_id", selected)
        result = list(map(maker(serializers.ReadinessRow), shown))
        return answer(following, result, data=data(selected["criteria"]))


class Model(Serializer):
    """A version of the model."""

    version = Words("", "v2-13", of="name")
    released_at = Moment("", "2026-10-01T12:00:00Z")
    classes = Whole("", 102_600)
    is_simulated = Flag("True if it learned from a simulated world.", False, of="run.is_simulated")
    snapshot_digest = Words("The snapshot that it learned from.", "abc", of="run.snapshot_digest")
    overall = Document(OVERALL, {"top1": 0.82, "top5": 0.95}, of="run.overall")


ModelsAnswer = listed("ModelsAnswer", Model, "The current one first.")
ModelTaxaAnswer = listed(
    "ModelTaxaAnswer", ResultTaxon, "By ascending taxon id.", Page, version=Words("", "v2-13")
)


class Models(Address):
    """Released versions of the model."""

    @described("models", "The versions of the model, the current one first", ModelsAnswer)
    def get(self, request: Request, _: Any) -> Response:
        return Response({"results": list(map(maker(Model), versions()))})


class ModelTaxa(TableAddress):
    """The classes of a version of the model."""

    row = ResultTaxon
    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @described(
        "model_taxa",
        "The classes of a version of the model, and how well it knows each",
        ModelTaxaAnswer,
        VERSION,
        PageQuery,
    )
    def get(self, request: Request, selected: Any, version: str) -> Response:
        result = version_called(version)
        if result is None:
            raise NotFound(f"There is no version {version}.")
        following, shown = page(request, taxa_of(result), "taxon_id", selected)
        return answer(following, list(map(maker(ResultTaxon), shown)), version=result.name)


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
        result = inclusion.standings([taxon_id], DEFAULT_CRITERIA)
        if not result:
            raise NotFound(f"Taxon {taxon_id} is not in the data.")
        known = data(DEFAULT_CRITERIA)
        now = serializers.in_current_model(result[0])
        return Response(
            badge(result[0], now.included if now else None)
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
