"""Reads for the picture of the tree: a clade, and a few levels of what lies below it."""

from dataclasses import dataclass, field

from django.db.models import QuerySet, Sum

from portal.present import present
from portal.taxa.models import Readiness, Taxon

#: How many levels below the clade are drawn.
LEVELS = 3


@dataclass(frozen=True)
class Clade:
    """A taxon's clade as the picture shows it; without a row it stands for all taxa.

    ``branch_photos`` may be more than ``photos``: an observation can count for two branches.
    """

    row: Readiness | None
    photos: int
    branches: int
    branch_photos: int


@dataclass
class Branch:
    """A drawn taxon with those of its branches that are large enough to draw, most photos first."""

    row: Readiness
    branches: list["Branch"] = field(default_factory=list)


def clade(criteria: str, taxon: Taxon | None) -> Clade | None:
    """The clade of a taxon, None if it has no observations; without a taxon, the root or all taxa.

    All taxa stand for the root where none holds most of the photos, as in a lake of CSV exports.
    """
    if taxon is not None:
        row = _rows(criteria).filter(taxon=taxon).first()
        return clade_of(row) if row else None
    everything = _everything(criteria)
    root = branches(criteria, everything).first()
    return clade_of(root) if root and 2 * root.photos >= everything.photos else everything


def clade_of(row: Readiness) -> Clade:
    """The clade of a row's taxon."""
    return Clade(row, row.photos, row.branches, row.branch_photos)


def _everything(criteria: str) -> Clade:
    roots = _rows(criteria).filter(is_drawn=True, stem_id=None)
    photos = roots.aggregate(photos=Sum("photos"))["photos"] or 0
    return Clade(None, photos, roots.count(), photos)


def branches(criteria: str, of: Clade) -> QuerySet[Readiness]:
    """The taxa that the picture shows right below a clade, with their names, most photos first."""
    drawn = _rows(criteria).filter(is_drawn=True).order_by("-photos", "taxon_id")
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
    found = [Branch(row) for row in branches(criteria, of).filter(photos__gte=least)]
    level = found
    for _ in range(LEVELS - 1):
        by_stem = {branch.row.taxon_id: branch for branch in level if branch.row.branches}
        below = _rows(criteria).filter(is_drawn=True, stem_id__in=by_stem, photos__gte=least)
        level = [Branch(row) for row in below.order_by("-photos", "taxon_id")]
        for branch in level:
            by_stem[present(branch.row.stem_id)].branches.append(branch)
    return found


def _rows(criteria: str) -> QuerySet[Readiness]:
    return Readiness.objects.filter(criteria=criteria).select_related("taxon")
