"""How commands hand out their results: as CSV, JSON or a table to read; never half-written."""

import csv
import errno
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

FORMATS = ("csv", "json", "table")

_BATCH_ROWS = 10_000
#: What makes a spreadsheet run a cell as a formula: these, in ASCII or full width, at its beginning.
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def write_rows(rows: pa.Table, format_name: str | None, out: Path | None) -> None:
    """Write a result to a file, or to standard output.

    Without a format: a table on a terminal, CSV (RFC 4180) elsewhere. A file appears under its name only
    when it is whole.
    """
    if format_name is None:
        format_name = "table" if out is None and sys.stdout.isatty() else "csv"
    write = _WRITERS[format_name]
    if out is None:
        write(rows, sys.stdout)
        sys.stdout.flush()
        return
    with whole_file(out) as stream:
        write(rows, stream)


def csv_cell(value: Any) -> Any:
    """Return a value for a cell of a CSV file that people open in a spreadsheet.

    Text that a spreadsheet would run as a formula gets an apostrophe before it, which makes it text there.
    Numbers, also below zero, and all other text stay as they are.
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def write_document(
    document: dict[str, Any], rows: pa.Table, format_name: str | None, out: Path | None
) -> None:
    """Write a JSON document, or ``rows``, which say the same in short, as CSV or a table.

    Without a format: the table on a terminal, the document elsewhere.
    """
    if format_name is None:
        format_name = "table" if out is None and sys.stdout.isatty() else "json"
    if format_name != "json":
        write_rows(rows, format_name, out)
        return
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if out is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    with whole_file(out) as stream:
        stream.write(text)


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Open a text file that takes its name when the block has ended well, and is gone otherwise."""
    handle, temporary = _temporary(path)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
        temporary.chmod(0o644)  # mkstemp's files are for their owner alone
        temporary.rename(path)
    except BaseException:
        temporary.unlink()
        raise


def check_writable(path: Path | None) -> None:
    """Raise OSError where a file cannot be written, before minutes of work are spent on what goes into it."""
    if path is not None:
        handle, temporary = _temporary(path)
        os.close(handle)
        temporary.unlink()


def _temporary(path: Path) -> tuple[int, Path]:
    """Open a new file beside ``path``; gives its handle and its path."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        # Whoever reads the message gave the file's name, not that of the temporary one.
        raise OSError(error.errno, error.strerror, str(path)) from None
    return handle, Path(name)


def _write_csv(rows: pa.Table, stream: TextIO) -> None:
    writer = csv.writer(stream)
    writer.writerow(rows.column_names)
    for batch in rows.to_batches(max_chunksize=_BATCH_ROWS):
        columns = (map(csv_cell, column.to_pylist()) for column in batch.columns)
        writer.writerows(zip(*columns, strict=True))


def _write_json(rows: pa.Table, stream: TextIO) -> None:
    separator = "["
    for batch in rows.to_batches(max_chunksize=_BATCH_ROWS):
        for row in batch.to_pylist():
            stream.write(f"{separator}\n{json.dumps(row, ensure_ascii=False, default=str)}")
            separator = ","
    stream.write("[]\n" if separator == "[" else "\n]\n")


def _write_table(rows: pa.Table, stream: TextIO) -> None:
    columns = [
        [name, *("" if value is None else str(value) for value in rows.column(name).to_pylist())]
        for name in rows.column_names
    ]
    is_number = [pa.types.is_integer(field.type) or pa.types.is_floating(field.type) for field in rows.schema]
    widths = [max(len(value) for value in column) for column in columns]
    for line in zip(*columns, strict=True):
        cells = [
            value.rjust(width) if right else value.ljust(width)
            for value, width, right in zip(line, widths, is_number, strict=True)
        ]
        stream.write("  ".join(cells).rstrip() + "\n")


_WRITERS: dict[str, Callable[[pa.Table, TextIO], Any]] = {
    "csv": _write_csv,
    "json": _write_json,
    "table": _write_table,
}


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: "1 photo", "2 photos"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
