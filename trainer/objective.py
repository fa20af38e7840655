"""What a training step minimises: the smoothed loss, of adjusted logits and mixed photos if so configured."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
from scipy import stats

from trainer.config import Training
from trainer.loss import SmoothedCrossEntropy
from trainer.snapshot import Floats, Ints

Forward: TypeAlias = Callable[[tf.Tensor], tf.Tensor]

#: The Beta distribution is drawn from a table of so many quantiles, which compiles everywhere.
_QUANTILES = 1024


class Objective:
    """Losses of a batch, (n,), and its logits. Draws depend on the seed and the step alone."""

    def __init__(
        self, training: Training, seed: int, log_shares: Floats | None = None, relatives: Sequence[Ints] = ()
    ) -> None:
        """``log_shares``: of `log_class_shares`, for logit adjustment. ``relatives``: of the loss."""
        self._loss = SmoothedCrossEntropy(
            training.label_smoothing, training.smoothing_to_relatives, relatives
        )
        self._seed = seed
        strength = training.logit_adjustment
        self._offsets = np.float32(strength * log_shares) if strength and log_shares is not None else None
        self._shares = _shares_of_first(training.mixup) if training.mixup else None

    def __call__(
        self, forward: Forward, inputs: tf.Tensor, labels: tf.Tensor, step: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """inputs: (n, ...) float32. labels: (n,), or (n, heads) if ``forward`` gives (n, heads, classes)."""
        if self._shares is None:
            logits = forward(inputs)
            return self._losses(labels, logits), logits
        share = self._draw(step)
        logits = forward(share * inputs + (1 - share) * inputs[::-1])
        first, second = self._losses(labels, logits), self._losses(labels[::-1], logits)
        return share * first + (1 - share) * second, logits

    def _losses(self, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        adjusted = logits if self._offsets is None else logits + self._offsets
        flat = tf.reshape(adjusted, (-1, adjusted.shape[-1]))
        return tf.reshape(self._loss(tf.reshape(labels, (-1,)), flat), tf.shape(labels))

    def _draw(self, step: tf.Tensor) -> tf.Tensor:
        seed = tf.stack([tf.constant(self._seed, tf.int64), tf.cast(step, tf.int64)])
        at = tf.random.stateless_uniform([], seed, 0, _QUANTILES, tf.int32)
        return tf.gather(tf.constant(self._shares), at)


def _shares_of_first(alpha: float) -> Any:
    """Quantiles of the larger share of two photos that are mixed as Beta(alpha, alpha) says."""
    shares = stats.beta.ppf((np.arange(_QUANTILES) + 0.5) / _QUANTILES, alpha, alpha)
    return np.maximum(shares, 1 - shares).astype(np.float32)


def log_class_shares(class_ids: Ints, classes: int) -> Floats:
    """Return the log of each class's share of training photos, (classes,); a class without any counts one."""
    counts = np.maximum(np.bincount(class_ids, minlength=classes), 1)
    result: Floats = np.log(counts / counts.sum())
    return result
