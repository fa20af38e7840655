"""Training a cutoff's snapshot here: fetch, fit, label-issues, evaluate, report, one after the other.

Each is a command of the trainer, and each goes on where it was stopped. So does this: the step that it is at
is kept, the run's folder stays, and a lock keeps a second process away from it.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.utils.translation import gettext as _

from exporter.errors import DataError
from exporter.messages import Message
from portal.accounts.models import Scope
from portal.accounts.services import token_file
from portal.cutoffs import queries as cutoffs
from portal.cutoffs import services as cutoff_services
from portal.cutoffs.models import Cutoff, Snapshot
from portal.cutoffs.states import State
from portal.failures import died, failure
from portal.lake.locks import training_lock
from portal.messages import data_error, english, message
from portal.present import present
from portal.training import queries, services, trainer_process
from portal.training.models import Training

RUNS, PHOTOS = "runs", "photos"
#: How often the pages hear of it while a command goes on, in seconds.
TELL_EVERY_S = 60.0
#: How often a training is taken up at one step whose worker dies each time.
MOST_ATTEMPTS = 5
TOKEN_NAME = "this portal's own trainer"  # noqa: S105  # what the token is called

IsStopping = Callable[[], bool]
_log = logging.getLogger(__name__)


def train_due(is_stopping: IsStopping) -> int:
    """Begin with the newest snapshot, and go on with all that was begun; gives how many were finished.

    Nothing, where no config says how to train. What another process is at is left to it; what fails is
    recorded on its cutoff, and somebody may have it tried again.
    """
    if not settings.TRAIN_CONFIG:
        return 0
    newest = queries.cutoff_to_train()
    if newest is not None:
        services.begin_own_training(newest, name_for(newest))
    return sum(_train(training, is_stopping) is True for training in queries.unfinished_trainings())


def train_now(cutoff: Cutoff, model_name: str, is_stopping: IsStopping) -> bool:
    """Train this cutoff's snapshot, or go on with it; whether it was finished.

    DataError if it cannot be trained, if another process is at it, or if it fails, which is recorded too.
    """
    if not settings.TRAIN_CONFIG:
        raise DataError(
            _("LEAFLINE_TRAIN_CONFIG is not set: give it a config like those in trainer/configs.")
        )
    if cutoff.state == State.FAILED and queries.training_of(cutoff) is not None:
        cutoff = cutoff_services.retry(cutoff, by=None)
    done = _train(services.begin_own_training(cutoff, model_name or name_for(cutoff)), is_stopping)
    if done is None:
        raise DataError(_("“%(name)s” is being trained already.") % {"name": cutoff.name})
    cutoff.refresh_from_db()
    if cutoff.state == State.FAILED:
        raise data_error(*present(cutoffs.events(cutoff).last()).messages)
    return done


def name_for(cutoff: Cutoff) -> str:
    """What the model is called unless somebody names it: the day of its data."""
    return f"{cutoff.cutoff_at:%Y-%m-%d}"


def folder_of(cutoff: Cutoff, made: Snapshot) -> Path:
    """The run's folder."""
    return settings.DATA_DIR / RUNS / f"{cutoff.pk}-{made.number}"


def _train(training: Training, is_stopping: IsStopping) -> bool | None:
    """Take the steps that are left; whether the last was taken. None if another process is at it."""
    cutoff = training.cutoff
    with training_lock(cutoff.pk) as held:
        if held is None:
            return None
        training.refresh_from_db()
        try:
            _count_attempt(training)
            _take_steps(training, held.fileno(), is_stopping)
        except (trainer_process.StoppedError, SoftTimeLimitExceeded):
            services.record_safe_point(training)
            _log.info("The training of cutoff %s stopped at a safe point and goes on later", cutoff.pk)
            return False
        except DataError as error:
            _fail(training, failure(error))
            return False
        except Exception as error:
            _fail(training, failure(error))
            raise
        return True


def _count_attempt(training: Training) -> None:
    """Count that it is taken up. DataError once its worker died too often: another would die too."""
    if training.attempts >= MOST_ATTEMPTS:
        raise data_error(died(training.attempts))
    services.record_attempt(training)


def _take_steps(training: Training, held: int, is_stopping: IsStopping) -> None:
    trainer_process.check_trainer()
    cutoff = training.cutoff
    made = cutoffs.snapshot_that_stands(cutoff)
    if made is None or made.report is None:
        raise data_error(message("not_released"))
    run = folder_of(cutoff, made)
    run.parent.mkdir(parents=True, exist_ok=True)
    order = list(Training.Step)
    for step in order[order.index(Training.Step(training.step)) : -1]:
        arguments = _arguments(step, cutoff, made, run)
        if not arguments:
            continue
        services.record_step(training, step)
        _log.info("Cutoff %s: %s", cutoff.pk, step)
        trainer_process.run(arguments, run.with_suffix(".log"), held, _Watch(training, is_stopping))
        _renew_connection()
        services.record_safe_point(training)
    services.record_step(training, Training.Step.DONE)


class _Watch:
    """Asks whether to stop, and lets the pages know from time to time that a worker is at it."""

    def __init__(self, training: Training, is_stopping: IsStopping) -> None:
        self._training = training
        self._is_stopping = is_stopping
        self._told_at = time.monotonic()

    def __call__(self) -> bool:
        if time.monotonic() - self._told_at > TELL_EVERY_S:
            self._told_at = time.monotonic()
            _renew_connection()
            with suppress(DatabaseError):  # training need not end where the database does for a while
                services.record_step(self._training, self._training.step)
        return self._is_stopping()


def _arguments(step: Training.Step, cutoff: Cutoff, made: Snapshot, run: Path) -> list[str]:
    """The trainer's command for a step; nothing where it is left out."""
    snapshot, photos = settings.DATA_DIR / made.folder, settings.DATA_DIR / PHOTOS
    in_run = ["--run", str(run)]
    if step == Training.Step.FETCH:
        # Nobody took the photos of a simulated world: whoever trains on one has drawn some.
        return (
            [] if present(made.report)["is_simulated"] else ["fetch", str(snapshot), "--images", str(photos)]
        )
    if step == Training.Step.FIT:
        # A run that was begun goes on by its own config, whatever the setting says by now.
        own = run / "config.toml"
        config = own if own.is_file() else Path(settings.TRAIN_CONFIG)
        data = ["--snapshot", str(snapshot), "--images", str(photos)]
        return ["fit", "--config", str(config.resolve()), *data, *in_run, *_portal()]
    if step == Training.Step.LABEL_ISSUES:
        folds = settings.TRAIN_FOLDS
        return ["label-issues", *in_run, "--folds", str(folds)] if folds else []
    if step == Training.Step.EVALUATE:
        return ["evaluate", *in_run, *_previous(cutoff)]
    return ["report", *in_run, *_portal()]


def _portal() -> list[str]:
    """Where the trainer reports how far it is and hands in its results: here, like any other trainer."""
    token = token_file(settings.DATA_DIR / "trainer.token", TOKEN_NAME, Scope.TRAINER)
    return ["--portal", settings.SITE_URL, "--token-file", str(token)]


def _previous(cutoff: Cutoff) -> list[str]:
    """The results to compare with, where an earlier cutoff was trained here and its folder is still there."""
    before = queries.training_before(cutoff)
    made = cutoffs.snapshot_that_stands(before.cutoff) if before else None
    results = folder_of(before.cutoff, made) / "results.json" if before and made else None
    return ["--previous", str(results)] if results is not None and results.is_file() else []


def _renew_connection() -> None:
    """The database may have hung up: for days nobody asked it anything."""
    if not connection.in_atomic_block:
        close_old_connections()


def _fail(training: Training, why: list[Message]) -> None:
    """Record why the cutoff cannot go on, unless somebody moved it meanwhile."""
    _renew_connection()
    services.record_safe_point(training)
    cutoff = training.cutoff
    cutoff.refresh_from_db()
    if cutoff.state == State.TRAINING:
        cutoff_services.fail(cutoff, why)
    _log.warning("The training of cutoff %s failed: %s", cutoff.pk, english(why))
