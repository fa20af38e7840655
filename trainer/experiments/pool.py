"""Photos as an experiment has them: features, classes, and a draw that shares them out into three sets."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.errors import DataError
from trainer.features import run_features
from trainer.folds import fold_numbers
from trainer.hardware import set_up
from trainer.loss import relatives
from trainer.runs import Run
from trainer.snapshot import SETS, Ints

#: Of the observations, in percent: these are validation, and these test; the rest is training.
VAL, TEST = 12, 20


@dataclass(frozen=True)
class Pool:
    """All photos of a run, or made up ones.

    features: (n, width) float32, of the centre of each photo. class_ids, observation_ids: (n,). levels: the
    group of each class at genus, family, order and class, from the finest; groups are numbered from 0
    (`trainer.loss.relatives`).
    """

    features: Any
    class_ids: Ints
    observation_ids: Ints
    levels: list[Ints]

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.levels[0])

    @property
    def digest(self) -> str:
        """A word that changes when anything of the pool does."""
        arrays = (self.features, self.class_ids, self.observation_ids, *self.levels)
        return hashlib.sha256(b"".join(np.ascontiguousarray(one).tobytes() for one in arrays)).hexdigest()

    def relatives(self, class_id: int) -> Ints:
        """Return the nearest other classes: of its genus, else of its family; else none."""
        for level in self.levels[:2]:
            near: Ints = np.flatnonzero(level == level[class_id])
            if len(near) > 1:
                others: Ints = near[near != class_id]
                return others
        return np.empty(0, dtype=np.int64)

    def draw(self, number: int) -> "Draw":
        """Share the photos out anew, by observation: another number, another draw."""
        percents = fold_numbers(self.observation_ids, 100, number)
        is_test = (percents >= VAL) & (percents < VAL + TEST)
        return Draw(*(np.flatnonzero(one) for one in (percents >= VAL + TEST, percents < VAL, is_test)))


@dataclass(frozen=True)
class Draw:
    """Rows of a pool, by set: all photos of an observation are in the same one."""

    train: Ints
    val: Ints
    test: Ints


def read_pool(run: Run, say: Callable[[str], None] = print) -> Pool:
    """Read a run's photos with the features that its last layer gets.

    DataError if the run trains more than its last layer: then its features are not kept.
    """
    if run.config.network.train != "last_layer":
        raise DataError(
            f"{run.folder}: trains the whole network, so its features are not kept;"
            " give a run of fit with --set network.train=last_layer"
        )
    machine, strategy = set_up(run.config)
    shards, features = run_features(run, machine, strategy, say)
    photos = [shards[name].photos for name in SETS]
    rows = [features[name].take(np.arange(len(shards[name])), 0) for name in SETS]
    return Pool(
        np.concatenate(rows),
        np.concatenate([one.class_ids for one in photos]),
        np.concatenate([one.observation_ids for one in photos]),
        relatives(run.snapshot),
    )
