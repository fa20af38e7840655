"""The networks: from photos to logits. Written for Keras alone, so they run under TensorFlow and JAX."""

from collections.abc import Callable
from pathlib import Path

import keras
from keras import layers

from trainer.config import Config, Network
from trainer.errors import DataError

#: The layer that is trained alone in transfer learning.
CLASSIFIER = "logits"


def build_network(config: Config, classes: int) -> keras.Model:
    """A network from (n, size, size, 3), values 0 to 255, to (n, classes) float32 logits.

    Computes in the precision that is set at the time (`keras.config.set_dtype_policy`); logits and what
    follows are float32 in any. DataError if ``features_from`` names no model of this network.
    """
    pixels = config.data.image_size
    inputs = keras.Input((pixels, pixels, 3), name="photos", dtype="float32")
    scaled = layers.Rescaling(1 / 127.5, offset=-1.0)(inputs)
    features = _NETWORKS[config.network.name](pixels)
    features.trainable = config.network.train == "all"
    pooled = layers.Dropout(config.network.dropout, name="dropout")(features(scaled))
    logits = layers.Dense(classes, dtype="float32", name=CLASSIFIER)(pooled)
    model = keras.Model(inputs, logits, name=config.network.name)
    if config.network.features_from:
        _take_features(features, config.network)
    return model


def _take_features(features: keras.Model, network: Network) -> None:
    path = Path(network.features_from)
    try:
        given = keras.models.load_model(path, compile=False)
        features.set_weights(given.get_layer(features.name).get_weights())
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"network.features_from: {path}: not a model of {network.name} ({reason}); give one from export"
        ) from None


def _xception(pixels: int) -> keras.Model:
    return keras.applications.Xception(
        include_top=False, weights=None, input_shape=(pixels, pixels, 3), pooling="avg", name="features"
    )


def _inception_v3(pixels: int) -> keras.Model:
    return keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(pixels, pixels, 3), pooling="avg", name="features"
    )


def _convnext_tiny(pixels: int) -> keras.Model:
    return keras.applications.ConvNeXtTiny(
        include_top=False,
        include_preprocessing=False,
        weights=None,
        input_shape=(pixels, pixels, 3),
        pooling="avg",
        name="features",
    )


def _vit_small(pixels: int) -> keras.Model:
    """ViT-S/16 (Dosovitskiy et al. 2021): 12 blocks, width 384, 6 heads; the mean of all places is pooled."""
    width, heads, patch = 384, 6, 16
    side = pixels // patch
    inputs = keras.Input((pixels, pixels, 3))
    x = layers.Conv2D(width, patch, strides=patch, name="patches")(inputs)
    x = layers.Reshape((side * side, width))(x)
    x = _Positions(name="positions")(x)
    for number in range(12):
        y = layers.LayerNormalization(epsilon=1e-6, name=f"norm_{number}a")(x)
        y = layers.MultiHeadAttention(heads, width // heads, name=f"attention_{number}")(y, y)
        x = layers.Add()([x, y])
        y = layers.LayerNormalization(epsilon=1e-6, name=f"norm_{number}b")(x)
        y = layers.Dense(4 * width, activation="gelu", name=f"widen_{number}")(y)
        y = layers.Dense(width, name=f"narrow_{number}")(y)
        x = layers.Add()([x, y])
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(x)
    return keras.Model(inputs, layers.GlobalAveragePooling1D()(x), name="features")


@keras.saving.register_keras_serializable(package="leafline")
class _Positions(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Adds a learned vector for each place; (n, places, width)."""

    def build(self, input_shape: tuple[int, ...]) -> None:
        self.table = self.add_weight(
            shape=input_shape[1:], initializer=keras.initializers.TruncatedNormal(stddev=0.02), name="table"
        )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return inputs + keras.ops.cast(self.table, inputs.dtype)


def _miniature(pixels: int) -> keras.Model:
    """One convolution and four separable ones, each halving height and width; 48,000 weights."""
    inputs = keras.Input((pixels, pixels, 3))
    x = layers.Conv2D(24, 3, strides=2, padding="same", use_bias=False, name="conv_0")(inputs)
    for number, width in enumerate((48, 96, 128, 192), start=1):
        x = layers.BatchNormalization(momentum=0.9, name=f"norm_{number}")(x)
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(
            width, 3, strides=2, padding="same", use_bias=False, name=f"conv_{number}"
        )(x)
    x = layers.Activation("relu")(layers.BatchNormalization(momentum=0.9, name="norm")(x))
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(x), name="features")


_NETWORKS: dict[str, Callable[[int], keras.Model]] = {
    "xception": _xception,
    "inception_v3": _inception_v3,
    "convnext_tiny": _convnext_tiny,
    "vit_small": _vit_small,
    "miniature": _miniature,
}
