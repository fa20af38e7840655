"""Probabilities of training photos from networks that were not trained on them: K-fold cross-validation.

The training set's observations are dealt into folds by a hash; for each fold a network is trained on the
others, in ``folds/<number>`` of the run, with the run's config. Each is a run that goes on where it stopped.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from trainer.augment import uniform
from trainer.errors import DataError
from trainer.features import Features, run_features
from trainer.files import write_json
from trainer.fit import train
from trainer.hardware import Machine, set_up
from trainer.label_issues import plain_issues
from trainer.metrics import Outcomes, join, outcomes
from trainer.predict import log_probabilities
from trainer.results import describe_issues
from trainer.runs import Run, open_run
from trainer.shards import Shards, open_shards
from trainer.snapshot import Floats, Ints
from trainer.start import keep_start

Say = Callable[[str], None]

NAME = "label_issues.json"


def find_label_issues(run_folder: Path, folds: int, *, say: Say = print) -> int:
    """Find suspected labels in a run's training set; `trainer.evaluate` adds them to the results.

    Writes ``label_issues.json`` and gives their number. DataError if a fold has no photo.
    """
    run = open_run(run_folder)
    shards = open_shards(run.snapshot, "train", run.shards, run.config.data)
    kept = Kept(shards.photos.class_ids)
    cross_validate(run, shards, folds, kept.take, say)
    rows = describe_issues(plain_issues(kept.outcomes()), shards.photos, run.snapshot)
    source = {"method": "plain", "sets": ["train"], "folds": folds, "photos": len(shards)}
    write_json(run.folder / NAME, {"label_issues": rows, "label_issues_from": [source]})
    say(f"label-issues: {len(rows):,} of {len(shards):,} training photos; now run evaluate")
    return len(rows)


class Kept:
    """What is kept of photos' probabilities: the few numbers of `Outcomes` each, however many the classes."""

    def __init__(self, labels: Ints) -> None:
        """``labels``: of all photos."""
        self._labels = labels
        self._parts: list[tuple[Ints, Outcomes]] = []

    def take(self, rows: Ints, logs: Floats) -> None:
        """Keep what counts of a batch: its rows and log-probabilities, (n, classes)."""
        self._parts.append((rows, outcomes(self._labels[rows], logs)))

    def outcomes(self) -> Outcomes:
        """Of all photos, by row."""
        order = np.argsort(np.concatenate([rows for rows, _ in self._parts]), kind="stable")
        return join([one for _, one in self._parts]).take(order)


def fold_numbers(observation_ids: Ints, folds: int, seed: int) -> Ints:
    """The fold of each observation, 0 to folds - 1: all its photos are in one."""
    return (uniform(seed, 0, observation_ids, 1)[:, 0] * folds).astype(np.int64)


def cross_validate(
    run: Run, shards: Shards, folds: int, take: Callable[[Ints, Floats], None], say: Say = print
) -> None:
    """Give to ``take`` the rows and log-probabilities, (n, classes), of all photos, batch by batch.

    Each photo is judged by a network that was trained on the other folds, from the run's own start. What is
    kept of a batch is up to ``take``: all photos by all classes would not fit into memory. DataError if a
    fold has no photo.
    """
    machine, strategy = set_up(run.config)
    numbers = fold_numbers(shards.photos.observation_ids, folds, run.config.seed)
    if len(np.unique(numbers)) < folds:
        raise DataError(
            f"{run.folder}: {len(shards)} training photos are too few for {folds} folds; take fewer"
        )
    keep_start(run.config, run.folder)
    kept = _features(run, machine, strategy, say)
    for number in range(folds):
        say(f"folds: {number + 1} of {folds}")
        rest, mine = np.flatnonzero(numbers != number), np.flatnonzero(numbers == number)
        folder = run.folder / "folds" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        sets = {"train": shards.subset(rest), "val": shards.subset(mine)}
        features = kept and {"train": kept.subset(rest), "val": kept.subset(mine)}
        fold = replace(run, folder=folder)
        learner = train(
            fold, machine, strategy, sets, say, start_folder=run.folder, features=features or None
        )
        learner.use_mean_weights()
        crop = run.config.evaluation.training_crop
        for rows, logs in log_probabilities(learner, shards, mine, run.config, crop):
            take(rows, logs)


def _features(run: Run, machine: Machine, strategy: Any, say: Say) -> Features | None:
    """The training photos' features, where the last layer alone is trained: computed once for all folds."""
    if run.config.network.train != "last_layer":
        return None
    _, kept = run_features(run, machine, strategy, say)
    return kept["train"]
