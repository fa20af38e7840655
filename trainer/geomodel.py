"""A small network that learns where and when each class is: coordinates and date in, presence out.

In the manner of SINR (Cole et al. 2023, ICML, "Spatial implicit neural representations for global-scale
species mapping"): one network for all classes, so that what is learnt of one serves its like; trained on
presences alone, with every other class there, and every class at a random place and date, taken as absent
(their full assume-negative loss).
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from trainer.prior import Places, Spots
from trainer.snapshot import Floats, Ints

#: With fewer observations there is nothing to learn.
LEAST_PLACES = 1000

_WIDTH, _BLOCKS = 128, 2
_BATCH = 1024
#: Observations seen in training: so many times each, within these bounds.
_EPOCHS, _LEAST_STEPS, _MOST_STEPS = 4, 300, 20_000
_RATE = 1e-3
#: What a presence weighs beside an assumed absence.
_PRESENCE_WEIGHT = 512.0
#: Share of training dates that are withheld, so that a place without a date can be judged too.
_WITHHELD = 0.1
_HARMONICS = 3
_DAYS = 365.25


class GeoModel:
    """Presence of classes by place and date."""

    def __init__(self, network: keras.Model, log_shares: Floats) -> None:
        """``log_shares``: of the classes among all observations."""
        self._network = network
        self._log_shares = log_shares

    @classmethod
    def fit(cls, places: Places, classes: int, without: Ints, seed: int) -> "GeoModel | None":
        """Learn from all places but those of the observations ``without``; None if they are too few."""
        used = np.flatnonzero(~np.isin(places.observation_ids, without))
        if len(used) < LEAST_PLACES:
            return None
        keras.utils.set_random_seed(seed)
        network = _build(classes)
        _train(network, places, used, seed)
        counts = np.bincount(places.class_ids[used], minlength=classes) + 1.0
        return cls(network, np.log(counts / counts.sum()))

    @classmethod
    def load(cls, path: Path, log_shares: Floats) -> "GeoModel":
        """Read the network that `save` wrote."""
        return cls(keras.models.load_model(path, compile=False), log_shares)

    def save(self, path: Path) -> None:
        """Write the network as a .keras file."""
        self._network.save(path)

    @property
    def log_shares(self) -> Floats:
        """The logarithm of each class's share of all observations."""
        return self._log_shares

    def log_ratios(self, spots: Spots) -> Floats:
        """log(p(class | place, date) / p(class)) up to a number for each row; 0 where the place is not known.

        A presence is one against all others there, so that its odds go as p(class | place, date).
        """
        result = np.zeros((len(spots), len(self._log_shares)))
        is_known = np.isfinite(spots.latitudes) & np.isfinite(spots.longitudes)
        some = Spots(spots.latitudes[is_known], spots.longitudes[is_known], spots.days[is_known])
        for start in range(0, len(some), _BATCH):
            end = start + _BATCH
            part = Spots(some.latitudes[start:end], some.longitudes[start:end], some.days[start:end])
            logits = np.asarray(self._network(encode(part), training=False), dtype=np.float64)
            rows = np.flatnonzero(is_known)[start : start + _BATCH]
            result[rows] = logits - self._log_shares
        return result


def encode(spots: Spots) -> Any:
    """What the network sees, (n, 15) float32: the place on the sphere, folded too, and the date's harmonics.

    A date that is not known is all zeros, which none is.
    """
    north, east = np.radians(spots.latitudes), np.radians(spots.longitudes)
    sphere = np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)
    turns = 2 * np.pi * (spots.days + 0.5) / _DAYS
    waves = [wave(number * turns) for number in range(1, _HARMONICS + 1) for wave in (np.sin, np.cos)]
    dates = np.where(spots.days[:, None] < 0, 0.0, np.stack(waves, axis=1))
    folded = [wave(4 * sphere) for wave in (np.sin, np.cos)]
    return np.concatenate([sphere, *folded, dates], axis=1).astype(np.float32)


def _build(classes: int) -> keras.Model:
    inputs = keras.Input((9 + 2 * _HARMONICS,))
    x = layers.Dense(_WIDTH, activation="relu")(inputs)
    for _ in range(_BLOCKS):
        y = layers.Dense(_WIDTH, activation="relu")(x)
        y = layers.Dense(_WIDTH, activation="relu")(y)
        x = layers.Add()([x, y])
    # Absent everywhere, to begin with.
    bias = keras.initializers.Constant(-3.0)
    return keras.Model(
        inputs, layers.Dense(classes, bias_initializer=bias, dtype="float32")(x), name="geomodel"
    )


def _train(network: keras.Model, places: Places, used: Ints, seed: int) -> None:
    random = np.random.default_rng(seed)
    steps = int(np.clip(_EPOCHS * len(used) / _BATCH, _LEAST_STEPS, _MOST_STEPS))
    rate = keras.optimizers.schedules.CosineDecay(_RATE, steps)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(network.trainable_variables)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(present: tf.Tensor, labels: tf.Tensor, anywhere: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            logits = network(present, training=True)
            own = tf.gather(logits, labels, axis=1, batch_dims=1)
            absent = tf.reduce_sum(tf.nn.softplus(logits), axis=1) - tf.nn.softplus(own)
            nowhere = tf.reduce_sum(tf.nn.softplus(network(anywhere, training=True)), axis=1)
            loss = tf.reduce_mean(_PRESENCE_WEIGHT * tf.nn.softplus(-own) + absent + nowhere)
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
        return loss

    for _ in range(steps):
        rows = used[random.integers(0, len(used), _BATCH)]
        days = np.where(random.random(_BATCH) < _WITHHELD, -1, places.days[rows])
        present = Spots(places.latitudes[rows], places.longitudes[rows], days)
        step(encode(present), places.class_ids[rows].astype(np.int32), encode(_anywhere(random)))


def _anywhere(random: np.random.Generator) -> Spots:
    """Places and dates at random, evenly over the sphere and the year."""
    return Spots(
        np.degrees(np.arcsin(random.uniform(-1, 1, _BATCH))),
        random.uniform(-180, 180, _BATCH),
        random.integers(0, 365, _BATCH),
    )
