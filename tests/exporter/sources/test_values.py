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
        (values.day, "2019-06-29", date(2019, 6, 29)),
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
        (values.whole_number, "1.0", "not a whole number"),
        (values.whole_number, "1_000", "not a whole number"),
        (values.whole_number, "１", "not a whole number"),
        (values.whole_number, "1" * 19, "not a whole number"),
        (values.identifier, "-1", "not an id: below zero"),
        (values.small_number, "2147483648", "too large"),
        (values.number, "north", "not a number"),
        (values.number, "nan", "not a number"),
        (values.number, "inf", "not a number"),
        (values.latitude, "90.1", "not within -90 and 90 degrees"),
        (values.longitude, "-180.1", "not within -180 and 180 degrees"),
        (values.day, "29/06/2019", "not a day (YYYY-MM-DD)"),
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


@given(st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_every_iso_time_is_read_as_the_same_instant(moment: datetime) -> None:
    assert values.instant(moment.isoformat()) == datetime.fromisoformat(moment.isoformat())


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://inaturalist-open-data.s3.amazonaws.com/photos/4307/medium.jpg", (4307, "open-data", "jpg")),
        (
            "https://inaturalist-open-data.s3.amazonaws.com/photos/130636/medium.JPG",
            (130636, "open-data", "JPG"),
        ),
        ("https://static.inaturalist.org/photos/251555/square.jpeg?1360772341", (251555, "static", "jpeg")),
        ("https://scontent.xx.fbcdn.net/v/l/t31.0-8/p720x720/171953_10.jpg", None),
        ("https://static.inaturalist.org/photos/251555/", None),
        ("", None),
    ],
)
def test_a_photos_url_tells_its_id_host_and_extension(url: str, told: object) -> None:
    assert values.photo_address(url) == told


JSON_VALUES = [
    None,
    True,
    7,
    2**31,
    2**63,
    1.5,
    float("nan"),
    "",
    "é",
    "x\ud800",
    "2.5",
    "2020-01-02",
    {"a": 1},
    [{}, 3],
]


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (values.json_int, {7: 7, 2**31: 2**31}),
        (values.json_int32, {7: 7}),
        (values.json_number, {7: 7.0, 2**31: 2.0**31, 2**63: 2.0**63, 1.5: 1.5, "2.5": 2.5}),
        (values.json_bool, {True: True}),
        (values.json_text, {"é": "é", "x\ud800": "x?", "2.5": "2.5", "2020-01-02": "2020-01-02"}),
        (values.json_day, {"2020-01-02": date(2020, 1, 2)}),
        (values.json_instant, {"2020-01-02": datetime(2020, 1, 2, tzinfo=UTC)}),
        (values.json_uuid, {}),
    ],
)
def test_of_json_what_is_of_another_type_is_not_told(
    read: Callable[[Any], Any], told: dict[Any, Any]
) -> None:
    for value in JSON_VALUES:
        expected = [told[key] for key in told if key == value and type(key) is type(value)]
        assert read(value) == (expected[0] if expected else None), value


def test_objects_are_taken_out_of_json() -> None:
    assert [values.json_object(value) for value in JSON_VALUES[-2:]] == [{"a": 1}, {}]
    assert [values.json_objects(value) for value in JSON_VALUES[-2:]] == [[], [{}]]
