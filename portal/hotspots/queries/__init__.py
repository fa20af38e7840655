"""Reads for the pages of hotspots. Nothing here writes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any, TypeVar

from django.db.models import (
    Case,
    F,
    FilteredRelation,
    FloatField,
    Max,
    Q,
    QuerySet,
    When,
    Window,
)
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast, RowNumber

from exporter.boundaries import places
from exporter.criteria import GENUS_RANK_LEVEL, SPECIES_RANK_LEVEL
from portal.hotspots.models import Confusion, Evidence, Hotspot, PlacedLabel, WorklistEntry
from portal.lake.models import Refresh
from portal.places import Continent
from portal.taxa.ancestry import ids_in
from portal.taxa.models import Photo, Taxon
from portal.taxa.queries import photos
from portal.taxa.queries.mine import EVERYTHING, Mine, within
from portal.taxa.queries.named import AnyClade

_Row = TypeVar("_Row", Hotspot, WorklistEntry)

#: How many counts back a sparkline and a trend go.
SPARK_REACH = 24
TREND_REACH = 120
#: How many partners of a taxon a page names, in each direction.
PARTNERS = 8
#: Pages show a hotspot from so many expected wrong observations on, unless all are requested.
LEAST_SHOWN = 1


@dataclass(frozen=True)
class Selection:
    """Which rows the list of hotspots shows. ``least``: the fewest expected wrong observations.

    place: the code of a continent, a country or a region where there is something to look at.
    mine:  what the reader chose. Its clades count where no clade is named, its places where no place is.
    """

    criteria: str
    clade: AnyClade | None = None
    place: str = ""
    mine: Mine = EVERYTHING
    kind: str = ""
    least: int = 0
    is_exported: bool = False
    sort: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        """The codes of the places; none for anywhere."""
        return (self.place,) if self.place else self.mine.place_codes


@dataclass(frozen=True)
class Moment:
    """What was expected to be wrong under a label at one count."""

    at: datetime
    labels: int
    expected: float
    low: float
    high: float


@dataclass
class Explained:
    """A hotspot with the taxa that its words name, and its course up to now."""

    row: Hotspot
    partner: Taxon | None = None
    leaf: Taxon | None = None
    leave_at: Taxon | None = None
    photo: Photo | None = None
    trend: list[Moment] = field(default_factory=list)

    @property
    def is_mostly_partner(self) -> bool:
        """Whether at least half of the wrong ones are expected to be the partner."""
        return self.row.confused_with_expected >= self.row.expected_wrong / 2


@dataclass(frozen=True)
class Direction:
    """One direction of a confusion, from the page's taxon: ``taxon`` is what it is, or what it is called."""

    taxon: Taxon
    expected: float
    low: float
    high: float


@dataclass(frozen=True)
class Confusions:
    """A taxon's confusions in both directions: what its label ``really`` is, and how it is ``labelled``."""

    really: list[Direction]
    labelled: list[Direction]


_SORTS: dict[str, tuple[str | OrderBy, ...]] = {
    "": ("rank",),
    "photos": ("-expected_wrong_photos",),
    "share": (F("wrong_share").desc(),),
    "name": ("taxon__name",),
}


# Lists -------------------------------------------------------------------------------------------


def hotspot_list(selected: Selection) -> QuerySet[Hotspot]:
    """The selected hotspots, sorted."""
    rows = Hotspot.objects.filter(criteria=selected.criteria, expected_wrong__gte=selected.least)
    rows = within(rows, selected.clade, selected.mine, selected.criteria)
    if selected.places:
        rows = rows.filter(_has_entries_in(selected.places, selected.criteria))
    if selected.kind:
        rows = rows.filter(kinds__has_key=selected.kind)
    if selected.is_exported:
        rows = rows.filter(exported_photos__gt=0)
    if selected.sort == "share":
        rows = rows.annotate(wrong_share=F("expected_wrong") / Cast("labels", FloatField()))
    return rows.order_by(*_SORTS[selected.sort], "rank")


def _has_entries_in(codes: Iterable[str], criteria: str) -> Q:
    """Whether a hotspot's worklist has entries in one of these places."""
    codes = list(codes)
    continents = [code for code in codes if code in Continent.values]
    others = [code for code in codes if code not in Continent.values]
    labels = PlacedLabel.objects.filter(criteria=criteria, place__in=others).values("tree_left")
    on_continents = Q(continents__has_any_keys=continents)
    if not others:
        return on_continents
    return Q(tree_left__in=labels) | on_continents if continents else Q(tree_left__in=labels)


def in_places(rows: QuerySet[WorklistEntry], codes: Iterable[str]) -> QuerySet[WorklistEntry]:
    """Those of the entries that lie in one of these places; all entries for no places."""
    known = [_in_place(code) for code in codes]
    return rows.filter(reduce(or_, known)) if known else rows


def _in_place(code: str) -> Q:
    if code in Continent.values:
        return Q(continent=code)
    place = places().get(code)
    return Q(country=place.country, region=code) if place and place.country else Q(country=code)


#: `exporter.hotspots.schema.is_coarse` as a condition: labels that are merely coarse are left out.
_NOT_COARSE = (
    Q(taxon__rank_level__isnull=True)
    | Q(taxon__rank_level__lte=SPECIES_RANK_LEVEL)
    | Q(taxon__rank_level__lte=GENUS_RANK_LEVEL, leaf_taxon_id=F("taxon_id"))
)


def worst_for_next_export(criteria: str, limit: int, mine: Mine = EVERYTHING) -> list[Explained]:
    """The hotspots from which most wrong photos would get into the next export; coarse labels are none."""
    rows = hotspot_list(Selection(criteria, mine=mine, sort="photos", least=LEAST_SHOWN)).filter(
        _NOT_COARSE, expected_wrong_photos__gt=0
    )
    return explain(rows[:limit])


def explain(rows: Iterable[Hotspot], reach: int = SPARK_REACH) -> list[Explained]:
    """The hotspots with their taxa and those that their words name, and their course over the last counts."""
    rows = list(rows)
    return _explained(rows, Taxon.objects.in_bulk(_named(rows)), reach)


def _named(rows: list[Hotspot]) -> set[int]:
    """Ids of the hotspots' taxa and of those that their words name."""
    named = (
        (row.taxon_id, row.confused_with_taxon_id, row.leaf_taxon_id, row.leave_at_taxon_id) for row in rows
    )
    return {taxon_id for taxon_id in chain.from_iterable(named) if taxon_id is not None}


def _explained(rows: list[Hotspot], taxa: Mapping[int, Taxon], reach: int) -> list[Explained]:
    courses = trends([row.taxon_id for row in rows], rows[0].criteria, reach) if rows and reach else {}
    for row in rows:
        row.taxon = taxa[row.taxon_id]
    return [
        Explained(
            row,
            partner=taxa.get(row.confused_with_taxon_id or 0),
            leaf=taxa.get(row.leaf_taxon_id or 0),
            leave_at=taxa.get(row.leave_at_taxon_id or 0),
            trend=courses.get(row.taxon_id, []),
        )
        for row in rows
    ]


def with_photos(items: list[Explained]) -> list[Explained]:
    """The hotspots, each with a photo of its taxon where there is one."""
    portraits = photos.of_taxa(item.row.taxon_id for item in items)
    for item in items:
        item.photo = portraits.get(item.row.taxon_id)
    return items


# Trends ------------------------------------------------------------------------------------------


def counted_last(criteria: str) -> Refresh | None:
    """The refresh that the current hotspots under that rule come from."""
    done = Refresh.objects.filter(state=Refresh.State.DONE, as_of=None, counts__hotspots__has_key=criteria)
    return done.order_by("-id").first()


def is_counted(criteria: str) -> bool:
    """Whether a refresh has looked for hotspots under that rule."""
    return _counts(criteria).exists()


def is_without_identifications(criteria: str) -> bool:
    """Whether hotspots are listed of which nobody's identification is known, only counts of votes."""
    rows = Hotspot.objects.filter(criteria=criteria)
    return rows.exists() and not rows.filter(evidence=Evidence.IDENTIFICATIONS).exists()


def _counts(criteria: str) -> QuerySet[Refresh]:
    return Refresh.objects.filter(state=Refresh.State.DONE, counts__hotspots__has_key=criteria)


def trends(taxon_ids: list[int], criteria: str, reach: int) -> dict[int, list[Moment]]:
    """The course of each label since it was first a hotspot; at a count without it, nothing was wrong.

    Of several counts of one moment it is the last, whose history stands.
    """
    last = _counts(criteria).values("moment").annotate(last_id=Max("id")).order_by("-moment")[:reach]
    of_these = Q(hotspot_history__criteria=criteria, hotspot_history__taxon_id__in=taxon_ids)
    rows = (
        Refresh.objects.filter(id__in=last.values("last_id"))
        .annotate(shown=FilteredRelation("hotspot_history", condition=of_these))
        .order_by("moment")
        .values_list("moment", "shown__taxon_id", *(f"shown__{name}" for name in _FIGURES))
    )
    result: dict[datetime, dict[int | None, tuple[Any, ...]]] = defaultdict(dict)
    for at, taxon_id, *figures in rows:
        result[at][taxon_id] = tuple(figures)
    return {
        taxon_id: _course([(at, of_taxa.get(taxon_id)) for at, of_taxa in result.items()])
        for taxon_id in taxon_ids
    }


#: What a moment says, in its order.
_FIGURES = ("labels", "expected_wrong", "expected_wrong_low", "expected_wrong_high")


def _course(rows: list[tuple[datetime, tuple[Any, ...] | None]]) -> list[Moment]:
    moments: list[Moment] = []
    for at, figures in rows:
        if figures is not None:
            moments.append(Moment(at, *figures))
        elif moments:
            moments.append(Moment(at, 0, 0.0, 0.0, 0.0))
    return moments


# A hotspot ---------------------------------------------------------------------------------------


def unnamed(item: Explained, really: list[Direction]) -> float:
    """How many of a hotspot's wrong ones are none of these."""
    return max(item.row.expected_wrong - sum(direction.expected for direction in really), 0.0)


def of_label(
    taxon: Taxon, criteria: str, reach: int = TREND_REACH, limit: int = PARTNERS
) -> tuple[Explained | None, Confusions]:
    """The hotspot under the taxon's label, with its course, and the taxon's confusions in both directions.

    None where there is no hotspot; of the confusions the most in each direction. In one answer, for the taxa
    of both are looked up together.
    """
    rows = list(Hotspot.objects.filter(taxon=taxon, criteria=criteria))
    really, labelled = _pairs(taxon, criteria, limit)
    taxa = Taxon.objects.in_bulk(
        _named(rows) | {row.true_taxon_id for row in really} | {row.label_taxon_id for row in labelled}
    )
    confusions = Confusions(
        [_direction(taxa[row.true_taxon_id], row) for row in really if row.true_taxon_id in taxa],
        [_direction(taxa[row.label_taxon_id], row) for row in labelled if row.label_taxon_id in taxa],
    )
    return next(iter(_explained(rows, taxa, reach)), None), confusions


def _pairs(taxon: Taxon, criteria: str, limit: int) -> tuple[list[Confusion], list[Confusion]]:
    """The taxon's confusions as a label, and those as the truth: the most in each direction."""
    is_label = Q(label_taxon_id=taxon.id)
    place = Window(
        RowNumber(),
        partition_by=Case(When(is_label, then=1), default=0),
        order_by=("-expected", "true_taxon_id", "label_taxon_id"),
    )
    rows = Confusion.objects.filter(is_label | Q(true_taxon_id=taxon.id), criteria=criteria)
    result = list(rows.annotate(place=place).filter(place__lte=limit).order_by("place"))
    return (
        [row for row in result if row.label_taxon_id == taxon.id],
        [row for row in result if row.label_taxon_id != taxon.id],
    )


def _direction(other: Taxon, row: Confusion) -> Direction:
    return Direction(other, row.expected, row.expected_low, row.expected_high)


# A genus -----------------------------------------------------------------------------------------


def genus_of(taxon: Taxon) -> Taxon | None:
    """The genus that the taxon is or lies in."""
    return Taxon.objects.filter(
        id__in=[*ids_in(taxon.ancestry), taxon.id], rank_level=GENUS_RANK_LEVEL
    ).first()
