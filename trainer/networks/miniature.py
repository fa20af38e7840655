"""A network that trains in a minute on a CPU: it proves the path, and is far from a good model."""

import keras
from keras import layers


def miniature(pixels: int, _stochastic_depth: float = 0.0) -> keras.Model:
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
