"""ViT-S/16 (Dosovitskiy et al. 2021, ICLR); the mean of all places is pooled."""

import keras
from keras import layers

from trainer.networks.depth import depth_rate, left_out

_WIDTH, _HEADS, _PATCH, _BLOCKS = 384, 6, 16, 12


def vit_small(pixels: int, stochastic_depth: float = 0.0) -> keras.Model:
    """Build the network's features, (n, 384), from (n, pixels, pixels, 3).

    ``stochastic_depth``: see `trainer.config.Network`; attention and the layers after it are left out apart.
    """
    side = pixels // _PATCH
    inputs = keras.Input((pixels, pixels, 3))
    x = layers.Conv2D(_WIDTH, _PATCH, strides=_PATCH, name="patches")(inputs)
    x = layers.Reshape((side * side, _WIDTH))(x)
    x = _Positions(name="positions")(x)
    for number in range(_BLOCKS):
        name, rate = f"block_{number}", depth_rate(stochastic_depth, number, _BLOCKS)
        y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_1")(x)
        y = layers.MultiHeadAttention(_HEADS, _WIDTH // _HEADS, name=f"{name}_attention")(y, y)
        x = layers.Add(name=f"{name}_add_1")([x, left_out(y, rate, f"{name}_depth_1")])
        y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_2")(x)
        y = layers.Dense(4 * _WIDTH, activation="gelu", name=f"{name}_widen")(y)
        y = layers.Dense(_WIDTH, name=f"{name}_narrow")(y)
        x = layers.Add(name=f"{name}_add_2")([x, left_out(y, rate, f"{name}_depth_2")])
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
