"""The REST API's addresses of hotspots and their worklists."""

from dataclasses import replace
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as fields
from rest_framework.exceptions import APIException, NotAuthenticated, NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.models import Token
from portal.api.addresses import TableAddress, described
from portal.api.fields import Address, Blank, Choice, Decimal, Whole, Words, field, listed, maker
from portal.api.paging import Page, PageQuery, answer, cut, page
from portal.api.parameters import CriteriaQuery, TaxonId, WholeNumber, path_id
from portal.api.serializers import Answer, data
from portal.api.views import taxon_or_404
from portal.hotspots import queries
from portal.hotspots.facets import FACETS, LAST_COUNT, PERSONAL, Facet, Facets, Form
from portal.hotspots.models import Evidence, Kind
from portal.hotspots.personal import Closed, about
from portal.hotspots.queries import worklists
from portal.hotspots.seen import Visitor
from portal.ids import LARGEST_ID
from portal.inaturalist import observation_address
from portal.messages import english, message

MOST = 1_000_000_000
PLACE = next(facet for facet in FACETS if facet.name == "place")
#: What to do where a facet about the reader is closed to them.
_OPENED_BY = {
    Closed.STRANGER: "send a token of your account as `Authorization: Bearer TOKEN`; the page of your account"
    " makes one.",
    Closed.UNNAMED: "say on the page of your account who you are on iNaturalist.",
    Closed.UNPROVEN: "only for people who signed in with iNaturalist; do that on the page of your account.",
}
_REASONS = [message("suggested"), message("maybe", taxon="Bombus griseocollis")]


class Hotspot(fields.Serializer):
    """A taxon label under which wrong labels gather. Counts are of observations; intervals hold 90 %."""

    rank = Whole("1 for the worst.", 1)
    taxon_id = Whole("The label.", 118970)
    name = Words("", "Bombus impatiens", of="taxon.name")
    common_name = Blank("", "Common Eastern Bumble Bee", of="taxon.common_name")
    kind = Choice("What explains most of it.", "lookalike", choices=Kind.choices)
    confused_with_taxon_id = Whole("", 120215, null=True)
    confused_with_name = Words("", "Bombus griseocollis", null=True)
    labels = Whole("Observations that carry the label.", 540)
    expected_wrong = Decimal("Expected to be wrong among those exported.", 61.4)
    expected_wrong_low = Decimal("", 48.2)
    expected_wrong_high = Decimal("", 77.9)
    expected_wrong_photos = Decimal("Wrong photos expected in the next export.", 88.0)
    exported_photos = Whole("", 860)
    from_vision = Whole("Labels that came from a suggestion.", 310)
    reviewed = Whole("Labels that skilled people have looked at.", 120)
    overturned = Whole("Those among them that they changed.", 17)
    evidence = Choice(
        "What is known of the observations, the most first.", "identifications", choices=Evidence.choices
    )
    to_review = Whole("Entries in its worklist.", 35)


class WorklistEntry(fields.Serializer):
    """An observation worth another look."""

    observation_id = Whole(
        "iNaturalist's number; null where only the UUID is known, as in open data.",
        1000,
        null=True,
        of="number",
    )
    observation_uuid = field(
        fields.UUIDField,
        "iNaturalist's UUID; null where it is not known.",
        null=True,
        of=lambda row: row.observation_uuid or None,
    )
    url = Address("", "https://www.inaturalist.org/observations/1000", of=observation_address)
    label_taxon_id = Whole("", 118970)
    suspicion = Decimal("Probability of being wrong, 0 to 1, with three significant digits.", 0.9)
    suggested_taxon_id = Whole("", 120215, null=True)
    reason = Words("", english(_REASONS), of=lambda row: english(row.reasons) or row.reason)
    priority = Decimal("Wrong photos that one look is expected to remove, with two significant digits.", 0.9)
    photos = Whole("", 1)
    kind = Choice("", "lookalike", choices=Kind.choices)
    evidence = Choice("", "identifications", choices=Evidence.choices)


HotspotsAnswer = listed("HotspotsAnswer", Hotspot, "Worst first.", Answer, Page)
WorklistAnswer = listed(
    "WorklistAnswer", WorklistEntry, "Those first where a look is worth most.", Answer, Page
)


class FacetField(fields.CharField):
    """A facet that is no choice from a list, read as pages read it."""

    reason: ClassVar[str]

    def __init__(self, facet: Facet) -> None:
        super().__init__(required=False, trim_whitespace=False, help_text=_meaning(facet))
        self.facet = facet

    def to_internal_value(self, data: Any) -> Any:
        try:
            return self.facet.read(super().to_internal_value(data))
        except ValueError:
            raise self.refusal() from None

    def refusal(self) -> APIException:
        """What is answered where the value is none."""
        return fields.ValidationError(self.reason, "invalid")


@extend_schema_field({"type": "boolean"})
class FlagField(FacetField):
    reason = "write 1, or leave it out"


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": LARGEST_ID})
class TaxonField(FacetField):
    reason = "is not the id of a taxon"


@extend_schema_field(
    {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "enum": [LAST_COUNT]}]}
)
class DayField(FacetField):
    reason = "write a day as 2026-11-30, or `count`"


@extend_schema_field({"type": "string", "minLength": 1})
class PlaceField(FacetField):
    """There are thousands, too many to list: one that is none is not found."""

    reason = "place: no continent, no country and no region of one is called so."

    def refusal(self) -> APIException:
        return NotFound(self.reason)


_FIELDS = {Form.FLAG: FlagField, Form.TAXON: TaxonField, Form.DAY: DayField, Form.PLACE: PlaceField}


def facet_field(facet: Facet) -> fields.Field:
    """A facet as a parameter."""
    if facet.form is Form.CHOICE:
        values = [value for value, _ in facet.choices]
        return fields.ChoiceField(choices=values, required=False, help_text=_meaning(facet))
    return _FIELDS[facet.form](facet)


def _meaning(facet: Facet) -> str:
    """What the schema says of a facet."""
    return f"{facet.meaning} It needs a token of an account." if facet.is_personal else facet.meaning


class HotspotsQuery(CriteriaQuery, PageQuery):
    """The parameters of the list of hotspots."""

    clade = TaxonId(required=False, help_text="Only this taxon and all below it.")
    kind = fields.ChoiceField(choices=Kind.values, required=False, help_text="Only hotspots of this kind.")
    least = WholeNumber(
        default=0, min_value=0, max_value=MOST, help_text="At least so many expected to be wrong."
    )

    def get_fields(self) -> dict[str, fields.Field]:
        return super().get_fields() | {"place": facet_field(PLACE)}


class WorklistQuery(CriteriaQuery, PageQuery):
    """The parameters of the worklist under a label."""

    facets: ClassVar[list[Facet]] = [facet for facet in FACETS if facet.name != "label"]

    cursor = fields.RegexField(  # type: ignore[assignment]  # a name in place of a number
        r"^([0-9]{1,18}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
        required=False,
        help_text="Where the page begins: taken from `next` of the page before it.",
    )

    def get_fields(self) -> dict[str, fields.Field]:
        return super().get_fields() | {facet.name: facet_field(facet) for facet in self.facets}


class WorklistOverAllQuery(WorklistQuery):
    """The parameters of the worklist over all labels."""

    facets: ClassVar[list[Facet]] = list(FACETS)

    clade = TaxonId(required=False, help_text="Only labels within this taxon.")


class Hotspots(TableAddress):
    """Taxon labels under which wrong labels gather."""

    row = Hotspot
    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @described(
        "hotspots",
        "Labels with the most observations expected to be wrong, worst first",
        HotspotsAnswer,
        HotspotsQuery,
    )
    def get(self, request: Request, selected: Any) -> Response:
        clade = taxon_or_404(selected["clade"], "clade: ") if "clade" in selected else None
        rows = queries.hotspot_list(
            queries.Selection(
                selected["criteria"],
                clade=clade,
                place=selected.get("place", ""),
                kind=selected.get("kind", ""),
                least=selected["least"],
            )
        )
        following, shown = page(request, rows, "rank", selected)
        make = maker(Hotspot)
        result = [
            make(item.row, confused_with_name=item.partner.name if item.partner else None)
            for item in queries.explain(shown, reach=0)
        ]
        return answer(following, result, data=data(selected["criteria"]))


class Worklist(TableAddress):
    """The observations to look at under a label."""

    row = WorklistEntry
    also_fails_with: ClassVar[tuple[int, ...]] = (403, 404)

    @described(
        "worklist",
        "Observations to review under a label, those first where a look is worth most",
        WorklistAnswer,
        path_id("taxon_id", "The label: iNaturalist's id of the taxon."),
        WorklistQuery,
    )
    def get(self, request: Request, selected: Any, taxon_id: int) -> Response:
        taxon = taxon_or_404(taxon_id)
        return _page_of_worklist(request, selected, replace(_facets(request, selected), label=taxon.id))


class WorklistOverAll(TableAddress):
    """The observations to look at under any label."""

    row = WorklistEntry
    also_fails_with: ClassVar[tuple[int, ...]] = (403, 404)

    @described(
        "worklist_over_all",
        "Observations to review under any label, those first where a look is worth most",
        WorklistAnswer,
        WorklistOverAllQuery,
    )
    def get(self, request: Request, selected: Any) -> Response:
        clade = taxon_or_404(selected["clade"], "clade: ") if "clade" in selected else None
        return _page_of_worklist(request, selected, _facets(request, {**selected, "clade": clade}))


def _facets(request: Request, selected: dict[str, Any]) -> Facets:
    """What somebody chose. An error says what to send where a facet is about a reader who is not known."""
    token = request.auth
    visitor = Visitor(token.user if isinstance(token, Token) else None)
    needed, closed = about(visitor, [name for name in PERSONAL if selected.get(name)])
    for name, why in closed.items():
        words = f"{name}: {_OPENED_BY[why]}"
        # A token that is no account's is known, and more of it would not help.
        raise NotAuthenticated(words) if token is None else PermissionDenied(words)
    return Facets.of({**selected, **needed})


def _page_of_worklist(request: Request, selected: dict[str, Any], facets: Facets) -> Response:
    rows = worklists.worklist(facets)
    if "cursor" in selected:
        last = worklists.entry_called(rows, selected["cursor"])
        if last is None:
            raise NotFound("cursor: take it from `next` of a page; the list has changed since, perhaps.")
        rows = worklists.after(rows, last)
    following, shown = cut(request, rows, "name", selected["page_size"])
    return answer(following, list(map(maker(WorklistEntry), shown)), data=data(facets.criteria))
