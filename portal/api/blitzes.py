"""The REST API's addresses of blitzes: what everybody may know of, whoever asks."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers as fields
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import answers, edition, examples, serializers
from portal.api.addresses import Address, TableAddress
from portal.api.paging import PageQuery, linked, page
from portal.api.parameters import Query, TaxonId, WholeNumber, path_id
from portal.api.views import taxon_or_404
from portal.blitzes import queries
from portal.blitzes.states import SHOWN
from portal.ids import LARGEST_ID


class BlitzesQuery(PageQuery):
    """The parameters of the list of blitzes."""

    clade = TaxonId(required=False, help_text="Only blitzes of this taxon or of one below it.")
    taxon_id = TaxonId(required=False, help_text="Only blitzes whose clade holds this taxon.")
    state = fields.ChoiceField(
        choices=[state.value for state in SHOWN], required=False, help_text="Only blitzes in this state."
    )
    cutoff = WholeNumber(
        required=False,
        min_value=1,
        max_value=LARGEST_ID,
        help_text="Only blitzes for the cutoff of this id, as `cutoffs/` tells it.",
    )


class Blitzes(TableAddress):
    """Clean-ups of a clade before a cutoff."""

    csv_columns = answers.columns(serializers.Blitz)
    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @extend_schema(
        operation_id="blitzes",
        examples=examples.listed(examples.BLITZ),
        summary="Approved blitzes, with what each changed so far",
        parameters=[BlitzesQuery],
        responses=serializers.BlitzesAnswer,
    )
    def get(self, request: Request) -> Response:
        wanted = BlitzesQuery.read(request.query_params)
        rows = queries.selected(
            edition.EVERYBODY,
            clade=taxon_or_404(wanted["clade"], "clade: ") if "clade" in wanted else None,
            taxon=taxon_or_404(wanted["taxon_id"], "taxon_id: ") if "taxon_id" in wanted else None,
            state=wanted.get("state", ""),
            cutoff_id=wanted.get("cutoff"),
        )
        following, shown = page(request, rows, "id", wanted)
        found = [answers.blitz(course) for course in queries.courses(shown)]
        return linked(Response({"next": following, "results": found}), following)


class OneBlitz(Address):
    """One of them."""

    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @extend_schema(
        operation_id="blitz",
        examples=examples.answer(examples.BLITZ),
        summary="One blitz",
        parameters=[path_id("blitz_id", "As `blitzes/` tells it.")],
        responses=serializers.Blitz,
    )
    def get(self, request: Request, blitz_id: int) -> Response:
        Query.read(request.query_params)
        found = queries.shown_with_id(edition.EVERYBODY, blitz_id)
        if found is None:
            raise NotFound(f"There is no blitz {blitz_id}.")
        return Response(answers.blitz(queries.course(found)))
