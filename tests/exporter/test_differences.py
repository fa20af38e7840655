"""What makes one table another: keys to remove, rows to add."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from exporter.differences import difference

SCHEMA = pa.schema(
    [("clade", pa.string()), ("row_id", pa.int64()), ("name", pa.string()), ("share", pa.float64())]
)
KEYS = st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 3))
VALUES = st.tuples(st.sampled_from([None, "", "x"]), st.sampled_from([None, 0.0, 0.5]))
TABLES = st.dictionaries(KEYS, VALUES)


def table(rows: dict) -> pa.Table:
    whole = [dict(zip(SCHEMA.names, (*key, *values), strict=True)) for key, values in rows.items()]
    return pa.Table.from_pylist(whole, SCHEMA)


def rows(result: pa.Table) -> list[tuple]:
    return [tuple(row.values()) for row in result.to_pylist()]


def test_what_is_the_same_is_in_none_of_them():
    former = table({("a", 1): ("x", 0.5), ("a", 2): (None, None), ("b", 1): ("x", 0.0), ("b", 2): ("", 0.5)})
    now = table({("b", 1): ("x", 0.5), ("a", 2): (None, None), ("c", 1): ("y", 0.0), ("b", 2): (None, 0.5)})
    changes = difference(former, now, ["clade", "row_id"])
    assert rows(changes.gone) == [("a", 1), ("b", 1), ("b", 2)]
    assert rows(changes.written) == [("b", 1, "x", 0.5), ("c", 1, "y", 0.0), ("b", 2, None, 0.5)]
    assert rows(changes.removed) == [("a", 1)]


@given(former=TABLES, now=TABLES)
def test_removing_and_adding_them_gives_the_new_rows(former, now):
    changes = difference(table(former), table(now), ["clade", "row_id"])
    left = {key: values for key, values in former.items() if key not in set(rows(changes.gone))}
    written = {row[:2]: row[2:] for row in rows(changes.written)}
    assert not left.keys() & written.keys()
    assert left | written == now
    assert {key for key, values in former.items() if now.get(key) == values} == left.keys()
    assert set(rows(changes.removed)) == former.keys() - now.keys()


def test_a_row_of_which_only_the_shifting_column_changes_is_told_apart():
    former = table({("a", 1): ("x", 0.5), ("a", 2): (None, 0.1), ("b", 1): ("x", None), ("b", 2): ("", 0.5)})
    now = table({("b", 1): ("x", 0.5), ("a", 2): (None, 0.2), ("a", 1): ("y", 0.3), ("b", 2): ("", 0.5)})
    changes = difference(former, now, ["clade", "row_id"], "share")
    assert rows(changes.shifted) == [("b", 1, 0.5), ("a", 2, 0.2)]
    assert changes.shifted.column_names == ["clade", "row_id", "share"]
    assert rows(changes.written) == [("a", 1, "y", 0.3)]
    assert rows(changes.gone) == [("a", 1)]
    assert rows(changes.removed) == []


@given(former=TABLES, now=TABLES)
def test_with_what_shifted_they_give_the_new_rows_too(former, now):
    changes = difference(table(former), table(now), ["clade", "row_id"], "share")
    left = {key: values for key, values in former.items() if key not in set(rows(changes.gone))}
    for *key, share in rows(changes.shifted):
        name, before = left[tuple(key)]
        assert before != share
        left[tuple(key)] = (name, share)
    written = {row[:2]: row[2:] for row in rows(changes.written)}
    assert not left.keys() & written.keys()
    assert left | written == now
