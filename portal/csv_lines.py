"""Tables as CSV (RFC 4180), line by line, so that no file is ever whole in memory."""

import csv
from collections.abc import Iterable, Iterator, Sequence


class _Echo:
    """A file that gives back what is written into it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a table, its header first; None is written as nothing."""
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow(row)
