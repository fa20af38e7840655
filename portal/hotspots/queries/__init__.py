"""Reads for the pages of hotspots. Nothing here writes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

from django.db.models import (
    Case,
    Count,
    F,
    FilteredRelation,
    FloatField,
    Max,
    Q,
    QuerySet,
    Sum,
    When,
    Window,
)
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast, ExtractMonth, Floor, RowNumber

from exporter.criteria import GENUS_RANK_LEVEL
from portal.hotspots.models import Confusion, Hotspot, WorklistEntry
from portal.ids import id_written
from portal.lake.models import Refresh
from portal.taxa.ancestry import ids_in
from portal.taxa.models import Photo, Readiness, Taxon
from portal.taxa.queries import photos

_Row = TypeVar("_Row", Hotspot, WorklistEntry)

#: How many observations iNaturalist's Identify page is opened with at once.
BATCH = 30
#: How many counts back a sparkline and a trend go.
SPARK_REACH = 24
TREND_REACH = 120
#: How many partners of a taxon a page names, in each direction.
PARTNERS = 8
#: How far a worklist over several labels goes.
OVER_ALL = 3_000
#: How many of the most suspect observations the map shows.
MAP_LIMIT = 2_000
#: How many squares of ten degrees the table beside the map names.
SQUARES = 12
#: Pages show a hotspot from so many expected wrong observations on, unless asked for all.
LEAST_SHOWN = 1


@dataclass(frozen=True)
class Wanted:
    """Which rows the list of hotspots shows. ``least``: the fewest expected wrong observations.

    ``place``: a continent where there is something to look at.
    """

    criteria: str
    clade: Taxon | None = None
    place: str = ""
    kind: str = ""
    least: int = 0
    is_exported: bool = False
    sort: str = ""


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
class Listed:
    """An entry of a worklist with the taxon that it is called, the one that it may rather be, and a photo."""

    entry: WorklistEntry
    label: Taxon | None
    rather: Taxon | None
    photo: Photo | None


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


def hotspot_list(wanted: Wanted) -> QuerySet[Hotspot]:
    """The hotspots asked for, sorted."""
    rows = Hotspot.objects.filter(criteria=wanted.criteria, expected_wrong__gte=wanted.least)
    if wanted.clade is not None:
        rows = _within(rows, wanted.clade, wanted.criteria)
    if wanted.place:
        rows = rows.filter(continents__has_key=wanted.place)
    if wanted.kind:
        rows = rows.filter(kinds__has_key=wanted.kind)
    if wanted.is_exported:
        rows = rows.filter(exported_photos__gt=0)
    if wanted.sort == "share":
        rows = rows.annotate(wrong_share=F("expected_wrong") / Cast("labels", FloatField()))
    return rows.order_by(*_SORTS[wanted.sort], "rank")


def _within(rows: QuerySet[_Row], clade: Taxon, criteria: str) -> QuerySet[_Row]:
    root = Readiness.objects.filter(taxon=clade, criteria=criteria).values("tree_left", "tree_right").first()
    if root is None:
        return rows.none()
    return rows.filter(tree_left__range=(root["tree_left"], root["tree_right"]))


def worst_for_next_export(criteria: str, limit: int) -> list[Explained]:
    """The hotspots from which most wrong photos would get into the next export."""
    rows = hotspot_list(Wanted(criteria, sort="photos", least=LEAST_SHOWN)).filter(
        expected_wrong_photos__gt=0
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
    found: dict[datetime, dict[int | None, tuple[Any, ...]]] = defaultdict(dict)
    for at, taxon_id, *figures in rows:
        found[at][taxon_id] = tuple(figures)
    return {
        taxon_id: _course([(at, of_taxa.get(taxon_id)) for at, of_taxa in found.items()])
        for taxon_id in taxon_ids
    }


#: What a moment tells, in its order.
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
    found = list(rows.annotate(place=place).filter(place__lte=limit).order_by("place"))
    return (
        [row for row in found if row.label_taxon_id == taxon.id],
        [row for row in found if row.label_taxon_id != taxon.id],
    )


def _direction(other: Taxon, row: Confusion) -> Direction:
    return Direction(other, row.expected, row.expected_low, row.expected_high)


# What to look at ---------------------------------------------------------------------------------


def worklist(taxon: Taxon, criteria: str, place: str = "") -> QuerySet[WorklistEntry]:
    """The observations under the taxon's label that are worth a look, the most worthwhile first."""
    rows = WorklistEntry.objects.filter(criteria=criteria, label_taxon_id=taxon.id)
    if place:
        rows = rows.filter(continent=place)
    return rows.order_by("-priority", "observation_id")


def entry_called(rows: QuerySet[WorklistEntry], name: str) -> WorklistEntry | None:
    """The entry of the observation with that number or UUID, of these."""
    if (number := id_written(name)) is not None:
        return rows.filter(observation_id=number).first()
    return rows.filter(observation_uuid=name).first()


def after(rows: QuerySet[WorklistEntry], last: WorklistEntry) -> QuerySet[WorklistEntry]:
    """What is left of a worklist after an entry."""
    return rows.filter(
        Q(priority__lt=last.priority) | Q(priority=last.priority, observation_id__gt=last.observation_id)
    )


def by_continent(taxon: Taxon, criteria: str) -> dict[str, int]:
    """How many entries of the worklist lie on each continent; under empty text those of unknown place."""
    rows = worklist(taxon, criteria).order_by("continent").values_list("continent")
    return dict(rows.annotate(entries=Count("id")))


def worklist_within(wanted: Wanted) -> QuerySet[WorklistEntry]:
    """Every observation worth a look under any label of the clade, on the continent, the best first."""
    rows = WorklistEntry.objects.filter(criteria=wanted.criteria)
    if wanted.place:
        rows = rows.filter(continent=wanted.place)
    if wanted.clade is not None:
        rows = _within(rows, wanted.clade, wanted.criteria)
    return rows.order_by("-priority", "observation_id")


def worklist_over_all(wanted: Wanted) -> list[int]:
    """The most worthwhile of these: their ids alone.

    An index has all that this takes, where whole rows would have to be fetched from all over the table.
    """
    return list(worklist_within(wanted).values_list("observation_id", flat=True)[:OVER_ALL])


def entries(observation_ids: Iterable[int], criteria: str) -> list[WorklistEntry]:
    """The entries of these observations, in this order; without those that a refresh took away meanwhile."""
    ids = list(observation_ids)
    rows = WorklistEntry.objects.filter(criteria=criteria, observation_id__in=ids)
    found = {entry.observation_id: entry for entry in rows}
    return [found[observation_id] for observation_id in ids if observation_id in found]


def named(entries: Iterable[WorklistEntry]) -> list[Listed]:
    """Each entry with the taxon that it is called, the one that it may rather be, and a photo."""
    entries = list(entries)
    ids = {taxon_id for entry in entries for taxon_id in (entry.label_taxon_id, entry.suggested_taxon_id)}
    taxa = Taxon.objects.in_bulk(ids - {None})
    shown = photos.of_observations(entry.observation_id for entry in entries)
    return [
        Listed(
            entry,
            taxa.get(entry.label_taxon_id),
            taxa.get(entry.suggested_taxon_id),
            shown.get(entry.observation_id),
        )
        for entry in entries
    ]


def first_batch(taxon: Taxon, criteria: str, place: str = "") -> list[WorklistEntry]:
    """The first observations to look at, of those that the Identify page can open."""
    return list(worklist(taxon, criteria, place).filter(observation_id__gt=0)[:BATCH])


def all_entries(taxon: Taxon, criteria: str, place: str = "") -> Iterator[WorklistEntry]:
    """The whole worklist, for a file."""
    return worklist(taxon, criteria, place).iterator(chunk_size=2_000)


def months(taxon: Taxon, criteria: str) -> dict[int, float]:
    """How many of the suspect observations are expected to be wrong, by the month they were made in."""
    rows = worklist(taxon, criteria).exclude(observed_on=None).order_by()
    found = rows.annotate(month=ExtractMonth("observed_on")).values_list("month")
    return dict(found.annotate(expected=Sum("suspicion")).order_by("month"))


def squares(taxon: Taxon, criteria: str) -> list[tuple[int, int, int]]:
    """The squares of ten degrees with most of the suspect observations: south and west edge, and how many."""
    rows = worklist(taxon, criteria).exclude(latitude=None).order_by()
    edges = rows.annotate(south=10 * Floor(F("latitude") / 10), west=10 * Floor(F("longitude") / 10))
    counted = (
        edges.values_list("south", "west").annotate(found=Count("id")).order_by("-found", "south", "west")
    )
    return [(int(south), int(west), found) for south, west, found in counted[:SQUARES]]


def places(taxon: Taxon, criteria: str) -> list[WorklistEntry]:
    """The suspect observations with a public place, the most worthwhile first, as many as a map can show."""
    rows = worklist(taxon, criteria).exclude(latitude=None)
    return list(
        rows.only("observation_id", "observation_uuid", "latitude", "longitude", "suspicion")[:MAP_LIMIT]
    )


# A genus -----------------------------------------------------------------------------------------


def genus_of(taxon: Taxon) -> Taxon | None:
    """The genus that the taxon is or lies in."""
    return Taxon.objects.filter(
        id__in=[*ids_in(taxon.ancestry), taxon.id], rank_level=GENUS_RANK_LEVEL
    ).first()
