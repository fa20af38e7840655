"""Columns become arrays, and nulls what the caller says."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter import columns
from exporter.columns import booleans, distinct, floats, in_order, integers, numbered

CONNECTION = duckdb.connect()


def from_duckdb(column: pa.Array) -> np.ndarray:
    CONNECTION.register("given", pa.table({"place": np.arange(len(column)), "x": column}))
    return CONNECTION.execute("SELECT x FROM given ORDER BY place").fetchnumpy()["x"]


KINDS = [
    (booleans, pa.bool_(), st.booleans(), True),
    (integers, pa.int64(), st.integers(-(2**63), 2**63 - 1), -1),
    (integers, pa.int32(), st.integers(-(2**31), 2**31 - 1), 7),
    (floats, pa.float64(), st.floats(-1e6, 1e6), 0.5),
]


@pytest.mark.parametrize(("convert", "arrow", "values", "null"), KINDS)
def test_whatever_a_column_comes_from_a_null_means_what_the_caller_says(
    convert: Any, arrow: pa.DataType, values: st.SearchStrategy, null: Any
) -> None:
    @settings(max_examples=30)
    @given(st.lists(st.one_of(st.none(), values), max_size=6))
    def check(column: list[Any]) -> None:
        filled = [null if value is None else value for value in column]
        given_as = (
            pa.array(column, arrow),
            pa.chunked_array([pa.array(column, arrow), pa.array([], arrow)]),
            pa.chunked_array([], arrow) if not column else pa.array(column, arrow),
            np.array(column, dtype=object),
            from_duckdb(pa.array(column, arrow)),
        )
        for one in given_as:
            result = convert(one, null=null)
            assert result.tolist() == filled
            assert not isinstance(result, np.ma.MaskedArray)
            assert result.dtype == convert(pa.array([], arrow)).dtype
            assert result.flags.writeable

    check()


def test_an_unknown_truth_is_false_and_an_unknown_number_is_none() -> None:
    assert booleans(pa.array([None, True])).tolist() == [False, True]
    assert np.isnan(floats(pa.array([None, 1.0]))).tolist() == [True, False]


def test_a_column_that_cannot_hold_a_null_refuses_one() -> None:
    assert integers(pa.array([1, 2])).tolist() == [1, 2]
    with pytest.raises(ValueError, match="1 nulls in a column that has none"):
        integers(pa.array([1, None]))


def test_a_number_that_is_none_is_a_null_as_spark_gives_it() -> None:
    assert integers(np.array([1.0, np.nan]), null=-1).tolist() == [1, -1]
    assert floats(pa.array([1.5, np.nan]), null=0.0).tolist() == [1.5, 0.0]
    assert floats(np.array([1.5, np.nan]), null=0.0).tolist() == [1.5, 0.0]


def test_columns_become_arrays_nowhere_else() -> None:
    root = Path(columns.__file__).parents[1]
    others = [
        path
        for package in ("exporter", "portal")
        for path in (root / package).rglob("*.py")
        if ".to_numpy(" in path.read_text(encoding="utf-8")
    ]
    assert others == [Path(columns.__file__)]


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)))
def test_distinct_numbers_are_ascending_and_each_is_there_once(values: list[int]) -> None:
    assert distinct(np.array(values, dtype=np.int64)).tolist() == sorted(set(values))


#: Close together, far apart, and as far apart as can be: by a table, packed with their places, sorted apart.
_WHOLE = st.one_of(
    st.lists(st.integers(-5, 5), max_size=30),
    st.lists(st.integers(-(2**40), 2**40), max_size=30),
    st.lists(st.sampled_from([-(2**63), -1, 0, 2**63 - 1]), max_size=30),
)


@given(_WHOLE)
def test_numbered_values_are_each_once_in_order_and_where_each_is(values: list[int]) -> None:
    ids, place = numbered(np.array(values, dtype=np.int64))
    assert ids.tolist() == sorted(set(values))
    assert [ids[each] for each in place] == values


@given(_WHOLE)
def test_values_in_order_with_where_each_was(values: list[int]) -> None:
    ordered, place = in_order(np.array(values, dtype=np.int64))
    assert place.tolist() == sorted(range(len(values)), key=lambda row: (values[row], row))
    assert ordered.tolist() == sorted(values)
