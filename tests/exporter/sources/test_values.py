import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.sources import values


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (values.whole_number, "-12", -12),
        (values.identifier, "48460", 48460),
        (values.small_number, "2147483647", 2147483647),
        (values.number, "-0.5", -0.5),
        (values.number, "1e3", 1000.0),
        (values.latitude, "-90", -90.0),
        (values.longitude, "180.0", 180.0),
        (values.identifier, "48662.0", 48662),
        (values.identifier, "4503599627370495", 4503599627370495),
        (values.day, "2019-06-29", date(2019, 6, 29)),
        (values.day, "2022-05-17 17:06:31-06:00", date(2022, 5, 17)),
        (values.day, "2022-05-17T17:06:31Z", date(2022, 5, 17)),
        (values.place, "(36.1, -94.1)", (36.1, -94.1)),
        (values.place, "36.1,-94.1", (36.1, -94.1)),
        (values.point, "[-94.1, 36.1]", (36.1, -94.1)),
        (values.identifiers, "[48460, 1, 2]", [48460, 1, 2]),
        (values.identifiers, "48460/1/2", [48460, 1, 2]),
        (values.truth, "TRUE", True),
        (values.truth, "false", False),
        (values.uuid, "69359289-E254-4778-AB15-9B41D68057DA", "69359289-e254-4778-ab15-9b41d68057da"),
        (values.grade, "needs_id", "needs_id"),
    ],
)
def test_a_value_is_read(read: Callable[[str], Any], text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text", "why"),
    [
        (values.whole_number, "1.5", "not a whole number"),
        (values.whole_number, "1_000", "not a whole number"),
        (values.whole_number, "１", "not a whole number"),
        (values.whole_number, "1" * 41, "not a whole number"),
        (values.identifier, "4503599627370496", "id too large"),
        (values.identifier, "-1", "not an id: below zero"),
        (values.small_number, "2147483648", "too large"),
        (values.number, "north", "not a number"),
        (values.number, "nan", "not a number"),
        (values.number, "inf", "not a number"),
        (values.latitude, "90.1", "not within -90 and 90 degrees"),
        (values.longitude, "-180.1", "not within -180 and 180 degrees"),
        (values.day, "29/06/2019", "not a day (YYYY-MM-DD)"),
        (values.day, "2099-01-01", "in the future"),
        (values.day, "0211-01-01", "before 1500"),
        (values.distance, "-1", "below zero"),
        (values.licence, "<b>", "not a licence's code"),
        (values.extension, "../jpg", "not a file's extension"),
        (values.place, "36.1", "not a latitude and a longitude"),
        (values.day, "2019-02-30", "day is out of range for month"),
        (values.instant, "yesterday", "not a time"),
        (values.instant, "2019-06-29 10:00:00 PDT", "not a time"),
        (values.instant, "0001-01-01T00:00:00+14:00", "not a time"),
        (values.truth, "yes", "neither true nor false"),
        (values.uuid, "69359289-e254-4778-ab15", "not a UUID"),
        (values.grade, "Research", "not one of research, needs_id, casual"),
    ],
)
def test_a_bad_value_is_an_error_that_says_why(read: Callable[[str], Any], text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "2013-02-13 16:18:41 UTC",
        "2013-02-13 16:18:41 +0000",
        "2013-02-13 18:18:41 +0200",
        "2013-02-13T08:18:41-08:00",
        "2013-02-13T16:18:41Z",
        "2013-02-13T16:18:41.000Z",
        "2013-02-13 16:18:41",
    ],
)
def test_times_are_read_as_inaturalist_writes_them(text: str) -> None:
    assert values.instant(text) == datetime(2013, 2, 13, 16, 18, 41, tzinfo=UTC)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2026, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_every_iso_time_is_read_as_the_same_instant(moment: datetime) -> None:
    assert values.instant(moment.isoformat()) == datetime.fromisoformat(moment.isoformat())


VALUES = [
    None,
    True,
    7,
    48662.0,
    2**52,
    1.5,
    float("nan"),
    "",
    "é",
    "x\ud800",
    "2.5",
    "2020-01-02",
    {"a": 1},
    [{}],
]


@pytest.mark.parametrize(
    ("read", "good"),
    [
        (values.identifier, {7: 7, 48662.0: 48662}),
        (values.count, {7: 7, 48662.0: 48662}),
        (values.number, {7: 7.0, 48662.0: 48662.0, 2**52: 2.0**52, 1.5: 1.5, "2.5": 2.5}),
        (values.truth, {True: True}),
        (values.text, {"é": "é", "2.5": "2.5", "2020-01-02": "2020-01-02"}),
        (values.day, {"2020-01-02": date(2020, 1, 2)}),
        (values.instant, {"2020-01-02": datetime(2020, 1, 2, tzinfo=UTC)}),
        (values.uuid, {}),
    ],
)
def test_a_json_value_is_read_or_an_error(read: Callable[[Any], Any], good: dict[Any, Any]) -> None:
    for value in VALUES:
        expected = [good[key] for key in good if key == value and type(key) is type(value)]
        if expected:
            assert read(value) == expected[0]
        else:
            with pytest.raises(ValueError, match=r"^[a-z]"):
                read(value)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (values.identifier, 48662),
        (values.number, 1.5),
        (values.truth, True),
        (values.truth, False),
        (values.count, 12),
    ],
)
def test_text_and_json_are_read_alike(read: Callable[[Any], Any], value: object) -> None:
    assert read(value) == read(str(value)) == value


@given(st.text())
def test_text_is_one_line_that_xml_can_hold(words: str) -> None:
    cleaned = values.clean(words)
    assert cleaned == values.clean(cleaned)
    assert len(cleaned.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f-\x9f]", cleaned)
    if words.isprintable():
        assert cleaned == words.strip()


def test_objects_are_taken_out_of_json() -> None:
    assert [values.json_object(value) for value in VALUES[-2:]] == [{"a": 1}, {}]
    assert [values.json_objects(value) for value in VALUES[-2:]] == [[], [{}]]
