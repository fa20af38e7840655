"""Probabilities of training photos from networks that were not trained on them: K-fold cross-validation.

The training set's observations are dealt into folds by a hash; for each fold a network is trained on the
others, in ``folds/<number>`` of the run, with the run's config. Each is a run that goes on where it stopped.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from trainer.augment import uniform
from trainer.errors import DataError
from trainer.fit import train
from trainer.hardware import set_up
from trainer.predict import log_probabilities
from trainer.runs import Run
from trainer.shards import Shards
from trainer.snapshot import Floats, Ints

Tell = Callable[[str], None]


def fold_numbers(observation_ids: Ints, folds: int, seed: int) -> Ints:
    """The fold of each observation, 0 to folds - 1: all its photos are in one."""
    return (uniform(seed, 0, observation_ids, 1)[:, 0] * folds).astype(np.int64)


def cross_validate(run: Run, shards: Shards, folds: int, tell: Tell = print) -> Floats:
    """The log-probabilities of photos, (photos, classes), each from a network trained on the other folds.

    DataError if a fold has no photo.
    """
    machine, strategy = set_up(run.config)
    numbers = fold_numbers(shards.photos.observation_ids, folds, run.config.seed)
    if len(np.unique(numbers)) < folds:
        raise DataError(
            f"{run.folder}: {len(shards)} training photos are too few for {folds} folds; take fewer"
        )
    found = np.empty((len(shards), len(run.snapshot.class_taxon_ids)))
    for number in range(folds):
        tell(f"folds: {number + 1} of {folds}")
        rest, mine = np.flatnonzero(numbers != number), np.flatnonzero(numbers == number)
        folder = run.folder / "folds" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        sets = {"train": shards.subset(rest), "val": shards.subset(mine)}
        learner = train(replace(run, folder=folder), machine, strategy, sets, tell)
        learner.use_mean_weights()
        for rows, logs in log_probabilities(learner, shards, mine, run.config):
            found[rows] = logs
    return found
