"""Reading single values: of text, where a bad one is an error, and of JSON, where it counts as not told."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

JsonObject = Mapping[str, Any]

GRADES = ("research", "needs_id", "casual")

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ZONE = re.compile(r" ?(?:UTC|([+-][0-9]{2}):?([0-9]{2}))$")
_PHOTO_URL = re.compile(r"/photos/([0-9]{1,18})/[^/?.]*\.([A-Za-z0-9]+)(?:\?|$)")
_TRUTHS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)


def whole_number(text: str) -> int:
    """A whole number of at most 18 digits. ValueError if it is none."""
    if not _WHOLE_NUMBER.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def identifier(text: str) -> int:
    """An id of iNaturalist. ValueError if it is none."""
    number = whole_number(text)
    if number < 0:
        raise ValueError("not an id: below zero")
    return number


def small_number(text: str) -> int:
    """A whole number of 32 bits. ValueError if it is none."""
    number = whole_number(text)
    if number not in _INT32:
        raise ValueError("too large")
    return number


def number(text: str) -> float:
    """A finite number. ValueError if it is none."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError("not a number") from None
    if not math.isfinite(value):
        raise ValueError("not a number")
    return value


def latitude(text: str) -> float:
    """Degrees north. ValueError if out of range."""
    return _within(number(text), 90)


def longitude(text: str) -> float:
    """Degrees east. ValueError if out of range."""
    return _within(number(text), 180)


def day(text: str) -> date:
    """A day written YYYY-MM-DD. ValueError if it is none."""
    if not _DAY.fullmatch(text):
        raise ValueError("not a day (YYYY-MM-DD)")
    return date.fromisoformat(text)


def instant(text: str) -> datetime:
    """A time in ISO 8601 or as in iNaturalist's CSV; UTC if no zone is told. ValueError if it is none."""
    try:
        moment = datetime.fromisoformat(_ZONE.sub(_iso_zone, text))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError("not a time") from None


def truth(text: str) -> bool:
    """True or false, in any letter case. ValueError if it is neither."""
    try:
        return _TRUTHS[text.lower()]
    except KeyError:
        raise ValueError("neither true nor false") from None


def uuid(text: str) -> str:
    """A UUID in lower case. ValueError if it is none."""
    if not _UUID.fullmatch(text.lower()):
        raise ValueError("not a UUID")
    return text.lower()


def grade(text: str) -> str:
    """A quality grade. ValueError if it is none."""
    if text not in GRADES:
        raise ValueError(f"not one of {', '.join(GRADES)}")
    return text


def photo_address(url: str) -> tuple[int, str, str] | None:
    """Photo id, host and extension told by a photo's URL; None where it is not one of iNaturalist's."""
    match = _PHOTO_URL.search(url)
    if match is None:
        return None
    host = "open-data" if "inaturalist-open-data" in url else "static"
    return int(match[1]), host, match[2]


def json_int(value: object) -> int | None:
    """A whole number of 64 bits."""
    return value if type(value) is int and value in _INT64 else None


def json_int32(value: object) -> int | None:
    """A whole number of 32 bits."""
    return value if type(value) is int and value in _INT32 else None


def json_number(value: object) -> float | None:
    """A finite number, also where it is written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return number(str(value))
    except ValueError:
        return None


def json_bool(value: object) -> bool | None:
    """True or false."""
    return value if isinstance(value, bool) else None


def json_text(value: object) -> str | None:
    """Text that is not empty; what is no character (half a surrogate pair) is replaced."""
    if not isinstance(value, str) or not value:
        return None
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def json_uuid(value: object) -> str | None:
    """A UUID in lower case."""
    try:
        return uuid(value) if isinstance(value, str) else None
    except ValueError:
        return None


def json_instant(value: object) -> datetime | None:
    """A time."""
    try:
        return instant(value) if isinstance(value, str) else None
    except ValueError:
        return None


def json_day(value: object) -> date | None:
    """A day, also the day of a time."""
    try:
        return day(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def json_object(value: object) -> JsonObject:
    """An object; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def json_objects(value: object) -> list[JsonObject]:
    """The objects of a list; none in place of anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _within(degrees: float, limit: int) -> float:
    if abs(degrees) > limit:
        raise ValueError(f"not within -{limit} and {limit} degrees")
    return degrees


def _iso_zone(match: re.Match[str]) -> str:
    return f"{match[1]}:{match[2]}" if match[1] else "+00:00"
