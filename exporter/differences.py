"""What differs between two tables of rows with a key, so that what is the same need not be written again."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.columns import Bools, Ints, booleans, integers

_PLACES = "SELECT former.row_number AS former, rows.row_number AS rows FROM former JOIN rows USING ({key})"


@dataclass(frozen=True)
class Difference:
    """What makes the former rows the new ones: remove those with the keys ``gone``, then add ``written``.

    gone:    keys of the former rows that are no longer there, or differ.
    written: the new rows that were not there, or differ; whole.
    removed: those keys of ``gone`` that no new row has.
    shifted: of further rows, which differ in one column alone, the key and that column; else without rows.
    """

    gone: pa.Table
    written: pa.Table
    removed: pa.Table
    shifted: pa.Table


def difference(former: pa.Table, rows: pa.Table, key: Sequence[str], shifting: str = "") -> Difference:
    """Compare two tables with the same columns; ``key``: columns that are unique together, and never null.

    ``shifting``: a column whose changes are told apart where they are all that changed, such as a rank.
    Two nulls are the same; a number that is none differs from everything, itself too.
    """
    before, now = _pairs(former, rows, key)
    differs = np.zeros(len(before), dtype=bool)
    for name in rows.column_names:
        if name not in (*key, shifting):
            differs |= _differ(_taken(former[name], before), _taken(rows[name], now))
    shifts = np.zeros(len(before), dtype=bool)
    if shifting:
        shifts = ~differs & _differ(_taken(former[shifting], before), _taken(rows[shifting], now))
    shown = [*key, shifting] if shifting else list(key)
    return Difference(
        gone=former.select(list(key)).filter(pa.array(_others(former, before[~differs]))),
        written=rows.filter(pa.array(_others(rows, now[~differs]))),
        removed=former.select(list(key)).filter(pa.array(_others(former, before))),
        shifted=rows.select(shown).take(pa.array(now[shifts])),
    )


def _pairs(former: pa.Table, rows: pa.Table, key: Sequence[str]) -> tuple[Ints, Ints]:
    """Return the places of the rows that have the same key in both tables, in the order of the new ones."""
    with duckdb.connect() as connection:
        for name, table in (("former", former), ("rows", rows)):
            places = pa.array(np.arange(table.num_rows))
            connection.register(name, table.select(list(key)).append_column("row_number", places))
        pairs = connection.sql(_PLACES.format(key=", ".join(key))).fetchnumpy()
    before, now = integers(pairs["former"]), integers(pairs["rows"])
    order = np.argsort(now)
    return before[order], now[order]


def _taken(column: pa.ChunkedArray, places: Ints) -> pa.Array:
    whole = column.combine_chunks()
    return whole if np.array_equal(places, np.arange(len(whole))) else whole.take(pa.array(places))


def _differ(one: pa.Array, other: pa.Array) -> Bools:
    if pa.types.is_null(one.type):
        return np.zeros(len(one), dtype=bool)
    is_same = booleans(pc.fill_null(pc.equal(one, other), False))
    return ~(is_same | booleans(pc.and_(one.is_null(), other.is_null())))


def _others(table: pa.Table, places: Ints) -> Bools:
    """Return which rows of a table are not at these places."""
    result = np.ones(table.num_rows, dtype=bool)
    result[places] = False
    return result
