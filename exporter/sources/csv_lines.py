"""Rows of a comma-separated file with a header (RFC 4180), each with the line it ends on."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from exporter.sources.files import READ_ERRORS, ByteStream, FileReport

if TYPE_CHECKING:
    from _csv import Reader

#: Values by column name; what is blank is left out.
CsvRow = dict[str, str]

T = TypeVar("T")

_TEXT_IN_REFUSAL = 60


def csv_rows(stream: ByteStream, report: FileReport) -> Iterator[tuple[str, CsvRow]]:
    """The rows with their places ("line 12"). What cannot be read as a row is refused."""
    # A byte that is not UTF-8 must not end the reading: it becomes a lone surrogate, and its row is refused.
    with io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="") as text:
        lines = csv.reader(text, strict=True)
        rows = _rows(lines, report)
        _, names = next(rows, ("", []))
        header = [name.strip() for name in names]
        for place, values in rows:
            report.read += 1
            if len(values) != len(header):
                report.refuse(place, f"{len(values)} columns where the header has {len(header)}")
            elif not all(map(_is_text, values)):
                report.refuse(place, "not text in UTF-8")
            else:
                stripped = zip(header, map(str.strip, values), strict=True)
                yield place, {name: value for name, value in stripped if value}


def csv_value(row: CsvRow, name: str, read_value: Callable[[str], T]) -> T:
    """A value as ``read_value`` reads it; the ValueError of a bad one names its column."""
    try:
        return read_value(row[name])
    except ValueError as fault:
        raise ValueError(f"{name} {row[name][:_TEXT_IN_REFUSAL]!r}: {fault}") from None


def _rows(lines: "Reader", report: FileReport) -> Iterator[tuple[str, list[str]]]:
    """The rows, header included, that are CSV and not blank; where the file breaks off is noted."""
    while True:
        try:
            values = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            report.read += 1
            report.refuse(f"line {lines.line_num}", f"not valid CSV ({error})")
            continue
        except READ_ERRORS as error:
            report.refuse_rest(f"line {lines.line_num + 1}", error)
            return
        if any(values):
            yield f"line {lines.line_num}", values


def _is_text(value: str) -> bool:
    """Whether all its bytes could be read as UTF-8: others were turned into lone surrogates."""
    return value.isascii() or not any("\udc80" <= character <= "\udcff" for character in value)
