"""Many last layers side by side."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.experiments import made_up
from trainer.batches import Order
from trainer.config import Config
from trainer.experiments.heads import Heads, train_heads
from trainer.loss import SmoothedCrossEntropy
from trainer.steps import make_optimizer

POOL = made_up.pool()
#: Of the first, one class has most of the photos.
SKEWED = np.where(np.arange(len(POOL.class_ids)) % 3, 0, POOL.class_ids)
LABELS = np.stack([SKEWED, POOL.class_ids[::-1], np.zeros_like(POOL.class_ids)])


def one_by_one(config: Config, labels: np.ndarray) -> keras.Model:
    """The same training as a loop over a Keras layer."""
    order = Order(labels, config.training.batch_size, config.seed, config.training.balance)
    start = keras.initializers.GlorotUniform(seed=config.seed)((12, 6))
    model = keras.Sequential([keras.Input((12,)), keras.layers.Dense(6)])
    model.set_weights([np.asarray(start), np.zeros(6)])
    optimizer = make_optimizer(config.training, "float32", order.steps_per_epoch)
    loss = SmoothedCrossEntropy(config.training.label_smoothing)
    for step in range(config.training.epochs * order.steps_per_epoch):
        rows = order.rows(step)
        with tf.GradientTape() as tape:
            mean = tf.reduce_mean(loss(tf.constant(labels[rows]), model(POOL.features[rows])))
        optimizer.apply(tape.gradient(mean, [one.value for one in model.weights]), model.trainable_variables)
    return model


def test_each_is_trained_as_it_would_be_alone() -> None:
    config = made_up.config("training.epochs=1")
    heads = train_heads(config, POOL.features, LABELS, 6)
    for number, labels in enumerate(LABELS):
        kernel, bias = one_by_one(config, labels).get_weights()
        assert np.allclose(heads.kernels[number], kernel, atol=1e-4)
        assert np.allclose(heads.biases[number], bias, atol=1e-4)


@pytest.mark.parametrize(
    "change",
    [
        "network.dropout=0.4",
        "training.mixup=0.4",
        "training.logit_adjustment=1.0",
        "training.weights_mean=0.9",
    ],
)
def test_what_stands_beside_it_changes_none(change: str) -> None:
    config = made_up.config(change)
    together = train_heads(config, POOL.features, LABELS, 6)
    alone = train_heads(config, POOL.features, LABELS[:1], 6)
    assert np.allclose(together.kernels[0], alone.kernels[0], atol=1e-4)
    plain = train_heads(made_up.config(), POOL.features, LABELS[:1], 6)
    assert not np.allclose(alone.kernels, plain.kernels, atol=1e-3)


def test_photos_that_lie_apart_are_known() -> None:
    heads = train_heads(made_up.config(), POOL.features, POOL.class_ids[None], 6)
    assert np.array_equal(heads.log_probabilities(POOL.features)[0].argmax(axis=1), POOL.class_ids)


def test_probabilities_are_those_of_each_kernel() -> None:
    heads = Heads(np.array([[[0.0, 1.0]], [[0.0, -1.0]]]), np.array([[0.0, 0.0], [0.0, 1.0]]))
    result = np.exp(heads.log_probabilities(np.array([[1.0]])))
    assert np.allclose(result[:, 0, 1], [np.e / (1 + np.e), 0.5])


def test_sampling_by_class_needs_one_set_of_labels() -> None:
    with pytest.raises(ValueError, match="one by one"):
        train_heads(made_up.config("training.balance=1.0"), POOL.features, LABELS, 6)
