"""The REST API's addresses of blitzes: what everybody may know of, whoever asks."""

from typing import Any, ClassVar

from rest_framework import serializers as fields
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import edition
from portal.api.addresses import Address, TableAddress, described
from portal.api.fields import (
    Blank,
    Choice,
    Decimal,
    Flag,
    Moment,
    Whole,
    Words,
    example,
    field,
    listed,
    maker,
)
from portal.api.paging import Page, PageQuery, answer, page
from portal.api.parameters import TaxonId, WholeNumber, path_id
from portal.api.serializers import TaxonBrief, own_page
from portal.api.views import taxon_or_404
from portal.blitzes import queries
from portal.blitzes.states import SHOWN
from portal.ids import LARGEST_ID


class BlitzCount(fields.Serializer):
    """The labels of the clade at a count; all null before the blitz began."""

    at = Moment("The time up to which the blitz was measured.", "2027-01-02T06:30:00Z", null=True)
    data_as_of = Moment("The data that were counted.", "2027-01-02T06:30:00Z", null=True)
    labels = Whole("Observations under the clade's labels.", 690, null=True)
    expected_wrong = Decimal("Of these, expected to be wrong.", 30.2, null=True)
    expected_wrong_low = Decimal("With the next one an interval that holds at least 90 %.", 21.0, null=True)
    expected_wrong_high = Decimal("", 42.0, null=True)
    expected_wrong_photos = Decimal("Wrong photos expected in the next export.", 43.5, null=True)


_BEGAN = example(
    BlitzCount, labels=700, expected_wrong=61.4, expected_wrong_low=48.0, expected_wrong_high=78.0
) | dict.fromkeys(("at", "data_as_of"), "2026-12-19T06:30:00Z")


def _latest(name: str, words: str, shown: int) -> Any:
    """A number of the newest count; null before there was one."""
    return Whole(words, shown, null=True, of=lambda course: course.latest and getattr(course.latest, name))


class Blitz(fields.Serializer):
    """A clean-up of a clade. No person is named but by the name that the proposer chose to show."""

    id = Whole("", 4, of="blitz.pk")
    title = Words("", "Bumble bees before the cutoff", of="blitz.title")
    purpose = Words("", "Many are named from a suggestion alone.", of="blitz.purpose")
    for_whom = Blank("", "Whoever knows North American bumble bees", of="blitz.for_whom")
    proposed_by = Blank("", "Maria", of="blitz.shown_as")
    state = Choice("", "running", choices=[(state.value, state.label) for state in SHOWN], of="blitz.state")
    clade = field(TaxonBrief, of="blitz.clade")
    cutoff_id = Whole("Null: for the next export.", 3, null=True, of="blitz.cutoff_id")
    criteria = Words("The export rule.", "inat-2022", of="blitz.criteria")
    starts_at = Moment("", "2026-12-20T00:00:00Z", of="blitz.starts_at")
    ends_at = Moment("", "2027-01-20T00:00:00Z", of="blitz.closes_at")
    looked_at = _latest("looked_at", "Observations of its list that were identified since it began.", 210)
    moved = _latest("moved", "Of these, labels that were moved away.", 41)
    moved_photos = _latest("moved_photos", "Photos of these.", 66)
    before = field(BlitzCount, "What it began with.", _BEGAN, of="before")
    latest = field(BlitzCount, "The newest count, or that of its end.", of="latest")
    is_final = Flag("True once it was measured up to its end.", False)
    is_simulated = Flag("", False, of="blitz.is_simulated")
    url = own_page("blitzes:blitz", "blitz.pk", "blitzes/4/")


BlitzesAnswer = listed("BlitzesAnswer", Blitz, "In the order in which they were proposed.", Page)


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
        help_text="Only blitzes for the cutoff of this id, as `cutoffs/` gives it.",
    )


class Blitzes(TableAddress):
    """Clean-ups of a clade before a cutoff."""

    row = Blitz
    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @described("blitzes", "Approved blitzes, with what each changed so far", BlitzesAnswer, BlitzesQuery)
    def get(self, request: Request, selected: Any) -> Response:
        rows = queries.selected(
            edition.EVERYBODY,
            clade=taxon_or_404(selected["clade"], "clade: ") if "clade" in selected else None,
            taxon=taxon_or_404(selected["taxon_id"], "taxon_id: ") if "taxon_id" in selected else None,
            state=selected.get("state", ""),
            cutoff_id=selected.get("cutoff"),
        )
        following, shown = page(request, rows, "id", selected)
        return answer(following, list(map(maker(Blitz), queries.courses(shown))))


class OneBlitz(Address):
    """One of them."""

    also_fails_with: ClassVar[tuple[int, ...]] = (404,)

    @described("blitz", "One blitz", Blitz, path_id("blitz_id", "As `blitzes/` gives it."))
    def get(self, request: Request, _: Any, blitz_id: int) -> Response:
        result = queries.shown_with_id(edition.EVERYBODY, blitz_id)
        if result is None:
            raise NotFound(f"There is no blitz {blitz_id}.")
        return Response(maker(Blitz)(queries.course(result)))
