"""A small pool of made-up photos: classes lie apart, relatives nearer to each other."""

import numpy as np

from tests.trainer.world import small_config
from trainer.config import Config
from trainer.experiments.pool import Pool

#: Six classes: two genera of two species, and two families of one species each.
GENERA = np.array([0, 0, 1, 1, 2, 3])


def pool(photos: int = 30, spread: float = 0.3, seed: int = 1) -> Pool:
    """So many photos of each class, an observation each."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(4, 12))[GENERA] * 2 + random.normal(size=(6, 12))
    class_ids = np.repeat(np.arange(6), photos)
    features = centres[class_ids] + random.normal(size=(6 * photos, 12)) * spread
    return Pool(features.astype(np.float32), class_ids, np.arange(len(class_ids)), [GENERA] * 4)


def config(*changes: str) -> Config:
    """Few steps, enough for such photos."""
    return small_config(
        "training.epochs=6",
        "training.batch_size=8",
        "training.optimizer=adamw",
        "training.learning_rate=0.05",
        "training.epsilon=1e-7",
        "network.dropout=0.0",
        *changes,
    )
