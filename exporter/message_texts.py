"""Many messages of one kind as JSON, a column at a time: there are millions."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.columns import Ints
from exporter.messages import message

_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def message_texts(code: str, **values: Ints | pa.Array) -> pa.Array | pa.Scalar:
    """Return the message of each row as JSON, as `exporter.messages.message` has it; null without a value.

    ``values``: columns of whole numbers or of texts. Without any all messages are one.
    """
    message(code, **dict.fromkeys(values, 0))  # says which values its text names
    start = f'{{"code":{_as_json(code)}'
    if not values:
        return pa.scalar(start + "}")
    parts = [part for name, column in values.items() for part in (f",{_as_json(name)}:", _values(column))]
    return pc.binary_join_element_wise(start, *parts, "}", "")


def _values(column: Ints | pa.Array) -> pa.Array:
    """Values as JSON has them."""
    if isinstance(column, np.ndarray):
        return pa.array(column).cast(pa.string())
    return pa.array([None if text is None else _as_json(text) for text in column.to_pylist()], pa.string())
