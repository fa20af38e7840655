"""A network from photos to logits. Written for Keras alone, so it runs under TensorFlow and JAX."""

import keras
from keras import layers

from trainer.config import Config, Network
from trainer.errors import DataError
from trainer.networks.catalogue import NETWORKS

#: The layers of a network by name: what turns pixels into features, and the classifier behind it.
FEATURES, DROPOUT, CLASSIFIER = "features", "dropout", "logits"
_SCALE = "scale"


def build_network(config: Config, classes: int) -> keras.Model:
    """Build a network from (n, size, size, 3), values 0 to 255, to (n, classes) float32 logits.

    Its weights are random; `trainer.start` gives it others. Computes in the precision that is set at the time
    (`keras.config.set_dtype_policy`); logits and what follows are float32 in any. DataError if ``freeze``
    names no layer.
    """
    pixels = config.data.image_size
    entry = NETWORKS[config.network.name]
    inputs = keras.Input((pixels, pixels, 3), name="photos", dtype="float32")
    scaled = layers.Rescaling(entry.scale, offset=entry.offset, dtype="float32", name=_SCALE)(inputs)
    features = entry.build(pixels, config.network.stochastic_depth)
    _freeze(features, config.network)
    pooled = layers.Dropout(config.network.dropout, name=DROPOUT)(features(scaled))
    logits = layers.Dense(classes, dtype="float32", name=CLASSIFIER)(pooled)
    return keras.Model(inputs, logits, name=config.network.name)


def at_size(model: keras.Model, pixels: int) -> keras.Model:
    """Return the network for photos of another size, with the same weights.

    DataError if they are too small for it.
    """
    if model.input_shape[1] == pixels:
        return model
    inputs = keras.Input((pixels, pixels, 3), dtype="float32")
    try:
        features = keras.models.clone_model(
            model.get_layer(FEATURES), input_tensors=inputs, clone_function=lambda layer: layer
        )
    except ValueError:
        raise DataError(
            f"training.first_image_size: photos of {pixels} pixels are too small for {model.name}; give more"
        ) from None
    pooled = model.get_layer(DROPOUT)(features(model.get_layer(_SCALE)(inputs)))
    return keras.Model(inputs, model.get_layer(CLASSIFIER)(pooled), name=model.name)


def features_of(model: keras.Model) -> keras.Model:
    """Return the part from photos to features, (n, width), with the same weights."""
    inputs = keras.Input(model.input_shape[1:], dtype="float32")
    return keras.Model(inputs, model.get_layer(FEATURES)(model.get_layer(_SCALE)(inputs)))


def head_of(model: keras.Model) -> keras.Model:
    """Return the part from features, (n, width), to logits, with the same weights."""
    width = model.get_layer(CLASSIFIER).kernel.shape[0]
    inputs = keras.Input((width,), name="pooled", dtype="float32")
    return keras.Model(inputs, model.get_layer(CLASSIFIER)(model.get_layer(DROPOUT)(inputs)), name="head")


def _freeze(features: keras.Model, network: Network) -> None:
    """Keep layers as they start. A batch normalisation that does not learn uses its running means, too.

    A block that does not learn is never left out.
    """
    if network.train == "last_layer" or network.freeze == "features":
        _fix(features.layers)
        features.trainable = False
    elif network.freeze != "nothing":
        names = [layer.name for layer in features.layers]
        block = network.freeze
        last = max((at for at, name in enumerate(names) if f"{name}_".startswith(f"{block}_")), default=None)
        if last is None:
            some = ", ".join(names[1:4])
            raise DataError(
                f"network.freeze: {network.name} has no layer {block}; it has {some} ... {names[-2]}"
            )
        _fix(features.layers[: last + 1])


def _fix(some: list[keras.Layer]) -> None:
    for layer in some:
        layer.trainable = False
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.0
