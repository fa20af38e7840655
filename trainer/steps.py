"""One training step and one evaluation step, on one device or many."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from trainer.batches import Batch
from trainer.config import Config, Training
from trainer.hardware import Machine
from trainer.loss import SmoothedCrossEntropy
from trainer.model import at_size, build_network, features_of, head_of
from trainer.objective import Objective
from trainer.schedule import Rate, image_sizes
from trainer.snapshot import Floats, Ints


class Learner:
    """The network, its optimiser, and the steps; all that a checkpoint holds is in ``variables``."""

    def __init__(
        self,
        config: Config,
        classes: int,
        machine: Machine,
        strategy: tf.distribute.Strategy,
        *,
        relatives: Sequence[Ints] = (),
        log_shares: Floats | None = None,
        steps_per_epoch: int = 1,
    ) -> None:
        """``relatives``, ``log_shares``: of `trainer.objective.Objective`."""
        training = config.training
        self.strategy = strategy
        self._batch_size = training.batch_size
        self._objective = Objective(training, config.seed, log_shares, relatives)
        self._plain_loss = SmoothedCrossEntropy(0.0)
        keras.utils.set_random_seed(config.seed)
        with strategy.scope():
            self.model = build_network(config, classes)
            self._features = features_of(self.model)
            # What is trained: the whole network, or its classifier on features that are kept.
            is_head = config.network.train == "last_layer"
            self._trained = head_of(self.model) if is_head else self.model
            smaller = () if is_head else image_sizes(config)[:-1]
            self._at_size = {pixels: at_size(self.model, pixels) for pixels in smaller}
            self.optimizer = make_optimizer(training, machine.precision, steps_per_epoch)
            self.optimizer.build(self.model.trainable_variables)
        self._train = tf.function(self._train_everywhere, jit_compile=machine.xla)
        self._judge = tf.function(self._judge_everywhere)
        self._predict = tf.function(self._forward)
        self._describe = tf.function(self._forward_features)

    @property
    def variables(self) -> list[keras.Variable]:
        """Weights, running means, random states, the optimiser's slots and its step, in a fixed order."""
        return [*self.model.variables, *self.optimizer.variables]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of what one photo is to a training step: pixels, or kept features."""
        return tuple(self._trained.input_shape[1:])

    def train(self, batch: Batch) -> tf.Tensor:
        """Learn from one batch; return (3,): the sum of losses, photos right, photos."""
        return self._train(*batch)

    def judge(self, batch: Batch) -> tf.Tensor:
        """Judge one batch without learning: (3,), the sum of plain cross-entropies, photos right, photos."""
        return self._judge(*batch)

    def logits(self, images: tf.Tensor) -> tf.Tensor:
        """Return (n, classes) float32, with the weights as they are."""
        return self._predict(images)

    def features(self, images: tf.Tensor) -> tf.Tensor:
        """Return what the classifier gets, (n, width) float32."""
        return self._describe(images)

    def use_mean_weights(self) -> None:
        """Put the running mean of the weights in their place, if the config asks for one."""
        inner = getattr(self.optimizer, "inner_optimizer", self.optimizer)
        if inner.use_ema:
            inner.finalize_variable_values(self.model.trainable_variables)

    def _train_everywhere(self, images: Any, labels: Any, weights: Any) -> tf.Tensor:
        sums = self.strategy.run(self._train_here, args=(images, labels, weights))
        return self.strategy.reduce(tf.distribute.ReduceOp.SUM, sums, axis=None)

    def _train_here(self, images: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            losses, logits = self._objective(
                lambda some: self._at_size.get(some.shape[1], self._trained)(some, training=True),
                tf.cast(images, tf.float32),
                labels,
                self.optimizer.iterations.value,
            )
            losses *= weights
            # The optimiser adds up the devices' gradients, so each divides by the whole batch.
            scaled = self.optimizer.scale_loss(tf.reduce_sum(losses) / self._batch_size)
        variables = self.model.trainable_variables
        values = [variable.value for variable in variables]
        self.optimizer.apply(tape.gradient(scaled, values), variables)
        return tf.stack([tf.reduce_sum(losses), _right(labels, logits, weights), tf.reduce_sum(weights)])

    def _judge_everywhere(self, images: Any, labels: Any, weights: Any) -> tf.Tensor:
        sums = self.strategy.run(self._judge_here, args=(images, labels, weights))
        return self.strategy.reduce(tf.distribute.ReduceOp.SUM, sums, axis=None)

    def _judge_here(self, images: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        logits = self._trained(tf.cast(images, tf.float32), training=False)
        losses = self._plain_loss(labels, logits) * weights
        return tf.stack([tf.reduce_sum(losses), _right(labels, logits, weights), tf.reduce_sum(weights)])

    def _forward(self, images: tf.Tensor) -> tf.Tensor:
        return self.model(tf.cast(images, tf.float32), training=False)

    def _forward_features(self, images: tf.Tensor) -> tf.Tensor:
        return tf.cast(self._features(tf.cast(images, tf.float32), training=False), tf.float32)


def _right(labels: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    right = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), labels)
    return tf.reduce_sum(tf.cast(right, tf.float32) * weights)


def make_optimizer(training: Training, precision: str, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """Return the optimiser that the config names, with its schedule and running mean."""
    common: dict[str, Any] = {"learning_rate": Rate(training, steps_per_epoch), "epsilon": training.epsilon}
    if training.weight_decay:
        common["weight_decay"] = training.weight_decay
    if training.weights_mean:
        common |= {"use_ema": True, "ema_momentum": training.weights_mean}
    optimizer = (
        keras.optimizers.AdamW(**common)
        if training.optimizer == "adamw"
        else keras.optimizers.RMSprop(rho=training.rho, momentum=training.momentum, **common)
    )
    if precision == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
