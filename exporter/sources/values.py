"""Reading single values, of text and of JSON alike: what one kind of file may say, every kind may say.

A reader takes a value that is there (text that is not blank, or a JSON value that is not null) and gives
what the lake stores, or a ValueError that says why not. Whoever calls it decides what that means: only a bad
id costs the record, any other value is left out and reported (`exporter.sources.fields`).
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from exporter.schema import MAX_ID

JsonObject = Mapping[str, Any]

GRADES = ("research", "needs_id", "casual")

#: What programs write for a missing value: R and spreadsheets, Python, SQL, pandas.
MISSING = ("NA", "N/A", "#N/A", "NaN", "nan", "NAN", "NULL", "null", "None", "<NA>", "NaT")

#: Days and times before this are slips of the keyboard: no specimen on iNaturalist is older.
EARLIEST = date(1500, 1, 1)
#: The sun rises first where the clock is 14 hours ahead of UTC, and clocks go wrong.
_AHEAD = timedelta(days=1)

_WHOLE_NUMBER = re.compile(r"([+-]?[0-9]{1,40})(?:\.0*)?")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9]{1,2}:[0-9]{2}.*)?")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ZONE = re.compile(r" ?(?:UTC|([+-][0-9]{2}):?([0-9]{2}))$")
EXTENSION_PATTERN = "[A-Za-z0-9]{1,5}"
_EXTENSION = re.compile(EXTENSION_PATTERN)
LICENSE_PATTERN = "[a-z0-9][a-z0-9. -]{0,39}"
_LICENSE = re.compile(LICENSE_PATTERN)
_TRUTHS = {
    "true": True, "t": True, "1": True, "1.0": True, "false": False, "f": False, "0": False, "0.0": False,
}  # fmt: skip
_INT32 = range(-(2**31), 2**31)
#: Control characters, line and paragraph separators, what is no character in XML.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+")
#: Half a surrogate pair: of broken JSON, or a byte that is not UTF-8.
_HALF = re.compile("[\ud800-\udfff]")


def is_missing(value: object) -> bool:
    """Return whether a value stands for no value: null, blank, or what programs write for it."""
    return value is None or (
        isinstance(value, str) and ((stripped := value.strip()) == "" or stripped in MISSING)
    )


def whole_number(value: object) -> int:
    """Read a whole number; ``48662.0``, as pandas and R write it, is one."""
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    match = _WHOLE_NUMBER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("not a whole number")
    return int(match[1])


def identifier(value: object) -> int:
    """Read an id of iNaturalist, from 0 to `MAX_ID`."""
    number = whole_number(value)
    if number < 0:
        raise ValueError("not an id: below zero")
    if number > MAX_ID:
        raise ValueError("id too large")
    return number


def small_number(value: object) -> int:
    """Read a whole number of 32 bits."""
    number = whole_number(value)
    if number not in _INT32:
        raise ValueError("too large")
    return number


def count(value: object) -> int:
    """Read a whole number of 32 bits from 0 on: a count, a place in an order, a width in pixels."""
    number = small_number(value)
    if number < 0:
        raise ValueError("below zero")
    return number


def number(value: object) -> float:
    """Read a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("not a number")
    try:
        result = float(value)
    except (ValueError, OverflowError):
        raise ValueError("not a number") from None
    if not math.isfinite(result):
        raise ValueError("not a number")
    return result


def distance(value: object) -> float:
    """Read metres from 0 on."""
    metres = number(value)
    if metres < 0:
        raise ValueError("below zero")
    return metres


def latitude(value: object) -> float:
    """Read degrees north."""
    return _within(number(value), 90)


def longitude(value: object) -> float:
    """Read degrees east."""
    return _within(number(value), 180)


def place(value: object) -> tuple[float, float]:
    """Read latitude and longitude: ``36.1,-94.1``, a list of two, or a Python list or tuple as text."""
    parts = value.strip("()[] ").split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or len(parts) != 2:
        raise ValueError("not a latitude and a longitude")
    return latitude(_stripped(parts[0])), longitude(_stripped(parts[1]))


def point(value: object) -> tuple[float, float]:
    """Read latitude and longitude from GeoJSON's coordinates, which have the longitude first."""
    parts = value.strip("()[] ").split(",") if isinstance(value, str) else value
    return place(parts[::-1] if isinstance(parts, list) else parts)


def day(value: object) -> date:
    """Read a day written YYYY-MM-DD, or the day of a time, where it was given: 1500 to tomorrow."""
    match = _DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("not a day (YYYY-MM-DD)")
    result = date.fromisoformat(match[1])
    _check_plausible(result)
    return result


def instant(value: object) -> datetime:
    """Read a time in ISO 8601 or as in iNaturalist's CSV, UTC if it has no zone: 1500 to tomorrow."""
    try:
        if not isinstance(value, str):
            raise ValueError
        moment = datetime.fromisoformat(_ZONE.sub(_iso_zone, value))
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError("not a time") from None
    _check_plausible(moment.date())
    return moment


def truth(value: object) -> bool:
    """Read true or false, in any letter case, or 1 and 0."""
    known = _TRUTHS.get(str(value).lower()) if isinstance(value, str | int | float) else None
    if known is None:
        raise ValueError("neither true nor false")
    return known


def uuid(value: object) -> str:
    """Read a UUID; gives it in lower case."""
    if not isinstance(value, str) or not _UUID.fullmatch(value.lower()):
        raise ValueError("not a UUID")
    return value.lower()


def grade(value: object) -> str:
    """Read a quality grade."""
    if value not in GRADES:
        raise ValueError(f"not one of {', '.join(GRADES)}")
    return str(value)


def text(value: object) -> str:
    """Read text as one line: what cannot be printed (NUL, vertical tabs, line ends) becomes a blank."""
    if not isinstance(value, str):
        raise ValueError("not text")
    if _HALF.search(value):
        raise ValueError("not text in UTF-8")
    words = clean(value)
    if not words:
        raise ValueError("nothing that can be printed")
    return words


def clean(words: str) -> str:
    """Return text as one line without control characters, for that is what every page and feed can show."""
    if words.isprintable():
        return words.strip()
    parts = (part.strip() for part in _UNPRINTABLE.sub("\n", words).split("\n"))
    return " ".join(part for part in parts if part)


def rank(value: object) -> str:
    """Read a rank's name; gives it in lower case."""
    return text(value).lower()


def extension(value: object) -> str:
    """Read a file's extension, without its dot."""
    if not isinstance(value, str) or not _EXTENSION.fullmatch(value):
        raise ValueError("not a file's extension")
    return value


def licence(value: object) -> str:
    """Read a licence's code; gives it in lower case, with hyphens."""
    code = value.strip().lower() if isinstance(value, str) else ""
    if not _LICENSE.fullmatch(code):
        raise ValueError("not a licence's code")
    return code


def identifiers(value: object) -> list[int]:
    """Read ids: a list, ``1/2/3``, ``1,2,3``, or a Python list as text."""
    parts = re.split(r"[/,]", value.strip("()[] ")) if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise ValueError("not ids")
    return [identifier(_stripped(part)) for part in parts]


def json_int(value: object) -> int | None:
    """Return an id, or None in place of anything else."""
    return value if type(value) is int and 0 <= value <= MAX_ID else None


def json_object(value: object) -> JsonObject:
    """Return an object; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def json_objects(value: object) -> list[JsonObject]:
    """Return the objects of a list; none in place of anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _within(degrees: float, limit: int) -> float:
    if abs(degrees) > limit:
        raise ValueError(f"not within -{limit} and {limit} degrees")
    return degrees


def latest() -> date:
    """Return the last day that can be true today."""
    return datetime.now(UTC).date() + _AHEAD


def _check_plausible(result: date) -> None:
    if result < EARLIEST:
        raise ValueError(f"before {EARLIEST.year}")
    if result > latest():
        raise ValueError("in the future")


def _iso_zone(match: re.Match[str]) -> str:
    return f"{match[1]}:{match[2]}" if match[1] else "+00:00"
