"""Filling a row: what is there and good, what is empty, what is left out."""

from typing import Any

import pytest

from exporter.sources.fields import BadValueError, Fields
from exporter.sources.values import whole_number

NAMES = ("first", "second")


@pytest.mark.parametrize(
    ("record", "row", "faults"),
    [
        ({"first": 1, "second": 2}, {"x": 1}, []),
        ({"first": None, "second": 2}, {"x": 2}, []),
        ({"first": "", "second": 2}, {"x": 2}, []),
        # A null says that it is empty, wherever it is; a blank or nothing does not.
        ({"first": None}, {"x": None}, []),
        ({"second": None}, {"x": None}, []),
        ({"first": None, "second": ""}, {"x": None}, []),
        ({"first": "", "second": None}, {"x": None}, []),
        ({"first": "", "second": " "}, {}, []),
        ({}, {}, []),
        # A bad value is noted, and the next one serves; alone it says nothing, not even beside a null.
        ({"first": "a", "second": 2}, {"x": 2}, ["a.first 'a': not a whole number"]),
        ({"first": "a"}, {}, ["a.first 'a': not a whole number"]),
        ({"first": "a", "second": None}, {}, ["a.first 'a': not a whole number"]),
        ({"first": None, "second": "b"}, {}, ["a.second 'b': not a whole number"]),
        (
            {"first": "a", "second": "b"},
            {},
            ["a.first 'a': not a whole number", "a.second 'b': not a whole number"],
        ),
    ],
)
def test_the_first_value_that_is_there_and_good_is_taken(
    record: dict[str, Any], row: dict[str, Any], faults: list[str]
) -> None:
    fields = Fields(record, "a.")
    taken: dict[str, Any] = {}
    fields.take(taken, "x", NAMES, whole_number)
    assert (taken, [str(fault) for fault in fields.faults]) == (row, faults)
    again = Fields(record, "a.")
    assert again.get(NAMES, whole_number) == row.get("x")
    assert [str(fault) for fault in again.faults] == faults


def test_a_required_value_that_is_bad_is_refused_though_another_would_be_good() -> None:
    assert Fields({"first": "", "second": 2}).require(NAMES, whole_number) == 2
    assert Fields({"first": None}).require(NAMES, whole_number) is None
    with pytest.raises(BadValueError, match=r"^first 'a': not a whole number$") as refused:
        Fields({"first": "a", "second": 2}).require(NAMES, whole_number)
    assert (refused.value.column, refused.value.reason) == ("first", "not a whole number")


def test_of_a_long_value_the_beginning_is_shown() -> None:
    with pytest.raises(BadValueError) as refused:
        Fields({"first": "a" * 61}).require(NAMES, whole_number)
    assert str(refused.value) == f"first {'a' * 60!r}: not a whole number"
