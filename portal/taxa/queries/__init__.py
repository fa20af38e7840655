"""Reads for the pages of taxa. Nothing here writes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum, Value, Window
from django.db.models.expressions import RawSQL
from django.db.models.functions import RowNumber

from exporter.criteria import ORDER_RANK_LEVEL, SPECIES_RANK_LEVEL
from portal.ids import id_written
from portal.lake.generations import rule_of
from portal.lake.models import Refresh
from portal.present import present
from portal.taxa.ancestry import ids_in
from portal.taxa.models import MarginCount, Readiness, ReadinessHistory, Status, Taxon
from portal.taxa.queries.mine import EVERYTHING, Mine, within
from portal.taxa.queries.named import AnyClade

#: Statuses of a taxon that is below the line and could cross it.
BELOW = (Status.SHORT, Status.ROLLED_UP, Status.DROPPED)
#: How far below the line is near it, in observations, unless somebody says otherwise.
NEAR_WITHIN = 20
#: How far above the line is at risk, likewise.
LOSING_WITHIN = 5
#: How many refreshes back "changed lately" looks.
RECENT_REFRESHES = 5
#: How many children of a taxon its page lists.
FAMILY_LIMIT = 12

NEAR, LOSING, INCLUDED, DROPPED = "near", "losing", "included", "dropped"


# Taxa by id --------------------------------------------------------------------------------------


def taxon_with_id(taxon_id: int) -> Taxon | None:
    """The taxon with that id; None where there is none."""
    return Taxon.objects.filter(id=taxon_id).first()


def taxon_written(text: str) -> Taxon | None:
    """The taxon with the id that is written so; None where there is none, or it is no id."""
    taxon_id = id_written(text)
    return None if taxon_id is None else taxon_with_id(taxon_id)


def taxa_with_ids(ids: Iterable[int]) -> dict[int, Taxon]:
    """The taxa with these ids, as far as there are any."""
    return Taxon.objects.in_bulk(list(ids))


def ids_within(clade: Taxon, ids: Iterable[int]) -> set[int]:
    """Those of these ids of which the taxa lie below the clade's own."""
    rows = Taxon.objects.filter(id__in=list(ids), ancestry__regex=rf"(^|/){clade.id}(/|$)")
    return set(rows.values_list("id", flat=True))


# Readiness lists ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Selection:
    """Which rows a readiness list shows.

    within: at most so many observations from the line.
    mine:   what the reader chose; its clades count where no clade is named.
    """

    criteria: str
    tab: str = NEAR
    clade: AnyClade | None = None
    status: str = ""
    within: int | None = None
    sort: str = ""
    mine: Mine = EVERYTHING

    @property
    def is_narrowed(self) -> bool:
        """Whether it is of less than all of life."""
        return bool(self.clade or self.mine.clades)


@dataclass(frozen=True)
class Cover:
    """Why ``ancestor`` has no class of its own: ``leaves`` classes lie below it, ``leaf`` the best known."""

    ancestor: Taxon
    leaf: Taxon
    leaves: int
    was_class: bool


@dataclass
class Explained:
    """A readiness row with the taxa that its reason names."""

    row: Readiness
    leaf: Taxon | None = None
    cover: Cover | None = None

    @property
    def is_measured(self) -> bool:
        """Whether the line means anything to it: it is a class, or could become one."""
        return self.row.status == Status.LEAF or self.is_below

    @property
    def is_below(self) -> bool:
        """Whether it is below the line and could cross it."""
        return self.row.status in BELOW


_SORTS: dict[str, dict[str | None, tuple[str, ...]]] = {
    "margin": {NEAR: ("-margin",), DROPPED: ("-margin",), None: ("margin",)},
    "photos": {None: ("-photos",)},
    "observations": {None: ("-observations",)},
    "name": {None: ("taxon__name",)},
}
DEFAULT_SORTS = {NEAR: "margin", LOSING: "margin", INCLUDED: "observations", DROPPED: "photos"}


#: Whether a readiness row is not known to be coarser than an order.
_CAN_BE_NEAR = Q(taxon__rank_level__isnull=True) | Q(taxon__rank_level__lte=ORDER_RANK_LEVEL)


def readiness_list(selected: Selection) -> QuerySet[Readiness]:
    """The rows of one tab, sorted, with their taxa."""
    rows = in_clade(selected).filter(_tab(selected), _rank(selected.tab))
    if selected.status:
        rows = rows.filter(status=selected.status)
    sorts = _SORTS[selected.sort or DEFAULT_SORTS[selected.tab]]
    order = sorts.get(selected.tab, sorts[None])
    # The taxa of one page are read apart: a join would read those of all pages before it.
    return rows.prefetch_related("taxon").order_by(*order, "-observations", "taxon_id")


def readiness_of(
    criteria: str, clade: Taxon | None = None, status: str | None = None, distance: int | None = None
) -> QuerySet[Readiness]:
    """The rows of a clade, of a status, at most so many observations from the line on either side."""
    rows = in_clade(Selection(criteria, clade=clade))
    if status is not None:
        rows = rows.filter(status=status)
    if distance is not None:
        rows = rows.filter(_CAN_BE_NEAR, margin__range=(-distance, distance))
    return rows.select_related("taxon")


def tab_counts(selected: Selection, within: dict[str, int]) -> dict[str, int]:
    """How many rows each tab has in the clade; ``within`` gives the reach of the tabs that have one."""
    tabs = (NEAR, LOSING, INCLUDED, DROPPED)
    filters = {tab: _tab(Selection(selected.criteria, tab, within=within.get(tab))) for tab in tabs}
    if not selected.is_narrowed:
        counted = MarginCount.objects.filter(criteria=selected.criteria)
        return counted.aggregate(**{tab: Sum("taxa", filter=filters[tab], default=0) for tab in tabs})
    rows = in_clade(selected).order_by()
    # Each by its own index, in one query.
    parts = [
        rows.filter(filters[tab], _rank(tab))
        .values(tab=Value(tab))
        .annotate(taxa=Count("id"))
        .values_list("tab", "taxa")
        for tab in tabs
    ]
    by_tab = dict(parts[0].union(*parts[1:], all=True))
    return {tab: by_tab.get(tab, 0) for tab in tabs}


def in_clade(selected: Selection) -> QuerySet[Readiness]:
    """Every row of the clades, whatever its tab."""
    rows = Readiness.objects.filter(criteria=selected.criteria)
    return within(rows, selected.clade, selected.mine, selected.criteria)


def _tab(selected: Selection) -> Q:
    reach = selected.within
    if selected.tab == NEAR:
        return Q(status__in=BELOW, margin__lt=0) & (Q() if reach is None else Q(margin__gte=-reach))
    if selected.tab == LOSING:
        return Q(status=Status.LEAF) & (Q() if reach is None else Q(margin__lte=reach))
    return Q(status=Status.LEAF if selected.tab == INCLUDED else Status.DROPPED)


def _rank(tab: str) -> Q:
    """Which ranks a tab has; `MarginCount` gives coarser ones no distance from the line."""
    return _CAN_BE_NEAR if tab in (NEAR, LOSING) else Q()


def explain(rows: Iterable[Readiness]) -> list[Explained]:
    """The rows with the class that each serves and the classes that took its ancestor's place."""
    rows = list(rows)
    covered = _covered(rows)
    named = {row.leaf_taxon_id for row in rows} | {row.largest_class_taxon_id for row in covered}
    taxa = Taxon.objects.in_bulk([taxon_id for taxon_id in named if taxon_id is not None])
    covers = _covers(covered, taxa)
    explained = [Explained(row, cover=covers.get(_covered_taxon_id(row) or 0)) for row in rows]
    for item in explained:
        if item.row.leaf_taxon_id != item.row.taxon_id:
            item.leaf = taxa.get(item.row.leaf_taxon_id or 0)
    return explained


def _covered_taxon_id(row: Readiness) -> int | None:
    """The covered taxon that a row's reason speaks of: itself, or the parent of a dropped one."""
    if row.status == Status.COVERED:
        return row.taxon_id
    return row.taxon.parent_id if row.status == Status.DROPPED else None


def _covered(rows: Iterable[Readiness]) -> list[Readiness]:
    """The covered taxa that the rows' reasons speak of, and that have classes below them.

    ``was_class`` of each: whether it was a class itself at some refresh.
    """
    selected = {(row.criteria, taxon_id) for row in rows if (taxon_id := _covered_taxon_id(row))}
    if not selected:
        return []
    criteria, taxon_ids = ({pair[place] for pair in selected} for place in (0, 1))
    as_class = ReadinessHistory.objects.filter(
        taxon_id=OuterRef("taxon_id"),
        criteria=rule_of(OuterRef("criteria")),
        status=Status.LEAF,
        refresh__state=Refresh.State.DONE,
    )
    result = Readiness.objects.filter(
        criteria__in=criteria, taxon_id__in=taxon_ids, largest_class_taxon_id__isnull=False
    )
    requested = result.annotate(was_class=Exists(as_class))  # type: ignore[no-redef]  # declared for its readers
    return list(requested.select_related("taxon"))


def _covers(covered: Iterable[Readiness], taxa: Mapping[int, Taxon]) -> dict[int, Cover]:
    """By covered taxon, the classes below it; their taxa are among these."""
    return {
        row.taxon_id: Cover(row.taxon, taxa[present(row.largest_class_taxon_id)], row.classes, row.was_class)
        for row in covered
    }


# Home --------------------------------------------------------------------------------------------


def nearest_below(criteria: str, within: int, limit: int, mine: Mine = EVERYTHING) -> list[Explained]:
    """The species nearest the line from below, the most observed first among equals."""
    rows = readiness_list(Selection(criteria, within=within, mine=mine)).filter(
        taxon__rank_level=SPECIES_RANK_LEVEL
    )
    return explain(list(rows.prefetch_related(None).select_related("taxon")[:limit]))


@dataclass(frozen=True)
class Change:
    """A taxon that became or ceased to be a class at a refresh."""

    taxon: Taxon
    before: str
    after: str
    refresh: Refresh


def recent_changes(criteria: str, limit: int, mine: Mine = EVERYTHING) -> list[Change]:
    """Classes gained and lost at the last refreshes, latest first; in the reader's groups, if any.

    Each taxon once, as it changed last: two refreshes may count the same day. What had no observations before
    is left out: it is a clade just loaded, not a class just gained.
    """
    done = Refresh.objects.filter(state=Refresh.State.DONE).order_by("-moment", "-id")
    gained = Q(status=Status.LEAF) & ~Q(status_before__in=[Status.LEAF, ReadinessHistory.GONE])
    lost = Q(status_before=Status.LEAF) & ~Q(status=Status.LEAF)
    rows = ReadinessHistory.objects.filter(gained | lost, criteria=criteria)
    if mine.clades:
        if not mine.spans:
            return []
        rows = rows.filter(Exists(in_clade(Selection(criteria, mine=mine)).filter(taxon=OuterRef("taxon"))))
    # The first of each refresh, which an index has in order; then the first of these.
    first = [
        rows.filter(refresh=refresh).order_by("-observations", "taxon_id").values("id")[:limit]
        for refresh in done[:RECENT_REFRESHES]
    ]
    result = (
        ReadinessHistory.objects.filter(id__in=_together(first))
        .select_related("taxon", "refresh")
        .order_by("-refresh__moment", "-refresh_id", "-observations", "taxon_id")
    )
    newest: dict[int, ReadinessHistory] = {}
    for row in result:
        newest.setdefault(row.taxon_id, row)
    rows_shown = list(newest.values())[:limit]
    return [Change(row.taxon, row.status_before, row.status, row.refresh) for row in rows_shown]


def _together(parts: list[QuerySet]) -> RawSQL | list[int]:
    """Several short lists of ids as one subquery. SQLite takes no LIMIT within a union but in brackets."""
    if not parts:
        return []
    written = [part.query.sql_with_params() for part in parts]
    sql = " UNION ALL ".join(f"SELECT * FROM ({sql}) AS part_{n}" for n, (sql, _) in enumerate(written))
    # All of it is Django's own SQL.
    return RawSQL(sql, [value for _, values in written for value in values])  # noqa: S611


# A taxon -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tree:
    """A taxon among its siblings and its children: the most observed ones, and how many more there are.

    ``explained`` gives the readiness, by taxon id, of every taxon here that has any.
    """

    parent: Taxon | None
    siblings: list[Taxon]
    other_siblings: int
    children: list[Taxon]
    other_children: int
    explained: dict[int, Explained]


def ancestors(taxon: Taxon) -> list[Taxon]:
    """The taxon's ancestors from the root on, but for those of which the data give no more than the id."""
    ids = ids_in(taxon.ancestry)
    result = Taxon.objects.exclude(rank="").in_bulk(ids)
    return [result[taxon_id] for taxon_id in ids if taxon_id in result]


def tree(taxon: Taxon, path: list[Taxon], criteria: str) -> Tree:
    """The taxon's parent, siblings (itself among them) and children, with their readiness.

    ``path``: its `ancestors`, of which the parent is one where more than its id is known.
    """
    parent = path[-1] if path and path[-1].id == taxon.parent_id else None
    if parent is None and taxon.parent_id:
        parent = Taxon.objects.filter(id=taxon.parent_id).first()
    families = _families([taxon.parent_id, taxon.id])
    siblings, other_siblings = _with(taxon, *families[taxon.parent_id]) if taxon.parent_id else ([taxon], 0)
    children, other_children = families[taxon.id]
    everyone = [*siblings, *children, *([parent] if parent else [])]
    return Tree(
        parent, siblings, other_siblings, children, other_children, _explained_by_taxon(everyone, criteria)
    )


def _families(parent_ids: list[int | None]) -> dict[int | None, tuple[list[Taxon], int]]:
    """For each of these taxa, its most observed children and how many more it has."""
    order = ("-observations", "name", "id")
    every = Taxon.objects.filter(parent_id__in=parent_ids, is_active=True).annotate(
        family=Window(Count("id"), partition_by="parent_id"),
        place=Window(RowNumber(), partition_by="parent_id", order_by=order),
    )
    families: dict[int | None, tuple[list[Taxon], int]] = {parent_id: ([], 0) for parent_id in parent_ids}
    for child in every.filter(place__lte=FAMILY_LIMIT).order_by("place"):
        members = [*families[child.parent_id][0], child]
        families[child.parent_id] = members, child.family - len(members)
    return families


def _with(taxon: Taxon, members: list[Taxon], others: int) -> tuple[list[Taxon], int]:
    """A family's members and how many more it has, the taxon among the members in any case."""
    if taxon in members:
        return members, others
    kept = members[: FAMILY_LIMIT - 1]
    return [*kept, taxon], others + len(members) - len(kept) - taxon.is_active


def _explained_by_taxon(taxa: list[Taxon], criteria: str) -> dict[int, Explained]:
    by_id = {taxon.id: taxon for taxon in taxa}
    rows = list(Readiness.objects.filter(criteria=criteria, taxon_id__in=by_id))
    for row in rows:
        row.taxon = by_id[row.taxon_id]
    return {item.row.taxon_id: item for item in explain(rows)}


def history(taxon: Taxon, criteria: str) -> list[ReadinessHistory]:
    """How the taxon stood at the end of each day on which that changed, oldest first."""
    rows = (
        ReadinessHistory.objects.filter(taxon=taxon, criteria=criteria, refresh__state=Refresh.State.DONE)
        .select_related("refresh")
        .order_by("refresh__moment", "refresh_id")
    )
    # What several counts say of one day is no course: the last of them stands.
    return list({row.refresh.moment.date(): row for row in rows}.values())


@dataclass(frozen=True)
class Drop:
    """The row of a history before which a taxon had ``fewer`` observations more."""

    row: ReadinessHistory
    fewer: int


def newest_drop(history: list[ReadinessHistory]) -> Drop | None:
    """The newest row of a history before which a tenth or more of the observations went; None without one."""
    for before, after in reversed(list(pairwise(history))):
        if (fewer := before.observations - after.observations) * 10 >= before.observations > 0:
            return Drop(after, fewer)
    return None
