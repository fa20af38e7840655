"""Rows of a comma-separated file with a header (RFC 4180), each with the line it ends on."""

import csv
from collections.abc import Iterator
from typing import TYPE_CHECKING

from exporter.sources.files import READ_ERRORS, ByteStream, FileReport, lines_of, wrong_width
from exporter.sources.values import is_missing

if TYPE_CHECKING:
    from _csv import Reader

#: Values by column name; what is blank, or stands for a missing value, is left out.
CsvRow = dict[str, str]


def csv_rows(stream: ByteStream, report: FileReport) -> Iterator[tuple[str, CsvRow]]:
    """Give the rows with their places ("line 12"). What cannot be read as a row is refused."""
    # A byte that is not UTF-8 must not end the reading: it becomes half a surrogate pair, and no value.
    text = (line.decode("utf-8", "surrogateescape") for _, line in lines_of(stream, report))
    rows = values_of(csv.reader(text, strict=True), report)
    _, names = next(rows, ("", []))
    header = [name.strip() for name in names]
    for place, values in rows:
        report.read += 1
        if len(values) != len(header):
            report.refuse(place, *wrong_width(len(values), len(header)))
            continue
        stripped = zip(header, map(str.strip, values), strict=True)
        yield place, {name: value for name, value in stripped if value and not is_missing(value)}


def values_of(lines: "Reader", report: FileReport, within: str = "") -> Iterator[tuple[str, list[str]]]:
    """The rows, header included, that are CSV and not blank; where the file breaks off is noted.

    ``within`` goes before a place, for a table that is a part of the file.
    """
    while True:
        try:
            values = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            report.read += 1
            report.refuse(f"{within}line {lines.line_num}", f"not valid CSV ({error})")
            continue
        except READ_ERRORS as error:
            report.refuse_rest(f"{within}line {lines.line_num + 1}", error)
            return
        if any(values):
            yield f"{within}line {lines.line_num}", values
