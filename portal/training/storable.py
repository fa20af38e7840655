"""Whether plain values from outside can be kept as JSON in either database."""

import math
from typing import Any

from exporter.errors import DataError

DEEPEST = 20


def check_storable(name: str, value: Any, depth: int = 0) -> None:
    """DataError if the value nests too deeply, or holds text or numbers that PostgreSQL's JSON cannot."""
    if depth > DEEPEST:
        raise DataError(f"{name}: is nested more than {DEEPEST} deep.")
    if isinstance(value, str):
        _check_text(name, value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise DataError(f"{name}: holds a number that is not finite.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_text(name, key)
            check_storable(name, inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            check_storable(name, inner, depth + 1)


def _check_text(name: str, text: str) -> None:
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise DataError(f"{name}: holds a character that is none (NUL, or half of a pair).")
