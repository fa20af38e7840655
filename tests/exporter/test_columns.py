"""Columns become arrays, and nulls what the caller says."""

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.columns import booleans, floats, integers


def from_duckdb(values: list[Any], sql_type: str) -> np.ndarray:
    con = duckdb.connect()
    con.register("given", pa.table({"place": range(len(values)), "x": pa.array(values, pa.string())}))
    found = con.execute(f"SELECT CAST(x AS {sql_type}) AS x FROM given ORDER BY place").fetchnumpy()
    return found["x"]


def text(values: list[Any]) -> list[str | None]:
    return [None if value is None else str(value) for value in values]


KINDS = [
    (booleans, pa.bool_(), "BOOLEAN", st.booleans(), True),
    (integers, pa.int64(), "BIGINT", st.integers(-(2**63), 2**63 - 1), -1),
    (integers, pa.int32(), "INTEGER", st.integers(-(2**31), 2**31 - 1), 7),
    (floats, pa.float64(), "DOUBLE", st.floats(-1e6, 1e6), 0.5),
]


@pytest.mark.parametrize(("convert", "arrow", "sql_type", "values", "null"), KINDS)
def test_whatever_a_column_comes_from_a_null_means_what_the_caller_says(
    convert: Any, arrow: pa.DataType, sql_type: str, values: st.SearchStrategy, null: Any
) -> None:
    @given(st.lists(st.one_of(st.none(), values), max_size=6))
    def check(column: list[Any]) -> None:
        filled = [null if value is None else value for value in column]
        given_as = (
            pa.array(column, arrow),
            pa.chunked_array([pa.array(column, arrow), pa.array([], arrow)]),
            pa.chunked_array([], arrow) if not column else pa.array(column, arrow),
            np.array(column, dtype=object),
            from_duckdb(text(column), sql_type),
        )
        for one in given_as:
            found = convert(one, null=null)
            assert found.tolist() == filled
            assert not isinstance(found, np.ma.MaskedArray)
            assert found.dtype == convert(pa.array([], arrow)).dtype
            assert found.flags.writeable

    check()


def test_an_unknown_truth_is_false_and_an_unknown_number_is_none() -> None:
    assert booleans(pa.array([None, True])).tolist() == [False, True]
    assert np.isnan(floats(pa.array([None, 1.0]))).tolist() == [True, False]


def test_a_column_that_cannot_hold_a_null_refuses_one() -> None:
    assert integers(pa.array([1, 2])).tolist() == [1, 2]
    with pytest.raises(ValueError, match="1 nulls in a column that has none"):
        integers(pa.array([1, None]))
