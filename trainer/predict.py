"""What a trained network says of photos."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from trainer import checkpoints
from trainer.batches import plain_batches
from trainer.checkpoints import Choice, Progress
from trainer.config import Config
from trainer.errors import DataError
from trainer.hardware import Machine, set_up
from trainer.metrics import log_softmax
from trainer.runs import Run
from trainer.shards import Shards
from trainer.snapshot import Floats, Ints
from trainer.steps import Learner


def load_learner(run: Run, checkpoint: Choice | None = None) -> tuple[Learner, Progress, Machine]:
    """The network of a run's checkpoint, ready to predict. DataError if the run does not have it.

    ``checkpoint``: which one; by default as the config says.
    """
    machine, strategy = set_up(run.config)
    learner = Learner(run.config, len(run.snapshot.class_taxon_ids), machine, strategy)
    choice = checkpoint or run.config.evaluation.checkpoint
    progress = checkpoints.restore(run.checkpoints, learner.variables, choice)
    if progress is None:
        raise DataError(_explain_missing(run, choice))
    learner.use_mean_weights()
    return learner, progress, machine


def checkpoint_path(run: Run, choice: Choice) -> Path:
    """Return the file of a run's checkpoint. DataError if the run does not have it."""
    path = checkpoints.path_of(run.checkpoints, choice)
    if path is None:
        raise DataError(_explain_missing(run, choice))
    return path


def _explain_missing(run: Run, choice: Choice) -> str:
    if choice == "newest" or checkpoints.newest_step(run.checkpoints) is None:
        return f"{run.checkpoints}: no checkpoint; run fit first"
    return f"{run.checkpoints}: no best checkpoint yet; go on with fit, or --set evaluation.checkpoint=newest"


def log_probabilities(
    learner: Learner, shards: Shards, rows: Ints, config: Config, crop: float
) -> Iterator[tuple[Ints, Floats]]:
    """Give batch by batch the rows, in their order, and the classes' log-probabilities, (n, classes).

    ``crop``: the central part of the photo that is judged.
    With several views (`trainer.config.Evaluation`) their probabilities are averaged.
    """
    views = [plain_batches(shards, rows, config, view, crop) for view in range(config.evaluation.views)]
    done = 0
    for batches in zip(*views, strict=True):
        logs = [log_softmax(learner.logits(images).numpy()) for images, _, _ in batches]
        mean: Floats = logs[0] if len(logs) == 1 else np.logaddexp.reduce(logs) - np.log(len(logs))
        some = rows[done : done + len(mean)]
        done += len(some)
        yield some, mean[: len(some)]
