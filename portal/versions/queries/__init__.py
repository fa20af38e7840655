"""Reads for the pages of model versions. Nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from exporter.accuracy import Difference, difference
from exporter.criteria import GENUS_RANK_LEVEL
from exporter.shares import Share
from portal.cutoffs.models import Cutoff
from portal.cutoffs.queries import Viewer
from portal.lake.queries import last_refresh
from portal.present import present
from portal.taxa.ancestry import ids_in
from portal.taxa.models import Taxon
from portal.training.models import Confusion, TaxonResult
from portal.training.queries import cutoffs_of
from portal.versions.models import CladeStanding, ClassStanding, Comparison, ModelVersion

Change = ClassStanding.Change

#: The ranks by which a clade is looked into: kingdom, phylum, class, order, family, genus.
LEVELS = (70.0, 60.0, 50.0, 40.0, 30.0, 20.0)
#: A class with fewer test photos is among neither the best nor the least known.
ENOUGH_PHOTOS = 10
#: With fewer test photos a share is marked as uncertain.
FEW_PHOTOS = 50

BEST, LEAST = "best", "least"
#: How far the lists of best and least known classes go.
FURTHEST = 1_000
CHANGES = (Change.GAINED, Change.LOST, Change.BETTER, Change.WORSE)


def released() -> QuerySet[ModelVersion]:
    """The released versions, the newest first, each with what was counted of it."""
    versions = ModelVersion.objects.filter(released_at__isnull=False)
    return versions.select_related("run", "comparison__previous").order_by("-released_at", "-id")


def released_called(name: str) -> ModelVersion | None:
    """The released version of that name, with what was counted of it."""
    return released().filter(name=name).first()


def released_names() -> frozenset[str]:
    """What the released versions are called."""
    return frozenset(ModelVersion.objects.filter(released_at__isnull=False).values_list("name", flat=True))


@dataclass(frozen=True)
class Listed:
    """A version in a list. ``export``: the cutoff at which it was exported, if the viewer may know of it."""

    version: ModelVersion
    export: Cutoff | None
    accuracy: Share | None


def listed(versions: Iterable[ModelVersion], viewer: Viewer) -> list[Listed]:
    """The versions with their cutoffs, and with their accuracy where they are counted."""
    rows = list(versions)
    result = cutoffs_of([version.run for version in rows], viewer)
    return [Listed(version, result.get(version.run.snapshot_digest), _accuracy(version)) for version in rows]


def _accuracy(version: ModelVersion) -> Share | None:
    counted = getattr(version, "comparison", None)
    return Share(counted.right, counted.images) if counted else None


def uncounted() -> list[tuple[ModelVersion, ModelVersion | None]]:
    """The released versions that are not counted as they stand now, each with the one before it."""
    versions = list(released())
    refresh = last_refresh()
    pairs = zip(versions, [*versions[1:], None], strict=False)
    return [
        (version, previous)
        for version, previous in pairs
        if not _is_counted(version, previous, refresh.pk if refresh else None)
    ]


def _is_counted(version: ModelVersion, previous: ModelVersion | None, refresh_id: int | None) -> bool:
    """Whether it was, beside that one, and no newer tree may have the classes that are missing."""
    result = getattr(version, "comparison", None)
    if result is None or result.previous_id != (previous and previous.pk):
        return False
    return not result.unplaced or result.refresh_id == refresh_id


def export(version: ModelVersion, viewer: Viewer) -> Cutoff | None:
    """The cutoff on whose snapshot a version was trained, if this person may know of it."""
    return cutoffs_of([version.run], viewer).get(version.run.snapshot_digest)


@dataclass
class Compared:
    """A clade or a class with how well the version and the one before it know it.

    ``taxon`` is None for classes of no iconic group, and for what lies in no clade of the rank shown.
    """

    taxon: Taxon | None
    now: Share
    before: Share
    classes: int = 1
    gained: int = 0
    lost: int = 0

    @cached_property
    def difference(self) -> Difference | None:
        """None where there is nothing to compare with."""
        return difference(self.now, self.before)

    @property
    def is_few(self) -> bool:
        """Whether the photos are too few to say much."""
        return self.now.of < FEW_PHOTOS


@dataclass(frozen=True)
class Part:
    """What a page is about: all classes of a version, or those of a clade, with places from first to last."""

    comparison: Comparison
    clade: Taxon | None = None
    first: int = 0
    last: int = -1
    standing: CladeStanding | None = None

    def classes(self) -> QuerySet[ClassStanding]:
        """The classes in it, lost ones among them."""
        rows = ClassStanding.objects.filter(comparison=self.comparison)
        return rows if self.clade is None else rows.filter(place__range=(self.first, self.last))

    def clades(self) -> QuerySet[CladeStanding]:
        """The clades in it that the version has a class of."""
        rows = CladeStanding.objects.filter(comparison=self.comparison, is_group=False, classes__gt=0)
        return rows if self.clade is None else rows.filter(first__gte=self.first, last__lte=self.last)


def part(comparison: Comparison, clade: Taxon | None) -> Part:
    """The part of a version within a clade; an empty one where the version has no class in it."""
    if clade is None:
        return Part(comparison)
    standing = CladeStanding.objects.filter(comparison=comparison, taxon_id=clade.id, is_group=False).first()
    if standing is not None:
        return Part(comparison, clade, present(standing.first), present(standing.last), standing)
    own = ClassStanding.objects.filter(comparison=comparison, taxon_id=clade.id).first()
    return Part(comparison, clade, own.place, own.place) if own else Part(comparison, clade)


def whole(result: Part) -> Compared | None:
    """All of the part together; None where it has no class."""
    if result.clade is None:
        return _share_of(result.comparison, None)
    if result.standing is not None:
        return _share_of(result.standing, result.clade)
    own = result.classes().first()
    return share_of_class(own, result.clade) if own else None


def share_of_class(row: ClassStanding, taxon: Taxon | None) -> Compared:
    """A class as a share."""
    return Compared(
        taxon,
        Share(row.right or 0, row.images or 0),
        Share(row.right_before or 0, row.images_before or 0),
        classes=int(row.change != Change.LOST),
        gained=int(row.change == Change.GAINED),
        lost=int(row.change == Change.LOST),
    )


def _share_of(row: CladeStanding | Comparison, taxon: Taxon | None) -> Compared:
    return Compared(
        taxon,
        Share(row.right, row.images),
        Share(row.right_before, row.images_before),
        row.classes,
        row.gained,
        row.lost,
    )


@dataclass(frozen=True)
class Inside:
    """What a part is made of: ``rows``, and ``rest`` together: what is left out or lies in none of them."""

    rank_level: float | None
    rows: list[CladeStanding]
    rest: Compared | None

    @property
    def taxon_ids(self) -> set[int]:
        return {row.taxon_id for row in self.rows if row.taxon_id}

    def shares(self, taxa: dict[int, Taxon]) -> list[Compared]:
        """The rows with their taxa."""
        return [_share_of(row, taxa.get(row.taxon_id)) for row in self.rows]


def inside(result: Part, limit: int) -> Inside | None:
    """The groups of a version, or the clades at the next main rank below a clade; None where it has none.

    Those with most test photos come first, ``limit`` of them.
    """
    if result.clade is None:
        groups = CladeStanding.objects.filter(
            comparison=result.comparison, rank_level=None, is_group=True, classes__gt=0
        )
        return Inside(None, list(groups.order_by("-images", "taxon_id")), None)
    level = next((rank for rank in LEVELS if rank < (result.clade.rank_level or 0)), None)
    if result.standing is None or level is None:
        return None
    rows = list(result.clades().filter(rank_level=level).order_by("-images", "taxon_id"))
    if not rows:
        return None
    return Inside(level, rows[:limit], _rest(result.standing, rows[:limit]))


def _rest(standing: CladeStanding, rows: list[CladeStanding]) -> Compared | None:
    left = {
        name: getattr(standing, name) - sum(getattr(row, name) for row in rows)
        for name in ("right", "images", "right_before", "images_before", "classes", "gained", "lost")
    }
    if not left["classes"] and not left["lost"]:
        return None
    return Compared(
        None,
        Share(left["right"], left["images"]),
        Share(left["right_before"], left["images_before"]),
        left["classes"],
        left["gained"],
        left["lost"],
    )


#: What each list of classes shows, and in which order.
_LISTS = {
    "": (Q(images__isnull=False), ("place",)),
    BEST: (Q(images__gte=ENOUGH_PHOTOS), ("-low", "place")),
    LEAST: (Q(images__gte=ENOUGH_PHOTOS), ("high", "place")),
    Change.BETTER: (Q(change=Change.BETTER), ("-difference_low", "place")),
    Change.WORSE: (Q(change=Change.WORSE), ("difference_high", "place")),
    Change.GAINED: (Q(change=Change.GAINED), ("place",)),
    Change.LOST: (Q(change=Change.LOST), ("place",)),
}


def class_list(result: Part, selected: str) -> QuerySet[ClassStanding]:
    """The classes of a list: best or least known by the nearer end of their interval, changed, or all.

    Of the best and the least known at most `FURTHEST`.
    """
    condition, order = _LISTS[selected]
    rows = result.classes().filter(condition).order_by(*order)
    return rows[:FURTHEST] if selected in (BEST, LEAST) else rows


def change_counts(result: Part) -> dict[str, int]:
    """How many classes of the part there are of each change, and under "" how many the version has."""
    if result.clade is None:
        counts = {change.value: getattr(result.comparison, change) for change in CHANGES}
        return counts | {"": result.comparison.classes}
    counted = dict(result.classes().order_by().values_list("change").annotate(n=Count("id")))
    counts = {change.value: counted.get(change, 0) for change in CHANGES}
    return counts | {"": sum(counted.values()) - counts[Change.LOST]}


def most_confused_genera(result: Part, limit: int) -> list[CladeStanding]:
    """The genera with most photos taken for another class of the genus."""
    rows = result.clades().filter(rank_level=GENUS_RANK_LEVEL, stayed__gt=0)
    return list(rows.order_by("-stayed", "taxon_id")[:limit])


def judged_classes(result: Part) -> QuerySet[ClassStanding]:
    """The classes of a part that have test photos."""
    return result.classes().filter(images__gt=0)


def confusions_in(result: Part) -> QuerySet[Confusion, tuple[int, int, int]]:
    """The confusions of a part's classes: what photos show, what they are taken for, and how many."""
    rows = Confusion.objects.filter(
        run_id=result.comparison.version.run_id, true_taxon_id__in=result.classes().values("taxon_id")
    )
    return rows.values_list("true_taxon_id", "predicted_taxon_id", "count")


def most_confused_pairs(version: ModelVersion, limit: int) -> list[Confusion]:
    """The classes most often taken for another, with how many test photos."""
    rows = Confusion.objects.filter(run_id=version.run_id)
    return list(rows.order_by("-count", "true_taxon_id", "predicted_taxon_id")[:limit])


# What others ask of a version -------------------------------------------------------------------


def versions() -> QuerySet[ModelVersion]:
    """The released versions of the model with the number of their classes, the current one first."""
    released = ModelVersion.objects.filter(released_at__isnull=False).select_related("run")
    counted = released.annotate(classes=Count("run__taxa"))  # type: ignore[no-redef]  # declared for its readers
    return counted.order_by("-released_at", "-id")


def version_called(name: str) -> ModelVersion | None:
    """The released version of that name."""
    return ModelVersion.objects.filter(released_at__isnull=False, name=name).select_related("run").first()


def current_version() -> ModelVersion | None:
    """The version released last."""
    released = ModelVersion.objects.filter(released_at__isnull=False).select_related("run")
    return released.order_by("-released_at", "-id").first()


def taxa_of(version: ModelVersion) -> QuerySet[TaxonResult]:
    """The classes of a version with how well it knows them."""
    return TaxonResult.objects.filter(run_id=version.run_id)


@lru_cache(maxsize=2)
def classes_of(run_id: int) -> frozenset[int]:
    """The ids of a run's classes. Kept: a run that is a version of the model does not change any more.

    100,000 ids are about 8 MiB, and one look at them saves a walk up the tree in the database for each taxon.
    """
    return frozenset(TaxonResult.objects.filter(run_id=run_id).values_list("taxon_id", flat=True).iterator())


@dataclass(frozen=True)
class Knowledge:
    """What a version of the model makes of a taxon.

    ``result`` is None where it is no class; ``through`` is then the class above it, if there is one.
    ``taken_for``: the classes that it is most often taken for, with the numbers of test photos.
    """

    result: TaxonResult | None
    through: Taxon | None
    taken_for: list[tuple[Taxon, int]]

    @property
    def accuracy(self) -> Share:
        """How many test photos it names right."""
        result = present(self.result)
        return Share(round(result.top1 * result.images), result.images)


def knowledge(version: ModelVersion, taxon: Taxon, partners: int) -> Knowledge:
    """What the version makes of the taxon, with at most so many partners."""
    result = taxa_of(version).filter(taxon_id=taxon.id).first()
    if result is None:
        above = ids_in(taxon.ancestry)
        matches = next((number for number in reversed(above) if number in classes_of(version.run_id)), None)
        return Knowledge(None, Taxon.objects.filter(id=matches).first() if matches else None, [])
    return Knowledge(result, None, _taken_for(version, taxon, partners))


def _taken_for(version: ModelVersion, taxon: Taxon, most: int) -> list[tuple[Taxon, int]]:
    """The classes that the version most often takes the taxon for, with the numbers of test photos."""
    rows = Confusion.objects.filter(run_id=version.run_id, true_taxon_id=taxon.id)
    first = rows.order_by("-count", "predicted_taxon_id").values("predicted_taxon_id")[:most]
    photos = rows.filter(predicted_taxon_id=OuterRef("id")).values("count")
    result = Taxon.objects.filter(id__in=first).annotate(photos=Subquery(photos))
    return [(other, other.photos) for other in result.order_by("-photos", "id")]
