"""Values of a command line. BadParameter, which names the option, says what is wrong with one."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import click

_MOST = 2**63 - 1
#: Windows of years around a time must still be times.
_FIRST_YEAR, _LAST_YEAR = 1900, 2999


class PathValue(click.Path):
    """A path that the system can have: in UTF-8, without NUL. Nothing needs to be there."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Read a path."""
        text = str(value)
        if not text or "\0" in text or not is_utf8(text):
            self.fail(f"{text!a} is not a path in UTF-8", param, ctx)
        return Path(text)


#: Differ in what a shell completes.
FILE = PathValue()
FOLDER = PathValue(file_okay=False)


def is_utf8(text: str) -> bool:
    """Return whether a text is UTF-8 in the system's bytes too."""
    # Bytes that are not UTF-8 come as characters that UTF-8 does not have.
    return text.encode(errors="ignore").decode() == text


def whole_number(text: str | int) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a whole number") from None


def positive(text: str | int) -> int:
    """Read a whole number above 0."""
    number = whole_number(text)
    if not 1 <= number <= _MOST:
        raise click.BadParameter(f"{text} is not a number above 0 and below 2^63")
    return number


def between(least: int, most: int, noun: str) -> Callable[[str | int], int]:
    """Return what reads a whole number from ``least`` to ``most``; ``noun``: what it counts, like "days"."""

    def number_of(text: str | int) -> int:
        number = whole_number(text)
        if not least <= number <= most:
            raise click.BadParameter(f"{text} is not a number of {noun} from {least} to {most}")
        return number

    return number_of


def day(text: str) -> date:
    """Read a date, like 2026-01-31."""
    try:
        read = date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a date like 2026-01-31") from None
    _check_year(text, read.year)
    return read


def time(text: str) -> datetime:
    """Read a time with a zone, like 2026-01-31T12:00:00Z, as UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time like 2026-01-31T12:00:00Z") from None
    _check_year(text, read.year)
    if read.tzinfo is None:
        raise click.BadParameter(f"{text!r} has no zone; end it in Z or +00:00")
    return read.astimezone(UTC)


def _check_year(text: str, year: int) -> None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise click.BadParameter(f"{text!r} is not between the years {_FIRST_YEAR} and {_LAST_YEAR}")
