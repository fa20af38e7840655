"""The environment, read with one clear line for every bad value.

Every variable that the settings read passes through here, so `NAMES` lists them all;
docs/settings.md says what each does.
"""

import os
import re
import secrets
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from exporter.storage import Address, is_store

#: Names of the variables read so far.
NAMES: set[str] = set()

_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """The variable's value without surrounding blanks; empty counts as not set."""
    NAMES.add(name)
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    """A yes or no."""
    value = text(name).lower()
    if value and value not in _YES | _NO:
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to 1 or 0.")
    return value in _YES if value else default


def number(name: str, default: int, low: int, high: int) -> int:
    """A whole number from `low` to `high`."""
    value = text(name)
    try:
        read = int(value or default)
    except ValueError:
        read = low - 1
    if not low <= read <= high:
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to a whole number from {low} to {high}.")
    return read


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of the `allowed` words, in any case."""
    value = text(name, default).upper()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to one of {', '.join(allowed)}.")
    return value


def site(name: str, default: str) -> str:
    """The address of a site without a slash at its end; empty for the word "off"."""
    value = text(name, default).rstrip("/")
    if value == "off":
        return ""
    if not re.fullmatch(r"https?://[\w.:/~-]+", value, re.ASCII):
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to an address like {default}, or to off.")
    return value


def folder(name: str, default: str) -> Path:
    """A folder of this machine."""
    value = text(name, default)
    if is_store(value):
        raise ImproperlyConfigured(
            f"{name} is {value!r}: set it to a folder of this machine, and LEAFLINE_LAKE to this address."
        )
    return Path(value).resolve()


def lake(name: str, default: Path) -> Address:
    """Where a lake is: a folder, or a prefix in an object store."""
    value = text(name)
    return value if is_store(value) else Path(value or default).resolve()


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def ids(name: str) -> list[int]:
    """A list of ids separated by commas."""
    read = words(name)
    for word in read:
        if not word.isdecimal():
            raise ImproperlyConfigured(f"{name} contains {word!r}: set it to ids separated by commas.")
    return [int(word) for word in read]


def for_program(given: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program that the portal starts, with these values besides."""
    return {**os.environ, **given}


def for_demo(environ: MutableMapping[str, str]) -> None:
    """Fill in what a demonstration on this machine needs and nobody has set: its own key, and no HTTPS."""
    environ.setdefault("LEAFLINE_DATA", "var")
    environ.setdefault("LEAFLINE_HTTPS", "0")
    if not environ.get("LEAFLINE_SECRET_KEY"):
        environ["LEAFLINE_SECRET_KEY"] = _secret_key(Path(environ["LEAFLINE_DATA"]) / "secret_key")


def _secret_key(path: Path) -> str:
    """The key kept in a file that only its owner can read, made on first use."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(64))
    return path.read_text().strip()
