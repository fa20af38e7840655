"""Filling a row of the lake from a record: what is there and can be read, what is empty, what is left out."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from exporter.sources.values import is_missing

#: A row of one of the lake's tables: values by column name. A column left out is unknown.
Row = dict[str, Any]

T = TypeVar("T")

_SHOWN = 60


class BadValueError(ValueError):
    """A value that cannot be read: its column in the file, what is there, and why not."""

    def __init__(self, column: str, value: object, reason: str) -> None:
        shown = value if isinstance(value, str) else str(value)
        super().__init__(f"{column} {shown[:_SHOWN]!r}: {reason}")
        self.column = column
        self.reason = reason


class Fields:
    """A record's values by the names that a kind of file gives them; bad ones are collected, not raised."""

    def __init__(self, record: Mapping[str, Any], prefix: str = "") -> None:
        """``prefix`` goes before the names in reports, for an object within a record."""
        self._record = record
        self._prefix = prefix
        #: What was left out so far.
        self.faults: list[BadValueError] = []

    def require(self, names: Iterable[str], read: Callable[[object], T]) -> T | None:
        """Read the first of the named values that is there; None if none is. BadValueError if it is bad."""
        for name in names:
            value = self._record.get(name)
            if not is_missing(value):
                return self._read(name, value, read)
        return None

    def get(self, names: Iterable[str], read: Callable[[object], T]) -> T | None:
        """Read the first of the named values that is there and good. None if there is none."""
        row: dict[str, T | None] = {}
        self.take(row, "value", names, read)
        return row.get("value")

    def take(
        self, row: dict[str, Any], column: str, names: Iterable[str], read: Callable[[object], object]
    ) -> None:
        """Put the first of the named values that is there and good into a row.

        None if it is empty on iNaturalist (a JSON null); nothing if no value is there, or a bad one alone,
        which is noted.
        """
        is_empty = is_bad = False
        for name in names:
            value = self._record.get(name)
            if is_missing(value):
                is_empty |= value is None and name in self._record
                continue
            try:
                row[column] = self._read(name, value, read)
            except BadValueError as fault:
                self.faults.append(fault)
                is_bad = True
                continue
            return
        if is_empty and not is_bad:
            row[column] = None

    def is_bad(self, names: Iterable[str]) -> bool:
        """Return whether one of the named values was there and could not be read."""
        bad = {fault.column for fault in self.faults}
        return any(f"{self._prefix}{name}" in bad for name in names)

    def _read(self, name: str, value: object, read: Callable[[object], T]) -> T:
        try:
            return read(value)
        except ValueError as fault:
            raise BadValueError(f"{self._prefix}{name}", value, str(fault)) from None
