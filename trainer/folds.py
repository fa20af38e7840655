"""Probabilities of training photos from networks that were not trained on them: K-fold cross-validation.

The training set's observations are dealt into folds by a hash; for each fold a network is trained on the
others, in ``folds/<number>`` of the run, with the run's config. Each is a run that goes on where it stopped.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from trainer.augment import uniform
from trainer.errors import DataError
from trainer.files import write_json
from trainer.fit import train
from trainer.hardware import set_up
from trainer.label_issues import plain_issues
from trainer.metrics import outcomes
from trainer.predict import log_probabilities
from trainer.results import describe_issues
from trainer.runs import Run, open_run
from trainer.shards import Shards, open_shards
from trainer.snapshot import Floats, Ints

Tell = Callable[[str], None]

NAME = "label_issues.json"


def find_label_issues(run_folder: Path, folds: int, *, tell: Tell = print) -> int:
    """Find suspected labels in a run's training set; `trainer.evaluate` adds them to the results.

    Writes ``label_issues.json`` and gives their number. DataError if a fold has no photo.
    """
    run = open_run(run_folder)
    shards = open_shards(run.snapshot, "train", run.shards, run.config.data)
    logs = cross_validate(run, shards, folds, tell)
    found = outcomes(shards.photos.class_ids, logs)
    rows = describe_issues(plain_issues(found), shards.photos, run.snapshot)
    source = {"method": "plain", "sets": ["train"], "folds": folds, "photos": len(shards)}
    write_json(run.folder / NAME, {"label_issues": rows, "label_issues_from": [source]})
    tell(f"label-issues: {len(rows):,} of {len(shards):,} training photos; now run evaluate")
    return len(rows)


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
