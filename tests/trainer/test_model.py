"""The networks: shapes, precision, transfer; and the same under TensorFlow and JAX."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.trainer.world import small_config
from trainer.loss import SmoothedCrossEntropy
from trainer.model import at_size, build_network

#: Weights without the classifier's, from the papers' own counts: Chollet 2017, Szegedy et al. 2016,
#: Tan and Le 2021, tensorflow/tpu's README (4.65 M with a classifier of 1,000 classes
#: and without running means and variances), Liu et al. 2022
#: (28.6 M likewise), Dosovitskiy et al. 2021 (22 M likewise).
FEATURES = {
    "xception": (20.9e6, 2048),
    "inception_v3": (21.8e6, 2048),
    "efficientnet_v2_s": (20.3e6, 1280),
    "efficientnet_lite0": (3.41e6, 1280),
    "convnext_tiny": (27.8e6, 768),
    "vit_small": (21.4e6, 384),
    "miniature": (47_888, 192),
}

UNDER_JAX = """
import sys
import keras
import numpy as np
from tests.trainer.world import small_config
from trainer.loss import SmoothedCrossEntropy
from trainer.model import build_network
assert keras.backend.backend() == "jax"
assert "tensorflow" not in sys.modules
given = np.load(sys.argv[1])
model = build_network(small_config(), 4)
model.set_weights([given[f"w{number}"] for number in range(len(model.get_weights()))])
logits = np.asarray(model(given["photos"], training=False))
losses = SmoothedCrossEntropy(0.1, 0.5, [np.array([0, 0, 1, 1])])(given["labels"], logits)
np.savez(sys.argv[2], logits=logits, losses=np.asarray(losses))
"""


@pytest.fixture(autouse=True)
def float32_again() -> Iterator[None]:
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("name", FEATURES)
def test_each_network_is_the_one_its_name_says(name: str) -> None:
    model = build_network(small_config(f"network.name={name}", "data.image_size=96", "data.short_side=96"), 7)
    weights, width = FEATURES[name]
    assert model.output_shape == (None, 7)
    assert model.get_layer("logits").kernel.shape == (width, 7)
    assert model.get_layer("features").count_params() == pytest.approx(weights, rel=0.01)


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_computes_in_half_and_gives_logits_in_full(precision: str) -> None:
    keras.config.set_dtype_policy(precision)
    model = build_network(small_config(), 4)
    assert model.get_layer("features").compute_dtype == precision.removeprefix("mixed_")
    assert {str(variable.dtype) for variable in model.trainable_variables} == {"float32"}
    assert keras.backend.standardize_dtype(model(np.zeros((1, 32, 32, 3))).dtype) == "float32"


def test_each_network_gets_the_pixels_that_its_weights_expect() -> None:
    """Black, middle grey and white, as the papers' own code scales them."""
    expected = {
        "xception": [-1, 0, 1],
        "inception_v3": [-1, 0, 1],
        "efficientnet_v2_s": [-1, -1 + 127.5 / 128, -1 + 255 / 128],
        "efficientnet_lite0": [-127 / 128, 0.5 / 128, 1],
        "convnext_tiny": [-0.485 / 0.229, (0.5 - 0.485) / 0.229, (1 - 0.485) / 0.229],
        "vit_small": [-1, 0, 1],
        "miniature": [-1, 0, 1],
    }
    for name, values in expected.items():
        config = small_config(f"network.name={name}", "data.image_size=96", "data.short_side=96")
        scale = build_network(config, 2).get_layer("scale")
        photos = np.array([0, 127.5, 255], np.float32)[:, None, None, None] * np.ones((1, 96, 96, 3))
        assert np.asarray(scale(photos))[:, 0, 0, 0].tolist() == pytest.approx(values, abs=1e-5)


@pytest.mark.parametrize(("name", "blocks"), [("efficientnet_lite0", 9), ("vit_small", 24)])
def test_blocks_are_left_out_while_training_alone(name: str, blocks: int) -> None:
    """EfficientNet-Lite0 adds in 9 of 16 blocks, a transformer in each of 12 twice; the last goes most."""
    size = ("data.image_size=64", "data.short_side=64", "network.dropout=0.0")
    plain = build_network(small_config(f"network.name={name}", *size), 3)
    model = build_network(small_config(f"network.name={name}", *size, "network.stochastic_depth=0.9"), 3)
    model.set_weights(plain.get_weights())
    drops = [layer for layer in model.get_layer("features").layers if isinstance(layer, keras.layers.Dropout)]
    rates = [layer.rate for layer in drops]
    assert len(rates) == blocks
    assert rates == sorted(rates)
    photos = np.random.default_rng(1).uniform(0, 255, (6, 64, 64, 3)).astype(np.float32)
    assert np.allclose(model(photos, training=False), plain(photos, training=False), atol=1e-5)
    left = np.asarray(drops[-1](np.ones((4000, *(1 for _ in drops[-1].input.shape[1:]))), training=True))
    assert np.mean(left == 0) == pytest.approx(rates[-1], abs=0.03)
    assert np.unique(left[left > 0]) == pytest.approx([1 / (1 - rates[-1])], rel=1e-4)


def test_frozen_blocks_are_never_left_out() -> None:
    config = small_config(
        "network.name=efficientnet_lite0",
        "network.init=imagenet",
        "network.freeze=block_9",
        "network.stochastic_depth=0.2",
    )
    features = build_network(config, 2).get_layer("features")
    rates = {layer.name: layer.rate for layer in features.layers if layer.name.endswith("_depth")}
    assert {name: rate > 0 for name, rate in rates.items()} == {
        f"block_{number}_depth": number > 9 for number in (2, 4, 6, 7, 9, 10, 12, 13, 14)
    }


@pytest.mark.parametrize("name", ["xception", "efficientnet_lite0", "miniature"])
def test_a_network_for_photos_of_another_size_has_the_same_weights(name: str) -> None:
    """As one built for that size with these weights; a change of a weight is one of both."""
    config = small_config(f"network.name={name}", "data.image_size=112", "data.short_side=112")
    smaller = small_config(f"network.name={name}", "data.image_size=80", "data.short_side=80")
    model = build_network(config, 3)
    other, built = at_size(model, 80), build_network(smaller, 3)
    built.set_weights(model.get_weights())
    photos = np.random.default_rng(1).uniform(0, 255, (2, 80, 80, 3)).astype(np.float32)
    assert np.allclose(other(photos, training=False), built(photos, training=False), atol=1e-5)
    model.get_layer("logits").bias.assign([1.0, 2.0, 3.0])
    built.set_weights(model.get_weights())
    assert np.allclose(other(photos, training=False), built(photos, training=False), atol=1e-5)
    assert at_size(model, 112) is model


def test_jax_gives_what_tensorflow_gives(tmp_path: Path) -> None:
    pytest.importorskip("jax", reason="JAX is not installed")
    model = build_network(small_config(), 4)
    photos = np.random.default_rng(1).uniform(0, 255, (3, 32, 32, 3)).astype(np.float32)
    labels = np.array([0, 2, 3])
    weights = {f"w{number}": values for number, values in enumerate(model.get_weights())}
    np.savez(tmp_path / "given.npz", photos=photos, labels=labels, **weights)
    command = [sys.executable, "-c", UNDER_JAX, tmp_path / "given.npz", tmp_path / "found.npz"]
    subprocess.run(command, check=True, env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"})
    result = np.load(tmp_path / "found.npz")
    logits = np.asarray(model(photos, training=False))
    losses = np.asarray(SmoothedCrossEntropy(0.1, 0.5, [np.array([0, 0, 1, 1])])(labels, logits))
    assert np.allclose(result["logits"], logits, atol=1e-4)
    assert np.allclose(result["losses"], losses, atol=1e-4)
