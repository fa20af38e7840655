"""Last layers trained side by side, on the same features in the same order.

Each is trained as `trainer.fit` trains the last layer on one view of each photo: the same order, loss,
optimiser and schedule. They share random numbers, so that what they differ by comes from their labels.
Dozens take little longer than one, because a step is one product of matrices.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from trainer.batches import Order
from trainer.config import Config
from trainer.metrics import log_softmax
from trainer.objective import Objective, log_class_shares
from trainer.snapshot import Floats, Ints
from trainer.steps import make_optimizer


@dataclass(frozen=True)
class Heads:
    """kernels: (heads, width, classes) float32. biases: (heads, classes)."""

    kernels: Any
    biases: Any

    def log_probabilities(self, features: Any) -> Floats:
        """Return (heads, n, classes) for features, (n, width)."""
        pairs = zip(self.kernels, self.biases, strict=True)
        return np.stack([log_softmax(features @ kernel + bias) for kernel, bias in pairs])


def train_heads(config: Config, features: Any, labels: Ints, classes: int) -> Heads:
    """Train a head for each row of ``labels``, (heads, n), on features, (n, width) float32.

    Of the config, [training], network.dropout and the seed count. ValueError if photos are sampled by class
    while the heads' labels differ, for then no order serves them all.
    """
    training = config.training
    if training.balance and (labels != labels[0]).any():
        raise ValueError("photos sampled by class: train heads with different labels one by one")
    order = Order(labels[0], min(training.batch_size, labels.shape[1]), config.seed, training.balance)
    layer = _Layer(config, features.shape[1], labels, classes, order.steps_per_epoch)
    train = tf.function(layer.train)  # not of the layer's own: a cycle would keep both, and the photos
    inputs, targets = tf.constant(features, tf.float32), tf.constant(labels.T, tf.int32)
    for epoch in range(training.epochs):
        first = epoch * order.steps_per_epoch
        rows = np.stack([order.rows(first + step) for step in range(order.steps_per_epoch)])
        train(inputs, targets, tf.constant(rows, tf.int32))
    return layer.heads()


class _Layer:
    """The kernels of all heads beside each other, (width, heads x classes), and their optimiser."""

    def __init__(self, config: Config, width: int, labels: Ints, classes: int, steps: int) -> None:
        keras.utils.set_random_seed(config.seed)
        number = len(labels)
        self._shape = (-1, number, classes)
        self._rate, self._seed = config.network.dropout, config.seed
        kernel = keras.initializers.GlorotUniform(seed=config.seed)((width, classes))
        self._kernel = keras.Variable(np.tile(np.asarray(kernel), number))
        self._bias = keras.Variable(np.zeros(number * classes, dtype=np.float32))
        self._variables = [self._kernel, self._bias]
        self._optimizer = make_optimizer(config.training, "float32", steps)
        self._optimizer.build(self._variables)
        shares = np.stack([log_class_shares(row, classes) for row in labels])
        self._objective = Objective(config.training, config.seed, shares)

    def heads(self) -> Heads:
        """Return what was learnt; the running mean of it, if the config asks for that."""
        if self._optimizer.use_ema:
            self._optimizer.finalize_variable_values(self._variables)
        _, number, classes = self._shape
        kernels = np.asarray(self._kernel.value).reshape(-1, number, classes).transpose(1, 0, 2)
        return Heads(kernels, np.asarray(self._bias.value).reshape(number, classes))

    def train(self, features: tf.Tensor, labels: tf.Tensor, rows: tf.Tensor) -> None:
        """Take a step for each row of ``rows``, (steps, n), which names photos."""
        for step in tf.range(tf.shape(rows)[0]):
            self._step(tf.gather(features, rows[step]), tf.gather(labels, rows[step]))

    def _step(self, inputs: tf.Tensor, labels: tf.Tensor) -> None:
        step = self._optimizer.iterations.value
        size = tf.cast(tf.shape(inputs)[0], tf.float32)
        with tf.GradientTape() as tape:
            losses, _ = self._objective(lambda some: self._forward(some, step), inputs, labels, step)
            # Each head has its own mean over the batch: added up, none changes another's gradient.
            loss = tf.reduce_sum(losses) / size
        values = [variable.value for variable in self._variables]
        self._optimizer.apply(tape.gradient(loss, values), self._variables)

    def _forward(self, inputs: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        if self._rate:
            seed = tf.stack([tf.constant(self._seed, tf.int64), tf.cast(step, tf.int64)])
            inputs = tf.nn.experimental.stateless_dropout(inputs, self._rate, seed)
        return tf.reshape(tf.matmul(inputs, self._kernel.value) + self._bias.value, self._shape)
