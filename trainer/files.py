"""Files that are whole or not there."""

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from trainer.errors import DataError

_DIGITS = 5


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes its name when the block has ended well, and is gone otherwise.

    Its bytes are on the disk before it takes the name, so that no power cut leaves a short file behind.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)  # mkstemp's files are for their owner alone
        temporary.rename(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a failed write does not know its file
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole."""
    with whole_file(path) as stream:
        stream.write(text.encode())


def write_json(path: Path, document: object) -> None:
    """Write a JSON file, whole. Numbers that are not finite are a bug, for JSON has none."""
    write_text(path, json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n")


def write_summary(path: Path, document: object) -> None:
    """Write figures as a JSON file to keep: on one line, each number with the digits that mean something."""
    text = json.dumps(_rounded(document), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    write_text(path, text + "\n")


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file with a header (RFC 4180, but lines end in LF), whole."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_text(path, stream.getvalue())


def _why_not_json(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else "not JSON"


def read_json(path: Path, advice: str) -> dict[str, Any]:
    """An object from a JSON file; a DataError that ends in the advice if there is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else _why_not_json(error)
        raise DataError(f"{path}: {reason}; {advice}") from None
    if not isinstance(document, dict):
        raise DataError(f"{path}: not a JSON object; {advice}")
    return document
