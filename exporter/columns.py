"""Columns of Arrow and DuckDB as NumPy arrays: the one place where a null gets a meaning.

NumPy has no null. A column with nulls comes out of DuckDB as a masked array and out of Arrow as an array of
objects or of floats, and logic on either goes wrong only with the data that hold a null. So every column
becomes an array by one of these functions, and the caller says what a null stands for.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

#: A table with a row for every number up to the largest is read faster than anything is sorted or searched,
#: while it is no longer than so many times the values.
LONGEST_TABLE = 4

#: A column: of an Arrow table, or as DuckDB's ``fetchnumpy`` gives it, masked or not.
Column: TypeAlias = "pa.ChunkedArray | pa.Array | npt.NDArray[Any]"


def booleans(column: Column, *, null: bool = False) -> Bools:
    """Return a column of truth values; an unknown one counts as ``null``."""
    values: Bools = _filled(column, pa.bool_(), null).astype(np.bool_, copy=False)
    return values


def integers(column: Column, *, null: int | None = None) -> Ints:
    """Return a column of whole numbers or ids, with ``null`` in place of nulls.

    ValueError if ``null`` is None and there is a null: for columns that cannot hold one.
    """
    values: Ints = _filled(column, pa.int64(), null).astype(np.int64, copy=False)
    return values


def floats(column: Column, *, null: float = np.nan) -> Floats:
    """Return a column of real numbers, with ``null`` in place of nulls and of what is not a number."""
    values: Floats = _filled(column, pa.float64(), null).astype(np.float64, copy=False)
    return np.where(np.isnan(values), null, values)


def matrix(column: pa.ChunkedArray) -> Ints:
    """Return a column of lists as rows, not copied: each of equally many whole numbers, and none null."""
    values: Ints = column.combine_chunks().flatten().to_numpy(zero_copy_only=True)
    return values.reshape(len(column), -1)


def distinct(values: Ints) -> Ints:
    """Return every number that occurs once, in ascending order.

    ``np.unique`` counts by hashing if it is asked for nothing else (from NumPy 2.3 on), which takes almost a
    hundred times as long for some millions of numbers.
    """
    ordered = np.sort(values)
    kept: Ints = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    return kept


def numbered(values: Ints) -> tuple[Ints, Ints]:
    """Return every number that occurs once, in ascending order, and where among these each value is.

    A table with a row for every number up to the largest takes no sorting, while it is not much longer than
    the values.
    """
    if not len(values) or int(values.max()) - int(values.min()) >= LONGEST_TABLE * len(values):
        return _numbered_by_sorting(values)
    at = values - values.min()
    is_there = np.zeros(at.max() + 1, dtype=np.bool_)
    is_there[at] = True
    return np.flatnonzero(is_there) + values.min(), (np.cumsum(is_there) - 1)[at]


def in_order(values: Ints) -> tuple[Ints, Ints]:
    """Return values in ascending order, and where each of these was; equal ones as they were.

    Where both fit into one whole number, a value and its place are sorted together: that takes half as long.
    """
    bits = len(values).bit_length()
    least, most = int(values.min(initial=0)), int(values.max(initial=0))
    if (most - least) >> (63 - bits) or (values[1:] >= values[:-1]).all():
        order = np.argsort(values, kind="stable")
        return values[order], order
    packed = (values - least << bits) | np.arange(len(values))
    packed.sort()
    return (packed >> bits) + least, packed & ((1 << bits) - 1)


def _numbered_by_sorting(values: Ints) -> tuple[Ints, Ints]:
    ordered, order = in_order(values)
    is_new = np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]
    place = np.empty(len(values), dtype=np.int64)
    place[order] = np.cumsum(is_new) - 1
    return ordered[is_new], place


def _filled(column: Column, to: pa.DataType, null: float | None) -> npt.NDArray[Any]:
    if type(column) is np.ndarray and column.dtype.kind in "biu":
        return column  # not masked: it holds no null
    values = _as_arrow(column, to)
    if values.null_count and null is None:
        raise ValueError(f"{values.null_count} nulls in a column that has none")
    filled = pc.fill_null(values, null) if values.null_count else values
    array: npt.NDArray[Any] = np.array(filled.to_numpy(zero_copy_only=False))
    return array


def _as_arrow(column: Column, to: pa.DataType) -> pa.Array:
    if isinstance(column, np.ma.MaskedArray):
        return pa.array(column.data, mask=np.ma.getmaskarray(column)).cast(to)
    if isinstance(column, np.ndarray):
        return pa.array(column, from_pandas=True).cast(to)  # a NaN among whole numbers is Spark's null
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return whole.cast(to)
