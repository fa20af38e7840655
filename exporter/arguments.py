"""Values of the command line that several commands take; argparse shows what is wrong with one."""

import argparse
from pathlib import Path

_MOST = 2**63 - 1


def path(text: str) -> Path:
    """Read a path. ArgumentTypeError if the system cannot have a file of that name."""
    if not text or "\0" in text or not is_utf8(text):
        raise argparse.ArgumentTypeError(f"{text!a} is not a path in UTF-8")
    return Path(text)


def is_utf8(text: str) -> bool:
    """Return whether a text is UTF-8 in the system's bytes too."""
    # Bytes that are not UTF-8 come as characters that UTF-8 does not have.
    return text.encode(errors="ignore").decode() == text


def whole_number(text: str) -> int:
    """Read a whole number. ArgumentTypeError if it is none."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def positive(text: str) -> int:
    """Read a whole number above 0. ArgumentTypeError if it is none."""
    number = whole_number(text)
    if not 1 <= number <= _MOST:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0 and below 2^63")
    return number


def clade(text: str) -> str:
    """Read a taxon's name or id. ArgumentTypeError if it can be neither."""
    name = text.strip()
    if not name or "\0" in name or not is_utf8(name):
        raise argparse.ArgumentTypeError(f"{text!a} is not a name or an id of a taxon")
    if name.isascii() and name.isdecimal():
        positive(name)
    return name
