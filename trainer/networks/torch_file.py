"""The tensors of a PyTorch file, read without PyTorch.

Before version 1.6 `torch.save` wrote five pickles one after the other (a magic number, the protocol, facts
about the machine, the object, the keys of its storages) and then each storage: its number of values in 8
bytes, and the values. Reading a pickle may call anything that it names, so this reader allows the names that
a table of tensors needs and nothing else.
"""

import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from trainer.errors import DataError

Array: TypeAlias = NDArray[Any]

_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8"}


class _Tensor:
    """Where a tensor lies in its storage, in values."""

    def __init__(self, storage: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.storage = storage
        self.offset = offset
        self.shape = shape
        self.strides = strides

    def take(self, values: Array) -> Array:
        """The tensor's values. ValueError if they do not lie within the storage."""
        last = self.offset + sum(
            (side - 1) * step for side, step in zip(self.shape, self.strides, strict=True)
        )
        if min(self.shape, default=1) < 1 or self.offset < 0 or min(self.strides, default=0) < 0:
            raise ValueError("a tensor without values")
        if last >= len(values):
            raise ValueError("a tensor that is longer than its storage")
        strides = [step * values.itemsize for step in self.strides]
        result = np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, strides, writeable=False)
        return np.ascontiguousarray(result)


class _Unpickler(pickle.Unpickler):
    """Notes the storages that tensors name; anything but a table of tensors is refused."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream)
        self.dtypes: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Tensor(storage, offset, shape, strides)
        if module == "torch" and name in _DTYPES:
            return np.dtype(_DTYPES[name])
        raise pickle.UnpicklingError(f"names {module}.{name}")

    def persistent_load(self, pid: Any) -> str:
        _, dtype, key, *_ = pid
        self.dtypes[key] = dtype
        return str(key)


def read_torch(path: Path) -> dict[str, Array]:
    """Return the tensors of a legacy PyTorch file of weights, by name. DataError if it is no such file."""
    try:
        with path.open("rb") as stream:
            return _read(stream)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; give a file of weights") from None
    except Exception as error:  # a pickle that is none may fail in any way
        raise DataError(
            f"{path}: not a table of tensors as PyTorch wrote before version 1.6 ({error});"
            " give such a file, or one of Keras"
        ) from None


def _read(stream: IO[bytes]) -> dict[str, Array]:
    if _Unpickler(stream).load() != _MAGIC:
        raise ValueError("another magic number")
    for _ in ("protocol", "machine"):
        _Unpickler(stream).load()
    reader = _Unpickler(stream)
    tensors = reader.load()
    storages = {key: _storage(stream, reader.dtypes[key]) for key in _Unpickler(stream).load()}
    return {name: tensor.take(storages[tensor.storage]) for name, tensor in tensors.items()}


def _storage(stream: IO[bytes], dtype: np.dtype[Any]) -> Array:
    (number,) = struct.unpack("<q", stream.read(8))
    content = stream.read(number * dtype.itemsize)
    if len(content) < number * dtype.itemsize:
        raise ValueError("cut short")
    return np.frombuffer(content, dtype)
