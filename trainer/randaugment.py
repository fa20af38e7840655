"""RandAugment (Cubuk et al. 2020, NeurIPS): some operations on a photo, each drawn from one list.

What is drawn is in `trainer.augment`, so that a restarted run draws the same again. Operations and ranges are
torchvision's, which follow the paper; what a turned or shifted photo leaves empty is grey.

Keras has a layer of that name. It draws one list of operations for a whole batch, and that from a generator
whose state no checkpoint of ours holds; its ranges are others (a turn goes up to a whole circle times its
factor); and it computes all of its operations on each photo to keep some.
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

_GREY = 128.0
#: Of each operation that has one, the end of its range: radians, shares of a side, differences from 1, bits.
_TURN, _SHEAR, _SHIFT, _ENHANCE, _BITS = np.pi / 6, 0.3, 150 / 331, 0.9, 4
#: A pixel's neighbours as Pillow weighs them to smooth.
_SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13

_equalize = keras.layers.Equalization(dtype="float32")


def _identity(image: tf.Tensor, _strength: tf.Tensor) -> tf.Tensor:
    return image


def _auto_contrast(image: tf.Tensor, _strength: tf.Tensor) -> tf.Tensor:
    low, high = (end(image, axis=(0, 1)) for end in (tf.reduce_min, tf.reduce_max))
    return tf.where(high > low, (image - low) * 255 / tf.maximum(high - low, 1e-3), image)


def _equalized(image: tf.Tensor, _strength: tf.Tensor) -> tf.Tensor:
    return _equalize(image[None])[0]


def _move(image: tf.Tensor, rows: list[tf.Tensor]) -> tf.Tensor:
    """Take each pixel from where ``rows``, [xx, xy, yx, yy], send it, seen from the photo's centre."""
    xx, xy, yx, yy = rows
    height, width = (tf.cast(side - 1, tf.float32) / 2 for side in image.shape[:2])
    zero = tf.zeros_like(xx)
    from_centre = [
        *(xx, xy, width - xx * width - xy * height),
        *(yx, yy, height - yx * width - yy * height),
        *(zero, zero),
    ]
    return keras.ops.image.affine_transform(image, tf.stack(from_centre), fill_value=_GREY)


def _rotate(image: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    sine, cosine = tf.sin(_TURN * strength), tf.cos(_TURN * strength)
    return _move(image, [cosine, -sine, sine, cosine])


def _shear_x(image: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    one, zero = tf.ones_like(strength), tf.zeros_like(strength)
    return _move(image, [one, _SHEAR * strength, zero, one])


def _shear_y(image: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    one, zero = tf.ones_like(strength), tf.zeros_like(strength)
    return _move(image, [one, zero, _SHEAR * strength, one])


def _shift(image: tf.Tensor, strength: tf.Tensor, axis: int) -> tf.Tensor:
    """By whole pixels."""
    side = image.shape[axis]
    by = tf.cast(tf.round(_SHIFT * strength * side), tf.int32)
    room = int(np.ceil(_SHIFT * side))
    padding = [(room, room) if one == axis else (0, 0) for one in range(3)]
    padded = tf.pad(image, padding, constant_values=_GREY)
    begin = tf.stack([room - by if one == axis else 0 for one in range(3)])
    return tf.slice(padded, begin, image.shape)


def _translate_x(image: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    return _shift(image, strength, 1)


def _translate_y(image: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    return _shift(image, strength, 0)


def _blend(image: tf.Tensor, dull: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    """Go from ``dull`` (strength -1: nearly there) through the photo (0) as far again."""
    return tf.clip_by_value(dull + (1 + _ENHANCE * strength) * (image - dull), 0, 255)


def _brightness(image: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    return _blend(image, tf.zeros_like(image), strength)


def _color(image: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    return _blend(image, tf.image.rgb_to_grayscale(image), strength)


def _contrast(image: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    return _blend(image, tf.reduce_mean(tf.image.rgb_to_grayscale(image)), strength)


def _sharpness(image: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    """The photo's edge stays as it is."""
    kernel = np.tile(_SMOOTH[..., None, None], (1, 1, 3, 1))
    inner = tf.nn.depthwise_conv2d(image[None], kernel, (1, 1, 1, 1), "VALID")[0]
    rim = tf.pad(tf.ones_like(inner), [(1, 1), (1, 1), (0, 0)])
    smooth = tf.where(rim > 0, tf.pad(inner, [(1, 1), (1, 1), (0, 0)]), image)
    return _blend(image, smooth, strength)


def _posterize(image: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    step = tf.pow(2.0, tf.round(_BITS * tf.abs(strength)))
    return tf.floor(image / step) * step


def _solarize(image: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    return tf.where(image >= 255 * (1 - tf.abs(strength)), 255 - image, image)


#: By the number that `trainer.augment` draws.
OPERATIONS: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "identity": _identity,
    "shear_x": _shear_x,
    "shear_y": _shear_y,
    "translate_x": _translate_x,
    "translate_y": _translate_y,
    "rotate": _rotate,
    "brightness": _brightness,
    "color": _color,
    "contrast": _contrast,
    "sharpness": _sharpness,
    "posterize": _posterize,
    "solarize": _solarize,
    "auto_contrast": _auto_contrast,
    "equalize": _equalized,
}


def randaugment(image: tf.Tensor, operations: tf.Tensor) -> tf.Tensor:
    """Apply operations one after the other to a photo, (height, width, 3) float32, 0 to 255.

    operations: (k, 2) float32: a place in `OPERATIONS`, and the strength, -1 to 1, as a share of its range.
    """
    for number in range(operations.shape[0]):
        place, strength = tf.cast(operations[number, 0], tf.int32), operations[number, 1]
        image = tf.ensure_shape(_apply(image, place, strength), image.shape)
    return image


def _apply(image: tf.Tensor, place: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
    branches = [lambda operate=operate: operate(image, strength) for operate in OPERATIONS.values()]
    return tf.switch_case(place, branches)
