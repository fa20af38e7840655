"""Writing runs, their progress and their results."""

from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exporter.errors import DataError
from portal import bulk
from portal.cutoffs.models import Cutoff
from portal.cutoffs.services import begin_training
from portal.cutoffs.states import State
from portal.lake.asking import ask_for_refresh
from portal.lake.queries import current_refresh
from portal.lifecycle import NotAllowedError
from portal.training import queries
from portal.training.document import Results
from portal.training.models import Confusion, LabelIssue, Run, TaxonResult, Training

_MODELS: dict[str, type[models.Model]] = {
    "taxa": TaxonResult,
    "confusions": Confusion,
    "label_issues": LabelIssue,
}


def create_run(
    token_id: int,
    key: str,
    snapshot_digest: str,
    config: dict[str, Any],
    is_simulated: bool,
    now: datetime | None = None,
) -> tuple[Run, bool]:
    """The token's run of that key, and whether it is new. One that is there already is left as it is."""
    return Run.objects.get_or_create(
        token_id=token_id,
        key=key,
        defaults={
            "snapshot_digest": snapshot_digest,
            "config": config,
            "is_simulated": is_simulated,
            "created_at": now or timezone.now(),
        },
    )


@transaction.atomic
def begin_own_training(cutoff: Cutoff, model_name: str) -> Training:
    """Have a cutoff's snapshot trained here: the cutoff is in training.

    NotAllowedError if its snapshot has not been released, or it was moved meanwhile.
    """
    if cutoff.state == State.EXPORTED:
        begin_training(cutoff, model_name, by=None)
    elif cutoff.state != State.TRAINING:
        raise NotAllowedError(
            _("“%(name)s” is %(state)s: only an exported snapshot can be trained on.")
            % {"name": cutoff.name, "state": cutoff.get_state_display()}
        )
    now = timezone.now()
    return Training.objects.get_or_create(cutoff=cutoff, defaults={"begun_at": now, "seen_at": now})[0]


def record_attempt(training: Training) -> None:
    """Count that a worker is at it, before it can die at it."""
    training.attempts += 1
    training.save(update_fields=["attempts"])


def record_safe_point(training: Training) -> None:
    """Note that it came to a safe point, or that somebody is to have it tried again: no worker died since."""
    training.attempts = 0
    training.save(update_fields=["attempts"])


def record_step(training: Training, step: str) -> None:
    """Note what is being done, and that a worker is at it."""
    training.step, training.seen_at = step, timezone.now()
    training.save(update_fields=["step", "seen_at"])


def record_heartbeat(run: Run, progress: dict[str, Any]) -> None:
    """Note that the run goes on, and how far it is. DataError if it is done."""
    running = Run.objects.filter(pk=run.pk, state=Run.State.RUNNING)
    if not running.update(heartbeat_at=timezone.now(), progress=progress):
        raise DataError(f"Run {run.pk} is done: its results have come.")


@transaction.atomic
def take_results(run: Run, results: Results, now: datetime | None = None) -> bool:
    """Take a run's results over, in place of those it had; the same document again changes nothing.

    Returns whether anything was written. DataError if the run is a version of the model: that stays as it is.
    """
    locked = Run.objects.select_for_update().get(pk=run.pk)
    if locked.results_digest == results.digest:
        return False
    if queries.is_version(locked):
        raise DataError(f"Run {run.pk} is a version of the model: its results stay as they are.")
    for name, model in _MODELS.items():
        bulk.remove(model._default_manager.filter(run=locked))
        bulk.append(model, results.tables[name], run_id=locked.pk)
    locked.run, locked.overall, locked.results_digest = results.run, results.overall, results.digest
    locked.state, locked.finished_at = Run.State.DONE, now or timezone.now()
    locked.save()
    transaction.on_commit(lambda: _tell_hotspots(locked))
    return True


def _tell_hotspots(run: Run) -> None:
    """Ask for a refresh if hotspots would hear something new of this run."""
    current = current_refresh()
    is_of_this_world = current is not None and current.is_simulated == run.is_simulated
    if is_of_this_world and queries.contradicting_run(run.is_simulated) == run:
        ask_for_refresh()
