"""Reads for what somebody is given to look at: the confusions of a worklist, and the next observations."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db.models import QuerySet

from exporter.hotspots.yields import Yield, spread, yield_of
from portal.hotspots.facets import NO_TAXON, Facets
from portal.hotspots.models import Hotspot, WorklistEntry
from portal.hotspots.queries.worklists import BATCH, OVER_ALL, entries, worklist
from portal.taxa.models import Taxon

#: How many confusions a page offers.
OFFERED = 6
#: One confusion is looked at by itself if that is worth at least this share of looking at any labels.
ENOUGH = 0.5
#: How many facets an empty page tries to do without.
MOST_TRIED = 6


class First(NamedTuple):
    """What grouping asks of an entry of a worklist."""

    observation_id: int
    label_taxon_id: int
    suggested_taxon_id: int | None
    suspicion: float
    priority: float


@dataclass(frozen=True)
class Confused:
    """One confusion of a worklist, as far as the worklist goes.

    is_best:  whether a batch of it is worth at least half of one that mixes labels, and it is first.
    rather:   what its observations may rather be; None where nothing points to one taxon.
    facets:   those that show it alone.
    observations, batch, expected: how many there are; the first batch of them, and how many of that are
              expected to be wrong.
    """

    label: Taxon | None
    rather: Taxon | None
    facets: Facets
    observations: int
    batch: int
    expected: float
    is_best: bool


def first_rows(facets: Facets) -> list[First]:
    """The first of a worklist, as far as its pages go, in its order."""
    rows = worklist(facets).values_list(*First._fields)[:OVER_ALL]
    return [First(*row) for row in rows]


def confusions(facets: Facets, first: list[First]) -> list[Confused]:
    """The confusions among the first of a worklist; first the one whose batch removes most wrong photos."""
    groups, worth = _groups(first, BATCH)
    groups = groups[:OFFERED]
    taxa = Taxon.objects.in_bulk({taxon_id for group in groups for taxon_id in group.pair if taxon_id})
    return [
        Confused(
            taxa.get(group.pair[0]),
            taxa.get(group.pair[1] or NO_TAXON),
            replace(facets, label=group.pair[0], rather=group.pair[1] or NO_TAXON),
            group.observations,
            group.batch,
            group.expected,
            number == 0 and group.worth >= worth * ENOUGH,
        )
        for number, group in enumerate(groups)
    ]


def next_rows(
    facets: Facets,
    *,
    leave_out: QuerySet | Iterable[int] = (),
    size: int = BATCH,
    one_confusion: bool = True,
) -> list[WorklistEntry]:
    """The next observations to look at: at most ``size`` of those chosen, the most worthwhile first.

    leave_out:     ids of observations that are not to be given: what others hold, what one has seen.
    one_confusion: whether all have one label and one alternative: those of which as many remove most wrong
                   photos from the next export. Labels are mixed all the same where that is worth more than
                   twice as much, as where each confusion has few observations.
    """
    rows = worklist(facets).exclude(observation_id__in=leave_out)
    if not one_confusion:
        return list(rows[:size])
    first = _first_left(rows, facets.criteria)
    groups, worth = _groups(first, size)
    if groups and groups[0].worth >= worth * ENOUGH:
        label, rather = groups[0].pair
        return list(rows.filter(label_taxon_id=label, suggested_taxon_id=rather)[:size])
    return entries((row.observation_id for row in first[:size]), facets.criteria)


def wider(facets: Facets) -> list[tuple[str, int]]:
    """How many observations there are, up to `OVER_ALL`, without each of the chosen facets in turn.

    Those that bring none are left out; of many facets the first few are tried.
    """
    counted = (
        (name, worklist(facets.without(name)).order_by()[:OVER_ALL].count())
        for name in facets.chosen[:MOST_TRIED]
    )
    return [(name, count) for name, count in counted if count]


def expected_of(rows: Iterable[WorklistEntry], criteria: str) -> Yield:
    """How many of these are probably wrong."""
    rows = list(rows)
    labels = {entry.label_taxon_id for entry in rows}
    hotspots = Hotspot.objects.filter(criteria=criteria, taxon_id__in=labels)
    spreads = {
        row.taxon_id: spread(row.expected_wrong_low, row.expected_wrong_high, row.labels)
        for row in hotspots.only("taxon_id", "labels", "expected_wrong_low", "expected_wrong_high")
    }
    return yield_of(
        (entry.label_taxon_id, entry.suspicion, spreads.get(entry.label_taxon_id, spread(0, 1, 1)))
        for entry in rows
    )


@dataclass
class _Group:
    pair: tuple[int, int | None]
    observations: int = 0
    batch: int = 0
    worth: float = 0.0
    expected: float = 0.0


def _first_left(rows: QuerySet[WorklistEntry], criteria: str) -> list[First]:
    """The first of what is left of a worklist, in its order.

    Found by their ids alone, which an index has: what is left out before them may be far more than they are.
    """
    ids = list(rows.values_list("observation_id", flat=True)[:OVER_ALL])
    found = WorklistEntry.objects.filter(criteria=criteria, observation_id__in=ids)
    by_id = {row[0]: First(*row) for row in found.values_list(*First._fields)}
    return [by_id[number] for number in ids if number in by_id]


def _groups(first: list[First], size: int) -> tuple[list[_Group], float]:
    """The confusions among these, that first of which so many are worth most.

    And what the first so many are worth, whatever their labels.
    """
    by_pair: dict[tuple[int, int | None], _Group] = {}
    for row in first:
        pair = (row.label_taxon_id, row.suggested_taxon_id)
        group = by_pair.setdefault(pair, _Group(pair))
        group.observations += 1
        if group.batch < size:
            group.batch += 1
            group.worth += row.priority
            group.expected += row.suspicion
    groups = sorted(
        by_pair.values(), key=lambda group: (-group.worth, group.pair[0], group.pair[1] or NO_TAXON)
    )
    return groups, sum(row.priority for row in first[:size])
