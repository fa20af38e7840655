"""Input files: finding them, opening them, and telling what in them was refused."""

import gzip
import io
import os
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, cast

from exporter.errors import DataError
from exporter.sources.fields import BadValueError
from exporter.sources.kinds import Kind

#: Refusals and notes kept word for word, per file; the others are only counted, for memory's sake.
KEPT_REFUSALS = 1000

#: A line, or a record within a document, is held in memory whole: longer ones are refused.
MOST_BYTES = 16 << 20

#: Read from the disk at once.
_BUFFER_BYTES = 1 << 18

#: What reading a damaged file raises: cut off, broken gzip data, or a fault of the disk.
READ_ERRORS = (EOFError, zlib.error, OSError)

#: What `open` gives; its type says of what kind the raw file below is.
_File = io.BufferedReader
ByteStream = gzip.GzipFile | _File | zipfile.ZipExtFile

#: What differs from one refusal to another for the same reason: details in brackets.
_VALUES = re.compile(r" \(.*\)")
_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Refusal:
    """Something that was not loaded: where it is ("line 12", "results[17]", or "" for all) and why."""

    path: Path
    place: str
    why: str

    def __str__(self) -> str:
        where = f"{self.path}, {self.place}" if self.place else str(self.path)
        return f"{where}: {self.why}"


@dataclass
class FileReport:
    """What became of one file."""

    path: Path
    #: The kind it was recognised as; None where it was not.
    kind: Kind | None = None
    #: Records: lines or JSON objects, refused ones included.
    read: int = 0
    #: Rows staged, by table of the lake.
    rows: dict[str, int] = field(default_factory=dict)
    #: The first refusals, `KEPT_REFUSALS` at most.
    refusals: list[Refusal] = field(default_factory=list)
    #: All refusals, and how many there are for each reason.
    refused: int = 0
    refused_for: Counter[str] = field(default_factory=Counter)
    #: The first values that were left out of records that were loaded, `KEPT_REFUSALS` at most.
    notes: list[Refusal] = field(default_factory=list)
    #: All values that were left out, and how many there are for each column and reason.
    left_out: int = 0
    left_out_of: Counter[str] = field(default_factory=Counter)

    def refuse(self, place: str, why: str | BadValueError, reason: str = "") -> None:
        """Note a record, or more, that is not loaded, counted under ``reason``, or else under ``why``."""
        self.refused += 1
        self.refused_for[reason or _reason(why)] += 1
        if len(self.refusals) < KEPT_REFUSALS:
            self.refusals.append(Refusal(self.path, place, str(why)))

    def leave_out(self, place: str, fault: BadValueError) -> None:
        """Note a value that is not loaded, of a record that is."""
        self.left_out += 1
        self.left_out_of[_reason(fault)] += 1
        if len(self.notes) < KEPT_REFUSALS:
            self.notes.append(Refusal(self.path, place, str(fault)))

    def refuse_rest(self, place: str, error: Exception) -> None:
        """Note that the file could be read no further."""
        reason = " ".join(str(error).split()) or type(error).__name__
        self.refuse(place, f"the file breaks off or is damaged here ({reason}); fetch it again")

    def count_rows(self, table: str, number: int) -> None:
        """Note that rows of a table were staged."""
        self.rows[table] = self.rows.get(table, 0) + number


def _reason(why: str | BadValueError) -> str:
    """Return a reason as it is counted: without the value, which may be another in each record."""
    return f"{why.column}: {why.reason}" if isinstance(why, BadValueError) else _VALUES.sub("", str(why))


class _Watched(io.FileIO):
    """A file that reports how many bytes of it were read."""

    def __init__(self, path: Path, watch: Callable[[int], object]) -> None:
        super().__init__(path)
        self._watch = watch

    def readinto(self, buffer: Any) -> int | None:
        """Read, and report it."""
        number = super().readinto(buffer)
        self._watch(number or 0)
        return number


@contextmanager
def open_input(path: Path, watch: Callable[[int], object] = int) -> Iterator[ByteStream]:
    """A file's bytes from the start, unpacked if it is gzip, its byte order mark left out.

    ``watch`` is called with the number of bytes of each piece that is read from the disk. Reading a damaged
    file raises one of `READ_ERRORS`.
    """
    with ExitStack() as opened:
        raw = _Watched(path, watch)
        stream: ByteStream = opened.enter_context(cast(_File, io.BufferedReader(raw, _BUFFER_BYTES)))
        if stream.peek(2)[:2] == _GZIP_MAGIC:
            stream = opened.enter_context(gzip.open(stream))
        if stream.peek(3)[:3] == _BYTE_ORDER_MARK:
            stream.read(3)
        yield stream


def blocks(stream: ByteStream, size: int) -> Iterator[bytes]:
    """The bytes of a stream in blocks of about ``size``; those before damage, then its `READ_ERRORS`."""
    block = bytearray()
    try:
        # read1 gives what one step of unpacking made: of a longer read that fails all would be lost.
        while piece := stream.read1(size):
            block += piece
            if len(block) >= size:
                yield bytes(block)
                block.clear()
    except READ_ERRORS:
        yield bytes(block)
        raise
    yield bytes(block)


def lines_of(stream: ByteStream, report: FileReport) -> Iterator[tuple[int, bytes]]:
    """The lines with their numbers, from 1, each with its line end; too long ones are refused and blank."""
    number = 0
    while line := stream.readline(MOST_BYTES):
        number += 1
        if len(line) == MOST_BYTES and not line.endswith(b"\n"):
            report.read += 1
            report.refuse(f"line {number}", too_long("a line"))
            while line and not line.endswith(b"\n"):
                line = stream.readline(MOST_BYTES)
            line = b"\n"
        yield number, line


def too_long(what: str) -> str:
    """The reason for which something too large to hold in memory is refused."""
    return f"{what} of more than {MOST_BYTES >> 20} MiB"


def wrong_width(columns: int, header: int) -> tuple[str, str]:
    """Why a row that does not fit the header is refused, and what it is counted under."""
    return f"{columns} columns where the header has {header}", "another number of columns than the header"


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Each file named, and each in the folders named and below, once, in order of name; hidden ones not.

    DataError for a path that does not exist or cannot be listed, and for a folder without files.
    """
    seen = set()
    for path in paths:
        for file in _files_at(path):
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file


def _files_at(path: Path) -> list[Path]:
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; check the path")
    if not path.is_dir():
        if not path.is_file():
            raise DataError(f"{path}: neither a file nor a folder; check the path")
        return [path]
    files = list(_walk(path))
    if not files:
        raise DataError(f"{path}: no file in this folder or below; check the path")
    return files


def _walk(folder: Path) -> Iterator[Path]:
    for name, folders, files in os.walk(folder, onerror=_cannot_list):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        paths = (Path(name) / each for each in sorted(files) if not each.startswith("."))
        yield from (path for path in paths if path.is_file())


def _cannot_list(error: OSError) -> NoReturn:
    raise DataError(f"{error.filename}: {error.strerror}; check who may read this folder")
