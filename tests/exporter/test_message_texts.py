"""Messages as JSON, a column at a time."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.message_texts import message_texts
from exporter.messages import message


def test_a_message_without_values_is_one_text() -> None:
    assert message_texts("suggested").as_py() == '{"code":"suggested"}'


def test_values_are_those_that_the_text_names() -> None:
    with pytest.raises(ValueError, match="overturned"):
        message_texts("overturned", n=np.array([1]))


@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 9)), max_size=9))
def test_numbers_are_read_back_as_the_message_has_them(rows: list[tuple[int, int]]) -> None:
    numbers, of = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    texts = message_texts("overturned", n=numbers, of=of).to_pylist()
    assert list(map(json.loads, texts)) == [message("overturned", n=one, of=other) for one, other in rows]


@given(st.lists(st.none() | st.text(), max_size=9))
def test_texts_are_read_back_whatever_is_in_them(names: list[str | None]) -> None:
    texts = message_texts("maybe", taxon=pa.array(names, pa.string())).to_pylist()
    expected = [None if name is None else message("maybe", taxon=name) for name in names]
    assert [text if text is None else json.loads(text) for text in texts] == expected
