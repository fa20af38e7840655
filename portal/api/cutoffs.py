"""The REST API's addresses of cutoffs: what everybody may know of, whoever asks."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from exporter.forecast import COVERAGE, forecast
from portal.api import edition
from portal.api.addresses import Address, TableAddress, described
from portal.api.fields import Blank, Choice, Day, Decimal, Flag, Moment, Whole, Words, field, listed, maker
from portal.api.paging import Page, PageQuery, answer, page
from portal.api.serializers import own_page
from portal.cutoffs import queries
from portal.cutoffs.states import State


class Cutoff(Serializer):
    """A cutoff that is announced to everybody."""

    id = Whole("", 3)
    name = Words("", "Winter 2027")
    state = Choice("", "announced", choices=State.choices)
    cutoff_at = Moment("When the data are taken.", "2027-01-20T00:00:00Z")
    settling_from = Moment(
        "Labels that are new or finer from here on wait for the next export.",
        "2027-01-06T00:00:00Z",
        of="window_start",
    )
    settle_days = Whole("", 14)
    criteria = Words("The export rule.", "inat-2022")
    note = Blank("", "")
    announced_at = Moment("", "2026-12-01T09:00:00Z")
    changed_at = Moment("When anything that notices report last changed.", "2026-12-01T09:00:00Z")
    commitment = Words(
        "SHA-256 of the draw's seed, published beforehand.",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    )
    model_name = Blank("The model that came of it.", "")
    is_simulated = Flag("", False)
    url = own_page("cutoffs:cutoff", "pk", "cutoffs/3/")


class Forecast(Serializer):
    """Where the next cutoff may lie, from past exports. No announcement."""

    low = Day()
    high = Day()
    probability = Decimal(
        "That it lies between these days, if the record is whole.", of=lambda _found: COVERAGE
    )
    last_export = Day(of="last")
    median_days = Whole("The usual interval.")
    intervals = Whole("How many intervals it rests on.")
    is_old = Flag("True if the record ends long ago.")


class NextCutoffAnswer(Serializer):
    cutoff = field(Cutoff, "Null where none is announced.", null=True)
    forecast = field(Forecast, "Null where one is announced, or nothing is known.", null=True)


CutoffsAnswer = listed("CutoffsAnswer", Cutoff, "In the order in which they were drafted.", Page)


class Cutoffs(TableAddress):
    """Cutoffs, past and to come."""

    row = Cutoff

    @described("cutoffs", "Cutoffs announced to everybody, past and to come", CutoffsAnswer, PageQuery)
    def get(self, request: Request, selected: Any) -> Response:
        following, shown = page(request, queries.visible_to(edition.EVERYBODY), "id", selected)
        return answer(following, list(map(maker(Cutoff), shown)))


class NextCutoff(Address):
    """The cutoff that comes next."""

    @described(
        "next_cutoff",
        "The next cutoff where one is announced, else when to expect one",
        NextCutoffAnswer,
        but={"forecast": None},
    )
    def get(self, request: Request, _: Any) -> Response:
        coming = queries.next_cutoff(edition.EVERYBODY)
        expected = (
            None if coming else forecast(queries.export_record(edition.EVERYBODY), timezone.now().date())
        )
        return Response(maker(NextCutoffAnswer)(None, cutoff=coming, forecast=expected))
