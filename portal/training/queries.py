"""Reads of runs and model versions. Nothing here writes."""

import functools
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from portal.taxa.models import Taxon
from portal.training.accuracy import Accuracy
from portal.training.models import Confusion, ModelVersion, Run, TaxonResult


def runs_of(token_id: int) -> QuerySet[Run]:
    """The runs that a token reported."""
    return Run.objects.filter(token_id=token_id)


def every_run() -> QuerySet[Run]:
    """Every run."""
    return Run.objects.all()


def versions() -> QuerySet[ModelVersion]:
    """The released versions of the model with the number of their classes, the current one first."""
    released = ModelVersion.objects.filter(released_at__isnull=False).select_related("run")
    return released.annotate(classes=Count("run__taxa")).order_by("-released_at", "-id")


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


@functools.lru_cache(maxsize=2)
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
    def accuracy(self) -> Accuracy:
        """How many test photos it names right."""
        return Accuracy(round(self.result.top1 * self.result.images), self.result.images)


def knowledge(version: ModelVersion, taxon: Taxon, partners: int) -> Knowledge:
    """What the version makes of the taxon, with at most so many partners."""
    result = taxa_of(version).filter(taxon_id=taxon.id).first()
    if result is None:
        above = [int(part) for part in taxon.ancestry.split("/") if part]
        found = next((number for number in reversed(above) if number in classes_of(version.run_id)), None)
        return Knowledge(None, Taxon.objects.filter(id=found).first() if found else None, [])
    rows = Confusion.objects.filter(run_id=version.run_id, true_taxon_id=taxon.id)
    counts = dict(
        rows.order_by("-count", "predicted_taxon_id").values_list("predicted_taxon_id", "count")[:partners]
    )
    names = Taxon.objects.in_bulk(counts)
    return Knowledge(result, None, [(names[number], n) for number, n in counts.items() if number in names])
