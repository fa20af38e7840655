"""Reads for the picture of the tree: a clade, and a few levels of what lies below it."""

from dataclasses import dataclass, field

from django.db.models import QuerySet, Sum

from portal.present import present
from portal.taxa.models import Readiness
from portal.taxa.queries.named import AnyClade, ByName

#: How many levels below the clade are drawn.
LEVELS = 3


@dataclass(frozen=True)
class Clade:
    """A taxon's clade as the picture shows it. Without a row it is that of ``by_name``, or all taxa.

    ``branch_photos`` may be more than ``photos``: an observation can count for two branches.
    """

    row: Readiness | None
    photos: int
    branches: int
    branch_photos: int
    by_name: ByName | None = None


@dataclass
class Branch:
    """A drawn taxon with those of its branches that are large enough to draw, most photos first."""

    row: Readiness
    branches: list["Branch"] = field(default_factory=list)


def clade(criteria: str, taxon: AnyClade | None) -> Clade | None:
    """The clade of a taxon, None if it has no observations; without a taxon, the root or all taxa.

    All taxa stand for the root where none holds most of the photos, as in a lake of CSV exports.
    """
    if isinstance(taxon, ByName):
        return _with_branches(criteria, taxon)
    if taxon is not None:
        row = _rows(criteria).filter(taxon=taxon).first()
        return clade_of(row) if row else None
    everything = _with_branches(criteria)
    root = branches(criteria, everything).first()
    return clade_of(root) if root and 2 * root.photos >= everything.photos else everything


def clade_of(row: Readiness) -> Clade:
    """The clade of a row's taxon."""
    return Clade(row, row.photos, row.branches, row.branch_photos)


def _with_branches(criteria: str, by_name: ByName | None = None) -> Clade:
    """All taxa, or a clade known by name alone: what has no row is what its branches are together."""
    drawn = branches(criteria, Clade(None, 0, 0, 0, by_name))
    photos = drawn.aggregate(photos=Sum("photos"))["photos"] or 0
    return Clade(None, photos, drawn.count(), photos, by_name)


def branches(criteria: str, of: Clade) -> QuerySet[Readiness]:
    """The taxa that the picture shows right below a clade, with their names, most photos first."""
    drawn = _rows(criteria).filter(is_drawn=True).order_by("-photos", "taxon_id")
    if of.by_name is not None:
        within = drawn.filter(tree_left__range=(of.by_name.tree_left, of.by_name.tree_right))
        # The first one in the walk lies right below it, and so do those with the same stem.
        first = within.order_by("tree_left").values_list("stem_id", flat=True)[:1]
        stem_id = next(iter(first), None)
        return within.filter(stem_id=stem_id)
    if of.row is None:
        return drawn.filter(stem_id=None)
    if of.row.is_drawn:
        return drawn.filter(stem_id=of.row.taxon_id)
    # Below a taxon that is not drawn lie some of the branches of the one above it that is.
    return drawn.filter(
        stem_id=of.row.stem_id, tree_left__gt=of.row.tree_left, tree_left__lte=of.row.tree_right
    )


def grown(criteria: str, of: Clade, least: float) -> list[Branch]:
    """What lies below a clade, level by level, as far as it holds at least so many photos."""
    result = [Branch(row) for row in branches(criteria, of).filter(photos__gte=least)]
    level = result
    for _ in range(LEVELS - 1):
        by_stem = {branch.row.taxon_id: branch for branch in level if branch.row.branches}
        below = _rows(criteria).filter(is_drawn=True, stem_id__in=by_stem, photos__gte=least)
        level = [Branch(row) for row in below.order_by("-photos", "taxon_id")]
        for branch in level:
            by_stem[present(branch.row.stem_id)].branches.append(branch)
    return result


def _rows(criteria: str) -> QuerySet[Readiness]:
    return Readiness.objects.filter(criteria=criteria).select_related("taxon")
