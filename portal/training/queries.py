"""Reads of runs and model versions. Nothing here writes."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, FloatField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Sqrt

from exporter.hotspots.schema import LABEL_ISSUES
from exporter.shares import Share, bound
from portal.cutoffs.models import Cutoff, Snapshot
from portal.cutoffs.queries import Viewer, visible_to
from portal.cutoffs.states import CUT, State
from portal.taxa.models import Taxon
from portal.training.models import Confusion, LabelIssue, ModelVersion, Run, TaxonResult, Training


def runs_of(token_id: int) -> QuerySet[Run]:
    """The runs that a token reported."""
    return Run.objects.filter(token_id=token_id)


def every_run() -> QuerySet[Run]:
    """Every run."""
    return Run.objects.all()


def visible_runs(viewer: Viewer) -> QuerySet[Run]:
    """The runs that this person may know of, the last one first.

    Those of the snapshots of cutoffs that they may know of, and those that became a version of the model.
    What else trainers try is for whoever may view runs in the staff pages.
    """
    runs = Run.objects.order_by("-id")
    if viewer.has_perm("training.view_run"):
        return runs
    known = _snapshots(visible_to(viewer)).values("digest")
    return runs.filter(Q(snapshot_digest__in=known) | Q(version__released_at__isnull=False))


def _snapshots(cutoffs: QuerySet[Cutoff]) -> QuerySet[Snapshot]:
    """Those that runs can name: with a digest, of these cutoffs, and standing."""
    told = (*CUT, State.FAILED)
    return Snapshot.objects.filter(cutoff__in=cutoffs, cutoff__state__in=told).exclude(digest="")


def cutoffs_of(runs: Iterable[Run], viewer: Viewer) -> dict[str, Cutoff]:
    """The cutoffs whose snapshots the runs learned from, by digest; those that this person may know of."""
    digests = {run.snapshot_digest for run in runs}
    snapshots = _snapshots(visible_to(viewer)).filter(digest__in=digests).select_related("cutoff__training")
    return {snapshot.digest: snapshot.cutoff for snapshot in snapshots}


def runs_of_cutoff(cutoff: Cutoff) -> QuerySet[Run]:
    """The runs that learned from the cutoff's snapshot, the last one first."""
    digests = cutoff.snapshots.exclude(digest="").values("digest")
    return Run.objects.filter(snapshot_digest__in=digests).order_by("-id")


# Trainings by this portal -------------------------------------------------------------------------


def unfinished_trainings() -> list[Training]:
    """The trainings of cutoffs that this portal is to go on with, the earliest cutoff first."""
    going_on = Training.objects.exclude(step=Training.Step.DONE).filter(cutoff__state=State.TRAINING)
    return list(going_on.select_related("cutoff").order_by("cutoff__cutoff_at", "cutoff_id"))


def cutoff_to_train() -> Cutoff | None:
    """The newest cutoff, if its snapshot stands and nobody trains it yet; never one of a simulated world."""
    newest = Cutoff.objects.filter(state__in=CUT, is_simulated=False).order_by("-cutoff_at", "-id").first()
    return newest if newest is not None and newest.state == State.EXPORTED else None


def training_of(cutoff: Cutoff) -> Training | None:
    """The training of it that this portal has begun."""
    return Training.objects.filter(cutoff=cutoff).first()


def training_before(cutoff: Cutoff) -> Training | None:
    """The newest finished training of an earlier cutoff."""
    done = Training.objects.filter(step=Training.Step.DONE, cutoff__cutoff_at__lt=cutoff.cutoff_at)
    return done.select_related("cutoff").order_by("-cutoff__cutoff_at").first()


# Label issues ------------------------------------------------------------------------------------


def contradicting_run(is_simulated: bool) -> Run | None:
    """The run whose label issues count: that whose results came last, if its world is the lake's.

    A run on the snapshot of a cutoff that not everybody may know of counts once its model is released:
    hotspots are public.
    """
    hidden = Snapshot.objects.exclude(cutoff__in=visible_to(AnonymousUser())).exclude(digest="")
    done = Run.objects.filter(state=Run.State.DONE, is_simulated=is_simulated)
    told = done.exclude(Q(snapshot_digest__in=hidden.values("digest")) & Q(version__released_at=None))
    return told.order_by("-finished_at", "-id").first()


#: How many doubted photos are looked at, the most suspect first: their ids fit into a few megabytes.
MOST_ISSUES = 200_000


def label_issues(run: Run) -> pa.Table:
    """What the run's model contradicts, in the columns of `exporter.hotspots.schema.LABEL_ISSUES`.

    One row an observation: that of its most suspect photo.
    """
    names = LABEL_ISSUES.names
    doubted = LabelIssue.objects.filter(run=run).order_by("-score", "photo_id")[:MOST_ISSUES]
    rows: dict[int, tuple[int, ...]] = {}
    for row in doubted.values_list(*names).iterator():
        rows.setdefault(row[0], row)
    columns = list(zip(*rows.values(), strict=True)) or [()] * len(names)
    return pa.table(columns, schema=LABEL_ISSUES)


# Results -----------------------------------------------------------------------------------------


def taxa_known(run: Run, most: int, *, is_best: bool) -> list[tuple[Taxon | None, TaxonResult, Share]]:
    """The classes that the run's model knows best, or worst: taxon, result, photos named right.

    In the order of the nearer end of the 90 % interval: few photos prove little.
    """
    side = -1 if is_best else 1
    end = bound(F("top1"), Cast("images", FloatField()), side, root=Sqrt)
    judged = TaxonResult.objects.filter(run=run, images__gt=0).annotate(end=end)
    rows = list(judged.order_by("-end" if is_best else "end", "taxon_id")[:most])
    taxa = Taxon.objects.in_bulk([row.taxon_id for row in rows])
    return [(taxa.get(row.taxon_id), row, Share(round(row.top1 * row.images), row.images)) for row in rows]


def number_of_issues(run: Run) -> int:
    """How many photos' labels the run's model doubts."""
    return LabelIssue.objects.filter(run=run).count()


def confused_pairs(run: Run, most: int) -> list[tuple[Confusion, Taxon | None, Taxon | None]]:
    """The pairs of classes confused most often, each with the true taxon and what it is taken for."""
    rows = list(
        Confusion.objects.filter(run=run).order_by("-count", "true_taxon_id", "predicted_taxon_id")[:most]
    )
    taxa = Taxon.objects.in_bulk(
        {row.true_taxon_id for row in rows} | {row.predicted_taxon_id for row in rows}
    )
    return [(row, taxa.get(row.true_taxon_id), taxa.get(row.predicted_taxon_id)) for row in rows]


# Versions of the model ---------------------------------------------------------------------------


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
    def accuracy(self) -> Share:
        """How many test photos it names right."""
        return Share(round(self.result.top1 * self.result.images), self.result.images)


def knowledge(version: ModelVersion, taxon: Taxon, partners: int) -> Knowledge:
    """What the version makes of the taxon, with at most so many partners."""
    result = taxa_of(version).filter(taxon_id=taxon.id).first()
    if result is None:
        above = [int(part) for part in taxon.ancestry.split("/") if part]
        found = next((number for number in reversed(above) if number in classes_of(version.run_id)), None)
        return Knowledge(None, Taxon.objects.filter(id=found).first() if found else None, [])
    return Knowledge(result, None, _taken_for(version, taxon, partners))


def _taken_for(version: ModelVersion, taxon: Taxon, most: int) -> list[tuple[Taxon, int]]:
    """The classes that the version most often takes the taxon for, with the numbers of test photos."""
    rows = Confusion.objects.filter(run_id=version.run_id, true_taxon_id=taxon.id)
    first = rows.order_by("-count", "predicted_taxon_id").values("predicted_taxon_id")[:most]
    photos = rows.filter(predicted_taxon_id=OuterRef("id")).values("count")
    found = Taxon.objects.filter(id__in=first).annotate(photos=Subquery(photos))
    return [(other, other.photos) for other in found.order_by("-photos", "id")]
