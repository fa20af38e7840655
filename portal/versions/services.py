"""Making runs versions of the model, and counting what pages show of each beside the one before it."""

from contextlib import nullcontext
from datetime import datetime

import pyarrow.compute as pc
from django.db import transaction
from django.utils import timezone

from exporter.columns import booleans
from exporter.current_model import BESIDE, CurrentModel, beside
from exporter.differences import difference
from exporter.errors import DataError
from exporter.model_comparison import Change, Standings
from portal import bulk
from portal.lake.models import Refresh
from portal.lake.queries import last_refresh
from portal.training.models import Run
from portal.versions.models import CladeStanding, ClassStanding, Comparison, CurrentClass, ModelVersion
from portal.versions.queries import current, uncounted
from portal.versions.queries.current import CURRENT_MODEL
from portal.versions.queries.results import confusions_of, results_of, tree_of

#: How many taxa of the current model are altered in one step.
MOST_AT_ONCE = 10_000


def make_version(run: Run, name: str, released_at: datetime | None) -> ModelVersion:
    """Make a run a version of the model. DataError if it has no results."""
    if run.state != Run.State.DONE:
        raise DataError(f"Run {run.pk} has no results yet.")
    return ModelVersion.objects.create(run=run, name=name, released_at=released_at)


def take_over_current_model(known: CurrentModel, refresh: Refresh) -> None:
    """Keep what iNaturalist said of its current model, in place of what it had said before.

    All in one step, unless more than `MOST_AT_ONCE` taxa change: then in several, with their counts last.
    """
    # Our whole readiness is read for it: not where there is nothing to put beside it.
    rows = BESIDE.empty_table() if known.is_unknown else beside(known, current.outlook())
    changes = difference(current.kept(), rows, ["taxon_id"])
    is_much = changes.gone.num_rows + changes.written.num_rows > MOST_AT_ONCE
    with nullcontext() if is_much else transaction.atomic():
        bulk.drop(CurrentClass, changes.gone)
        bulk.append(CurrentClass, changes.written)
        _note_current_model(known, refresh)


def _note_current_model(known: CurrentModel, refresh: Refresh) -> None:
    exported = known.exported.isoformat() if known.exported else None
    refresh.counts.pop(CURRENT_MODEL, None)
    if known.standings or exported:
        refresh.counts[CURRENT_MODEL] = {"exported": exported, **current.counted()}
        # What was cached since it was done lacks this.
        refresh.finished_at = timezone.now()
    refresh.save(update_fields=["counts", "finished_at"])


# Comparing ---------------------------------------------------------------------------------------


def compare_versions() -> int:
    """Count every released version that is not counted as it stands now; gives how many there were."""
    return sum(compare(version.pk, previous) for version, previous in uncounted())


@transaction.atomic
def compare(version_id: int, previous: ModelVersion | None) -> bool:
    """Count a version beside the one before it, in place of what was counted of it; False if it is gone."""
    version = ModelVersion.objects.select_for_update().filter(pk=version_id).first()
    if version is None:
        return False
    now = results_of(version.run_id)
    before = results_of(previous.run_id) if previous else None
    standings = Standings(now, before, tree_of([version.run_id, *([previous.run_id] if previous else [])]))
    classes, clades = standings.classes(), standings.clades(confusions_of(version.run_id))
    _forget(version)
    counts = {change: int(booleans(pc.equal(classes["change"], str(change))).sum()) for change in Change}
    comparison = Comparison.objects.create(
        version=version,
        previous=previous,
        refresh=last_refresh(),
        counted_at=timezone.now(),
        classes=len(now.taxon_ids),
        images=int(now.images.sum()),
        right=int(now.right.sum()),
        right_in_five=int(now.right_in_five.sum()),
        images_before=int(before.images.sum()) if before else 0,
        right_before=int(before.right.sum()) if before else 0,
        unplaced=standings.walk.unplaced(),
        **{change.value: counts[change] for change in Change if change != Change.SAME},
    )
    for model, rows in ((ClassStanding, classes), (CladeStanding, clades)):
        bulk.append(model, rows, comparison_id=comparison.pk)
        bulk.analyse(model)
    return True


def _forget(version: ModelVersion) -> None:
    """Remove what was counted of a version."""
    former = Comparison.objects.filter(version=version)
    for model in (ClassStanding, CladeStanding):
        bulk.remove(model.objects.filter(comparison__in=former))
    former.delete()
