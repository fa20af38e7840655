"""Each network with the normalisation that its published weights were trained with, and where those lie."""

from collections.abc import Callable
from dataclasses import dataclass

import keras

from trainer.config import NetworkName
from trainer.networks.efficientnet_lite import efficientnet_lite0
from trainer.networks.miniature import miniature
from trainer.networks.vit import vit_small

_ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications"
#: Mean and deviation of ImageNet's pixels, red, green, blue, as shares of full.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

Numbers = float | list[float]


@dataclass(frozen=True)
class Entry:
    """A network.

    build: from the side of a photo in pixels, and the stochastic depth, to a model named ``features``. Its
    input is pixel (0 to 255) times ``scale`` plus ``offset``. imagenet: the file of ImageNet weights, in
    Keras's folder for models, and its address; empty where there is none.
    """

    build: Callable[[int, float], keras.Model]
    scale: Numbers = 1 / 127.5
    offset: Numbers = -1.0
    imagenet: str = ""
    address: str = ""


def _application(make: Callable[..., keras.Model], **options: bool) -> Callable[[int, float], keras.Model]:
    def build(pixels: int, _stochastic_depth: float) -> keras.Model:
        shape = (pixels, pixels, 3)
        # EfficientNetV2's own name chooses its blocks, so that the name "features" has to come after.
        model = make(include_top=False, weights=None, input_shape=shape, pooling="avg", **options)
        return keras.Model(model.inputs[0], model.outputs[0], name="features")

    return build


_XCEPTION = "xception_weights_tf_dim_ordering_tf_kernels_notop.h5"
_INCEPTION = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
_EFFICIENTNET = "efficientnetv2-s_notop.h5"
_CONVNEXT = "convnext_tiny_notop.h5"

NETWORKS: dict[NetworkName, Entry] = {
    "xception": Entry(
        _application(keras.applications.Xception),
        imagenet=_XCEPTION,
        address=f"{_ADDRESS}/xception/{_XCEPTION}",
    ),
    "inception_v3": Entry(
        _application(keras.applications.InceptionV3),
        imagenet=_INCEPTION,
        address=f"{_ADDRESS}/inception_v3/{_INCEPTION}",
    ),
    "efficientnet_v2_s": Entry(
        _application(keras.applications.EfficientNetV2S, include_preprocessing=False),
        scale=1 / 128,
        imagenet=_EFFICIENTNET,
        address=f"{_ADDRESS}/efficientnet_v2/{_EFFICIENTNET}",
    ),
    "efficientnet_lite0": Entry(efficientnet_lite0, scale=1 / 128, offset=-127 / 128),
    "convnext_tiny": Entry(
        _application(keras.applications.ConvNeXtTiny, include_preprocessing=False),
        scale=[1 / (255 * deviation) for deviation in _DEVIATION],
        offset=[-mean / deviation for mean, deviation in zip(_MEAN, _DEVIATION, strict=True)],
        imagenet=_CONVNEXT,
        address=f"{_ADDRESS}/convnext/{_CONVNEXT}",
    ),
    "vit_small": Entry(vit_small),
    "miniature": Entry(miniature),
}
