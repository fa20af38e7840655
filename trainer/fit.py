"""Training: from a snapshot and its photos to a network, in a run's folder (see `trainer.runs`).

Calling `fit` again goes on from the newest checkpoint, and ends where a run that was never stopped ends: to
the bit, where the machine is deterministic.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from terminal.progress import Bar, bar
from trainer import checkpoints
from trainer.batches import (
    Order,
    feature_batches,
    plain_batches,
    plain_feature_batches,
    training_batches,
)
from trainer.checkpoints import Progress
from trainer.config import Config
from trainer.errors import DataError
from trainer.features import FOLDER, Features, keep_features
from trainer.files import read_json, write_csv, write_json
from trainer.hardware import Machine, is_chief, is_first_worker, part_of, set_up
from trainer.heartbeats import Heartbeats, Portal
from trainer.loss import relatives
from trainer.objective import log_class_shares
from trainer.runs import Run, begin_run
from trainer.schedule import by_image_size
from trainer.shards import Shards, forget_shards, make_shards, wait_for_shards
from trainer.snapshot import SETS, Ints, Snapshot
from trainer.start import apply_start, keep_start
from trainer.steps import Learner
from trainer.stopping import at_safe_points
from trainer.trackers import Trackers
from trainer.waiting import working

Say = Callable[[str], None]

_PHOTOS_NAME = "photos.json"


def fit(
    config: Config,
    snapshot_folder: Path,
    images: Path,
    run_folder: Path,
    *,
    shards_folder: Path | None = None,
    accept_changes: bool = False,
    portal: Portal | None = None,
    track: Sequence[str] = (),
    say: Say = print,
) -> Run:
    """Train, or go on training, to the config's last epoch. ``portal``: who hears how far it is.

    ``track``: names of `trainer.trackers` that get the curves.

    DataError if the run's folder is of another snapshot or (unless ``accept_changes``) config, if photos or
    classes are too few, at a request to stop (`trainer.stopping`), or if the loss stops being a number:
    then the last good checkpoint is kept.
    """
    run = begin_run(config, snapshot_folder, run_folder, shards_folder, accept_changes=accept_changes)
    if is_first_worker():
        forget_shards(run.shards)  # before `set_up`, which lets no worker go on until the first has come
    machine, strategy = set_up(config)
    heartbeats = Heartbeats(run, portal, say) if portal is not None and is_chief(strategy) else None
    trackers = Trackers(track, run, say) if track and is_chief(strategy) else None
    if is_chief(strategy):
        with working(run.shards):
            shards = {
                name: make_shards(run.snapshot, name, images, run.shards, config.data, say) for name in SETS
            }
            _write_skipped(run, shards, say)
            _keep_photos(run, shards, accept_changes=accept_changes)
            keep_start(config, run.folder)
    else:
        shards = {name: wait_for_shards(run.snapshot, name, run.shards, config.data) for name in SETS}
    _check_classes(run.snapshot, shards, say)
    train(run, machine, strategy, shards, say, heartbeats, trackers=trackers)
    return run


def train(
    run: Run,
    machine: Machine,
    strategy: tf.distribute.Strategy,
    shards: dict[str, Shards],
    say: Say,
    heartbeats: Heartbeats | None = None,
    *,
    trackers: Trackers | None = None,
    start_folder: Path | None = None,
    features: dict[str, Features] | None = None,
) -> Learner:
    """Train on ``shards["train"]`` to the last epoch, or go on; return the network and its optimiser.

    ``start_folder``: where the weights to start from lie, if not in the run's. ``features``: of these shards,
    where the last layer alone is trained and they are known already.
    """
    loop = _Loop(run, machine, strategy, shards, say, heartbeats, trackers)
    loop.begin(start_folder or run.folder, features)
    loop.run()
    return loop.learner


def make_learner(
    config: Config,
    snapshot: Snapshot,
    class_ids: Ints,
    machine: Machine,
    strategy: tf.distribute.Strategy,
) -> tuple[Learner, Order]:
    """Return the network with its optimiser, and the order of training photos, ``class_ids`` (n,).

    DataError if the photos are fewer than a batch.
    """
    training = config.training
    if len(class_ids) < training.batch_size:
        raise DataError(
            f"{len(class_ids)} training photos are fewer than a batch of {training.batch_size};"
            " --set training.batch_size lower, or fetch more"
        )
    order = Order(class_ids, training.batch_size, config.seed, training.balance)
    classes = len(snapshot.class_taxon_ids)
    learner = Learner(
        config,
        classes,
        machine,
        strategy,
        relatives=relatives(snapshot),
        log_shares=log_class_shares(class_ids, classes),
        steps_per_epoch=order.steps_per_epoch,
    )
    return learner, order


def _keep_photos(run: Run, shards: dict[str, Shards], *, accept_changes: bool) -> None:
    """Note which photos a run began with. DataError if it goes on and there are others now."""
    path = run.folder / _PHOTOS_NAME
    photos = {name: {"photos": len(one), "digest": one.digest} for name, one in shards.items()}
    has_begun = path.is_file() and checkpoints.newest_step(run.checkpoints) is not None
    if has_begun and not accept_changes and (before := read_json(path, "delete it")) != photos:
        numbers = ", ".join(
            f"{before[name]['photos']:,} {name}, now {len(shards[name]):,}"
            for name in SETS
            if before[name] != photos[name]
        )
        raise DataError(
            f"{run.folder}: its photos are others than when it began ({numbers}); give a new --run,"
            " or --accept-changes to go on with these"
        )
    write_json(path, photos)


def _write_skipped(run: Run, shards: dict[str, Shards], say: Say) -> None:
    rows = [(name, one.photo_id, one.reason) for name in SETS for one in shards[name].skipped]
    write_csv(run.folder / "skipped.csv", ("set", "photo_id", "reason"), rows)
    if rows:
        say(f"fit: {len(rows):,} photos missing or broken, skipped; see {run.folder / 'skipped.csv'}")


def _check_classes(snapshot: Snapshot, shards: dict[str, Shards], say: Say) -> None:
    """Say which classes have no photo left; DataError if fewer than two have any to train on."""
    classes = len(snapshot.class_taxon_ids)
    for name in ("train", "val"):
        counts = np.bincount(shards[name].photos.class_ids, minlength=classes)
        without = snapshot.class_taxon_ids[counts == 0]
        if name == "train" and classes - len(without) < 2:
            raise DataError(
                f"{snapshot.folder}: fewer than two classes have readable training photos; fetch more"
            )
        if len(without):
            names = ", ".join(snapshot.taxa[taxon_id].name for taxon_id in without[:5].tolist())
            more = f" and {len(without) - 5:,} more" if len(without) > 5 else ""
            say(f"fit: no {name} photo of {names}{more}")


class _Loop:
    """Steps, epochs, checkpoints and progress of one run."""

    def __init__(
        self,
        run: Run,
        machine: Machine,
        strategy: tf.distribute.Strategy,
        shards: dict[str, Shards],
        say: Say,
        heartbeats: Heartbeats | None,
        trackers: Trackers | None,
    ) -> None:
        self._run = run
        self._machine = machine
        self._strategy = strategy
        self._shards = shards
        self._say = say
        self._heartbeats = heartbeats
        self._trackers = trackers
        class_ids = shards["train"].photos.class_ids
        self.learner, self._order = make_learner(run.config, run.snapshot, class_ids, machine, strategy)
        self._last_step = run.config.training.epochs * self._order.steps_per_epoch
        self._progress = Progress()
        self._features: dict[str, Features] = {}
        self._waiting: list[tf.Tensor] = []

    def begin(self, start_folder: Path, features: dict[str, Features] | None) -> None:
        """Take the newest checkpoint, or the weights to start from; and the features, if they are kept."""
        kept = checkpoints.restore(self._run.checkpoints, self.learner.variables)
        if kept is not None:
            self._progress = kept
            self._keep_best()
        else:
            carried = apply_start(self.learner.model, start_folder, self._run.snapshot.class_taxon_ids)
            if carried:
                self._say(f"fit: {carried:,} classes go on from what the start knew of them")
        config = self._run.config
        if config.network.train == "last_layer":
            self._features = features or keep_features(
                config, self._run.folder / FOLDER, start_folder, self.learner, self._shards, self._say
            )

    def run(self) -> None:
        """Train to the last step, or until a request to stop: then a DataError says how to go on."""
        progress = self._progress
        if progress.step:
            self._say(f"fit: goes on from step {progress.step:,} of {self._last_step:,}")
        self._say(f"fit: {self._machine.device}, {self._machine.precision}, {self._machine.strategy}")
        try:
            with (
                at_safe_points() as is_asked_to_stop,
                bar("fit", self._last_step, unit="steps", begun=progress.step) as shown,
            ):
                self._train(is_asked_to_stop, shown)
        finally:
            if self._heartbeats is not None:
                self._heartbeats.end(self._describe_progress())
            if self._trackers is not None:
                self._trackers.end()

    def _train(self, is_asked_to_stop: Callable[[], bool], shown: Bar) -> None:
        progress, training = self._progress, self._run.config.training
        self._write_progress()
        clock = time.monotonic()
        for batch in shown.over(self._batches()):
            self._waiting.append(self.learner.train(batch))
            progress.step += 1
            is_last = is_asked_to_stop()
            is_epoch_end = progress.step % self._order.steps_per_epoch == 0
            is_checkpoint = is_last or is_epoch_end or progress.step % training.checkpoint_steps == 0
            if is_checkpoint or progress.step % training.watch_steps == 0:
                self._look()
                progress.seconds += time.monotonic() - clock
                clock = time.monotonic()
            if is_epoch_end:
                self._end_epoch()
            if is_checkpoint:
                self._save()
            if is_checkpoint or progress.step % training.watch_steps == 0:
                self._write_progress()
            if is_last:
                raise DataError(
                    f"{self._run.folder}: stopped at step {progress.step:,} of {self._last_step:,};"
                    " run the same command again to go on"
                )
        self._write_progress()

    def _batches(self) -> Iterator[Any]:
        steps = range(self._progress.step, self._last_step)
        part, photos = part_of(self._strategy), self._shards["train"]
        if self._features:
            take, class_ids = self._features["train"].take, photos.photos.class_ids
            return self._on_devices(feature_batches(take, class_ids, self._order, steps, part))
        return itertools.chain.from_iterable(
            self._on_devices(training_batches(photos, self._order, config, some, part))
            for config, some in by_image_size(self._run.config, self._order.steps_per_epoch, steps)
        )

    def _on_devices(self, dataset: tf.data.Dataset) -> Iterator[Any]:
        if self._strategy.num_replicas_in_sync == 1:
            return iter(dataset)
        return iter(self._strategy.distribute_datasets_from_function(lambda _: dataset))

    def _look(self) -> None:
        """Fetch what the steps since the last look gave. DataError if a loss is no number."""
        progress = self._progress
        first = progress.step - len(self._waiting)
        sums = np.array([np.asarray(one) for one in self._waiting], dtype=np.float64).reshape(-1, 3)
        self._waiting.clear()
        if not np.isfinite(sums).all():
            raise DataError(self._explain_nan(first))
        for loss_sum, right, photos in sums.tolist():
            progress.loss_sum += loss_sum
            progress.right += right
            progress.photos += photos
            progress.images += int(photos)

    def _explain_nan(self, first: int) -> str:
        kept = checkpoints.newest_step(self._run.checkpoints)
        fate = "no checkpoint yet" if kept is None else f"the checkpoint of step {kept:,} is kept"
        return (
            f"{self._run.folder}: the loss is not a number between steps {first:,} and"
            f" {self._progress.step:,}; {fate}; lower training.learning_rate and --accept-changes"
        )

    def _end_epoch(self) -> None:
        progress = self._progress
        rate = float(np.asarray(self.learner.optimizer.learning_rate))
        entry: dict[str, Any] = {
            "epoch": progress.step // self._order.steps_per_epoch,
            "loss": progress.loss_sum / progress.photos,
            "top1": progress.right / progress.photos,
            "learning_rate": rate,
            **self._validate(),
        }
        progress.history.append(entry)
        progress.loss_sum = progress.right = progress.photos = 0.0
        if self._trackers is not None:
            speed = {"images_per_second": progress.images / max(progress.seconds, 1e-9)}
            self._trackers.log(progress.step, entry | speed)
        self._say(
            f"fit: epoch {entry['epoch']} of {self._run.config.training.epochs}: loss {entry['loss']:.3f},"
            f" top-1 {entry['top1']:.1%}; validation loss {entry['val_loss']:.3f},"
            f" top-1 {entry['val_top1']:.1%}; {progress.images / max(progress.seconds, 1e-9):,.0f} images/s"
        )

    def _validate(self) -> dict[str, float]:
        """The plain cross-entropy and top-1 on the validation set, each device judging its part."""
        config, shards, part = self._run.config, self._shards["val"], part_of(self._strategy)
        if self._features:
            take, class_ids = self._features["val"].take, shards.photos.class_ids
            dataset = plain_feature_batches(take, class_ids, config.training.batch_size, part)
        else:
            crop = config.evaluation.training_crop
            dataset = plain_batches(shards, np.arange(len(shards)), config, crop=crop, part=part)
        sums = [np.asarray(self.learner.judge(batch)) for batch in self._on_devices(dataset)]
        loss, right, photos = np.sum(np.array(sums, dtype=np.float64), axis=0).tolist()
        return {"val_loss": loss / photos, "val_top1": right / photos}

    def _save(self) -> None:
        if not is_chief(self._strategy):
            return
        try:
            checkpoints.save(self._run.checkpoints, self._progress, self.learner.variables)
        except DataError as error:
            raise DataError(f"{error}. {self._explain_nan(self._progress.step)}") from None
        self._keep_best()

    def _keep_best(self) -> None:
        """At the end of an epoch, keep the checkpoint if it is the best; also if a kill came between."""
        progress = self._progress
        is_epoch_end = progress.step == len(progress.history) * self._order.steps_per_epoch
        if progress.history and is_epoch_end and is_chief(self._strategy):
            checkpoints.keep_best(self._run.checkpoints, progress)

    def _write_progress(self) -> None:
        """For whoever watches."""
        if not is_chief(self._strategy):
            return
        described = self._describe_progress()
        self._run.write_progress(described)
        if self._heartbeats is not None:
            self._heartbeats.beat(described)

    def _describe_progress(self) -> dict[str, Any]:
        """How far it is; times in seconds."""
        progress = self._progress
        speed = progress.images / progress.seconds if progress.seconds else None
        images_left = (self._last_step - progress.step) * self._run.config.training.batch_size
        return {
            "step": progress.step,
            "steps": self._last_step,
            "epoch": progress.step / self._order.steps_per_epoch,
            "epochs": self._run.config.training.epochs,
            "images_per_second": speed,
            "seconds": progress.seconds,
            "seconds_left": images_left / speed if speed else None,
            "loss": progress.loss_sum / progress.photos if progress.photos else None,
            "history": progress.history,
            "machine": self._machine.describe(),
            "is_simulated": self._run.snapshot.is_simulated,
        }
