"""The loss of a training step with its options."""

import numpy as np
import pytest
import tensorflow as tf

from trainer.config import Training
from trainer.loss import SmoothedCrossEntropy
from trainer.objective import Objective, log_class_shares

LABELS = tf.constant([0, 1, 1, 0])
LOGITS = tf.constant([[2.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-1.0, 0.0]])


def same(inputs: tf.Tensor) -> tf.Tensor:
    """A network that gives its input back."""
    return inputs


def losses(training: Training, step: int = 0, log_shares: np.ndarray | None = None) -> np.ndarray:
    return Objective(training, 1, log_shares)(same, LOGITS, LABELS, tf.constant(step))[0].numpy()


def test_without_options_it_is_the_smoothed_loss() -> None:
    training = Training(label_smoothing=0.1)
    shares = log_class_shares(np.array([0, 0, 1]), 2)
    assert np.array_equal(losses(training, 3, shares), SmoothedCrossEntropy(0.1)(LABELS, LOGITS))


def test_a_class_with_a_quarter_of_the_photos_is_adjusted_to_its_share() -> None:
    shares = log_class_shares(np.array([0, 0, 0, 1]), 2)
    assert np.allclose(np.exp(shares), [0.75, 0.25])
    training = Training(label_smoothing=0.0, logit_adjustment=1.0)
    even = Objective(training, 1, shares)(same, tf.zeros((2, 2)), tf.constant([0, 1]), tf.constant(0))[0]
    assert np.allclose(even, [-np.log(0.75), -np.log(0.25)])


def test_a_class_without_photos_counts_as_one() -> None:
    assert np.allclose(np.exp(log_class_shares(np.array([0, 0, 2]), 3)), [0.5, 0.25, 0.25])


def test_two_photos_are_mixed_with_their_labels() -> None:
    training = Training(label_smoothing=0.0, mixup=1.0)
    seen = []

    def keep(inputs: tf.Tensor) -> tf.Tensor:
        seen.append(inputs.numpy())
        return tf.constant([[0.0, 0.0], [0.0, 0.0]])

    inputs = tf.constant([[1.0], [0.0]])
    result, _ = Objective(training, 1)(keep, inputs, tf.constant([0, 1]), tf.constant(5))
    first, second = seen[0][:, 0].tolist()
    assert 0.5 <= first < 1.0
    assert second == pytest.approx(1 - first)
    assert np.allclose(result, np.log(2))


def test_how_they_are_mixed_depends_on_the_step_alone() -> None:
    training = Training(mixup=0.2)
    assert np.array_equal(losses(training, 7), losses(training, 7))
    assert len({losses(training, step).tobytes() for step in range(20)}) > 10


def test_many_heads_have_the_losses_of_each() -> None:
    training = Training(label_smoothing=0.1, logit_adjustment=1.0)
    labels, logits = tf.stack([LABELS, 1 - LABELS], axis=1), tf.stack([LOGITS, 2 * LOGITS], axis=1)
    shares = np.log([[0.5, 0.5], [0.9, 0.1]])
    both = Objective(training, 1, shares)(same, logits, labels, tf.constant(0))[0].numpy()
    for head in range(2):
        alone = Objective(training, 1, shares[head])(same, logits[:, head], labels[:, head], tf.constant(0))
        assert np.allclose(both[:, head], alone[0])
