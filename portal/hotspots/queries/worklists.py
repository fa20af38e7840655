"""Reads of worklists: what to look at first under which label, and where and when it was seen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import ExtractMonth, Floor

from portal.hotspots.facets import BANDS, LAST_COUNT, Chance, Facets
from portal.hotspots.models import Involved, WorklistEntry
from portal.hotspots.queries import in_places
from portal.ids import id_written
from portal.lake.models import Refresh
from portal.taxa.models import Photo, Taxon
from portal.taxa.queries import photos
from portal.taxa.queries.mine import within

#: How many observations iNaturalist's Identify page is opened with at once.
BATCH = 30
#: How far a worklist over several labels goes.
OVER_ALL = 3_000
#: How many of the most suspect observations the map shows.
MAP_LIMIT = 2_000
#: How many squares of ten degrees the table beside the map names.
SQUARES = 12


@dataclass(frozen=True)
class Listed:
    """An entry of a worklist with the taxon that it is called and the one that it may rather be.

    photo, label_photo, rather_photo: one of it, and of these two taxa, where there is one.
    """

    entry: WorklistEntry
    label: Taxon | None
    rather: Taxon | None
    photo: Photo | None = None
    label_photo: Photo | None = None
    rather_photo: Photo | None = None


def worklist(facets: Facets) -> QuerySet[WorklistEntry]:
    """The observations worth a look of those that somebody chose, the most worthwhile first."""
    rows = in_places(WorklistEntry.objects.filter(criteria=facets.criteria), facets.places)
    rows = within(rows.filter(_condition(facets)), facets.clade, facets.mine, facets.criteria)
    if facets.unseen and not (facets.own or facets.maverick):  # `_of_reader` leaves them out there
        rows = rows.exclude(observation_id__in=facets.seen)
    return rows.order_by("-priority", "observation_id")


def _condition(facets: Facets) -> Q:
    """What the chosen facets ask of an entry, but for clades and places."""
    requested = {
        "kind": facets.kind,
        "label_taxon_id": facets.label,
        "grade": facets.grade,
        "evidence": facets.evidence,
        "is_suggested": facets.suggested,
        "is_disputed": facets.disputed,
    }
    condition = Q(**{name: value for name, value in requested.items() if value not in ("", None, False)})
    if facets.rather is not None:
        condition &= Q(suggested_taxon_id=facets.rather or None)
    if facets.chance:
        low, high = BANDS[Chance(facets.chance)]
        condition &= Q(suspicion__gte=low, suspicion__lt=high)
    if facets.since:
        condition &= Q(listed_in__in=_counts_since(facets))
    for role, is_chosen in ((Involved.Role.OBSERVER, facets.own), (Involved.Role.MAVERICK, facets.maverick)):
        if is_chosen:
            condition &= Q(observation_id__in=_of_reader(facets, role))
    return condition


def _of_reader(facets: Facets, role: Involved.Role) -> QuerySet[Involved, Any]:
    """The observations in which the reader has a role, of unseen ones if these are asked for: their ids.

    None without a reader; and no mavericks of somebody who only says who they are: those are open to nobody
    else.
    """
    reader = facets.reader
    if reader is None or (role == Involved.Role.MAVERICK and not reader.is_proven):
        return Involved.objects.none().values("observation_id")
    rows = Involved.objects.filter(criteria=facets.criteria, inat_id=reader.inat_id, role=role)
    if facets.unseen:
        rows = rows.exclude(observation_id__in=facets.seen)
    return rows.values("observation_id")


def _counts_since(facets: Facets) -> list[int]:
    """The refreshes of the present from a day on, or the last one: their ids.

    Read first, once for all that is made of these facets: a database that sees the numbers knows whether few
    rows have them.
    """
    key = (facets.criteria, facets.since)
    if key not in facets.listed_in:
        done = Refresh.objects.filter(
            state=Refresh.State.DONE, as_of=None, counts__hotspots__has_key=facets.criteria
        )
        if facets.since == LAST_COUNT:
            chosen = done.order_by("-id")[:1]
        else:
            chosen = done.filter(moment__gte=datetime.fromisoformat(facets.since).replace(tzinfo=UTC))
        facets.listed_in[key] = list(chosen.values_list("id", flat=True))
    return facets.listed_in[key]


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


def by_continent(facets: Facets) -> dict[str, int]:
    """How many entries of the worklist lie on each continent; under empty text those of unknown place."""
    rows = worklist(facets.without("place")).order_by("continent").values_list("continent")
    return dict(rows.annotate(entries=Count("id")))


def worklist_over_all(facets: Facets) -> list[int]:
    """The most worthwhile of these: their ids alone.

    An index has all that this takes, where whole rows would have to be fetched from all over the table.
    """
    return list(worklist(facets).values_list("observation_id", flat=True)[:OVER_ALL])


def entries(observation_ids: Iterable[int], criteria: str) -> list[WorklistEntry]:
    """The entries of these observations, in this order; without those that a refresh took away meanwhile."""
    ids = list(observation_ids)
    rows = WorklistEntry.objects.filter(criteria=criteria, observation_id__in=ids)
    result = {entry.observation_id: entry for entry in rows}
    return [result[observation_id] for observation_id in ids if observation_id in result]


def named(entries: Iterable[WorklistEntry]) -> list[Listed]:
    """Each entry with its taxa, and with photos of it and of them."""
    entries = list(entries)
    ids = {taxon_id for entry in entries for taxon_id in (entry.label_taxon_id, entry.suggested_taxon_id)}
    taxa = Taxon.objects.in_bulk(ids - {None})
    of_observations, of_taxa = photos.of_either((entry.observation_id for entry in entries), taxa)
    return [
        Listed(
            entry,
            taxa.get(entry.label_taxon_id),
            taxa.get(entry.suggested_taxon_id),
            of_observations.get(entry.observation_id),
            of_taxa.get(entry.label_taxon_id),
            of_taxa.get(entry.suggested_taxon_id or 0),
        )
        for entry in entries
    ]


def first_batch(facets: Facets) -> list[WorklistEntry]:
    """The first observations to look at, of those that the Identify page can open."""
    return list(worklist(facets).filter(observation_id__gt=0)[:BATCH])


def all_entries(facets: Facets) -> Iterator[WorklistEntry]:
    """The whole worklist, for a file."""
    return worklist(facets).iterator(chunk_size=2_000)


def months(facets: Facets) -> dict[int, float]:
    """How many of the suspect observations are expected to be wrong, by the month they were made in."""
    rows = worklist(facets).exclude(observed_on=None).order_by()
    result = rows.annotate(month=ExtractMonth("observed_on")).values_list("month")
    return dict(result.annotate(expected=Sum("suspicion")).order_by("month"))


def squares(facets: Facets) -> list[tuple[int, int, int]]:
    """The squares of ten degrees with most of the suspect observations: south and west edge, and how many."""
    rows = worklist(facets).exclude(latitude=None).order_by()
    edges = rows.annotate(south=10 * Floor(F("latitude") / 10), west=10 * Floor(F("longitude") / 10))
    counted = (
        edges.values_list("south", "west").annotate(found=Count("id")).order_by("-found", "south", "west")
    )
    return [(int(south), int(west), result) for south, west, result in counted[:SQUARES]]


def places(facets: Facets) -> list[WorklistEntry]:
    """The suspect observations with a public place, the most worthwhile first, as many as a map can show."""
    rows = worklist(facets).exclude(latitude=None)
    return list(
        rows.only("observation_id", "observation_uuid", "latitude", "longitude", "suspicion")[:MAP_LIMIT]
    )
