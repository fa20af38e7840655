"""Reads of runs and model versions. Nothing here writes."""

import functools

from django.db.models import Count, QuerySet

from portal.training.models import ModelVersion, Run, TaxonResult


def runs_of(token_id: int) -> QuerySet[Run]:
    """The runs that a token reported."""
    return Run.objects.filter(token_id=token_id)


def every_run() -> QuerySet[Run]:
    """Every run."""
    return Run.objects.all()


def versions() -> QuerySet[ModelVersion]:
    """The released versions of the model with the number of their classes."""
    released = ModelVersion.objects.filter(released_at__isnull=False).select_related("run")
    return released.annotate(classes=Count("run__taxa"))


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
