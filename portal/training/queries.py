"""Reads of runs. Nothing here writes."""

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa
from django.contrib.auth.models import AnonymousUser
from django.db.models import F, FloatField, Q, QuerySet
from django.db.models.functions import Cast, Sqrt

from exporter.hotspots.schema import LABEL_ISSUES
from exporter.shares import Share, bound
from portal.cutoffs.models import Cutoff, Snapshot
from portal.cutoffs.queries import Viewer, known_with, visible_to
from portal.cutoffs.states import CUT, State
from portal.taxa.models import Taxon
from portal.training.models import Confusion, LabelIssue, Run, TaxonResult, Training


def runs_of(token_id: int) -> QuerySet[Run]:
    """The runs that a token reported."""
    return Run.objects.filter(token_id=token_id)


def every_run() -> QuerySet[Run]:
    """Every run."""
    return Run.objects.all()


def visible_with_id(viewer: Viewer, run_id: int) -> Run | None:
    """The run of that id, if this person may know of it."""
    return visible_runs(viewer).filter(pk=run_id).first()


def run_with_id(runs: QuerySet[Run], run_id: int) -> Run | None:
    """That one of these runs."""
    return runs.filter(pk=run_id).first()


def finished_runs() -> QuerySet[Run]:
    """The runs that have results."""
    return Run.objects.filter(state=Run.State.DONE)


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
    recorded = (*CUT, State.FAILED)
    return Snapshot.objects.filter(cutoff__in=cutoffs, cutoff__state__in=recorded).exclude(digest="")


def cutoffs_of(runs: Iterable[Run], viewer: Viewer) -> dict[str, Cutoff]:
    """The cutoffs whose snapshots the runs learned from, by digest; those that this person may know of."""
    digests = {run.snapshot_digest for run in runs}
    snapshots = _snapshots(visible_to(viewer)).filter(digest__in=digests).select_related("cutoff__training")
    return {snapshot.digest: snapshot.cutoff for snapshot in snapshots}


def export_days(runs: Iterable[Run]) -> dict[str, datetime]:
    """When the data were taken that runs learned from, by digest: for counting, whoever may know of it."""
    snapshots = _snapshots(Cutoff.objects.all()).filter(digest__in={run.snapshot_digest for run in runs})
    return dict(snapshots.values_list("digest", "cutoff__cutoff_at"))


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
    """The newest finished training of an earlier cutoff, which whoever may know of this one may know of too.

    Results are compared with its results, and show them.
    """
    done = Training.objects.filter(
        step=Training.Step.DONE, cutoff__in=known_with(cutoff), cutoff__cutoff_at__lt=cutoff.cutoff_at
    )
    return done.select_related("cutoff").order_by("-cutoff__cutoff_at").first()


# Label issues ------------------------------------------------------------------------------------


def contradicting_run(is_simulated: bool) -> Run | None:
    """The run whose label issues count: that whose results came last, if its world is the lake's.

    A run on the snapshot of a cutoff that not everybody may know of counts once its model is released:
    hotspots are public.
    """
    hidden = Snapshot.objects.exclude(cutoff__in=visible_to(AnonymousUser())).exclude(digest="")
    done = Run.objects.filter(state=Run.State.DONE, is_simulated=is_simulated)
    recorded = done.exclude(Q(snapshot_digest__in=hidden.values("digest")) & Q(version__released_at=None))
    return recorded.order_by("-finished_at", "-id").first()


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


def is_version(run: Run) -> bool:
    """Whether the run became a version of the model."""
    return Run.objects.filter(pk=run.pk, version__isnull=False).exists()
