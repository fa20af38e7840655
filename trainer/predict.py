"""What a run's network says of photos, out of its newest checkpoint."""

from collections.abc import Iterator

import numpy as np

from trainer import checkpoints
from trainer.batches import plain_batches
from trainer.checkpoints import Progress
from trainer.errors import DataError
from trainer.hardware import set_up
from trainer.metrics import log_softmax
from trainer.runs import Run
from trainer.shards import Shards
from trainer.snapshot import Floats, Ints
from trainer.steps import Learner


class Predictor:
    """A trained network. DataError if the run has no checkpoint."""

    def __init__(self, run: Run) -> None:
        self._config = run.config
        self.machine, strategy = set_up(run.config)
        self._learner = Learner(run.config, run.snapshot, self.machine, strategy, decay_steps=1)
        progress = checkpoints.restore(run.checkpoints, self._learner.variables)
        if progress is None:
            raise DataError(f"{run.checkpoints}: no checkpoint; run fit first")
        self.progress: Progress = progress
        self._learner.use_mean_weights()
        self.model = self._learner.model

    def log_probabilities(self, shards: Shards, rows: Ints) -> Iterator[tuple[Ints, Floats]]:
        """Batch by batch: the rows, in their order, and the classes' log-probabilities, (n, classes).

        With several views (`trainer.config.Evaluation`) their probabilities are averaged.
        """
        views = [
            plain_batches(shards, rows, self._config, view) for view in range(self._config.evaluation.views)
        ]
        done = 0
        for batches in zip(*views, strict=True):
            logs = [log_softmax(self._learner.logits(images).numpy()) for images, _, _ in batches]
            mean = logs[0] if len(logs) == 1 else np.logaddexp.reduce(logs) - np.log(len(logs))
            some = rows[done : done + len(mean)]
            done += len(some)
            yield some, mean[: len(some)]
