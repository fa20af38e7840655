"""Input files: finding them, opening them, and telling what in them was refused."""

import gzip
import io
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from exporter.errors import DataError
from exporter.sources.kinds import Kind

#: Refusals kept word for word, per file; the others are only counted, for memory's sake.
KEPT_REFUSALS = 1000

#: What reading a damaged file raises: cut off, broken gzip data, or a fault of the disk.
READ_ERRORS = (EOFError, zlib.error, OSError)

ByteStream = gzip.GzipFile | io.BufferedReader

_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Refusal:
    """Something that was not loaded: where it stands ("line 12", "results[17]", or "" for all) and why."""

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
    #: Records found: lines or JSON objects, refused ones included.
    read: int = 0
    #: Rows staged, by table of the lake.
    rows: dict[str, int] = field(default_factory=dict)
    #: The first refusals, `KEPT_REFUSALS` at most.
    refusals: list[Refusal] = field(default_factory=list)
    #: All refusals.
    refused: int = 0

    def refuse(self, place: str, why: str) -> None:
        """Note a refusal."""
        self.refused += 1
        if len(self.refusals) < KEPT_REFUSALS:
            self.refusals.append(Refusal(self.path, place, why))

    def refuse_rest(self, place: str, error: Exception) -> None:
        """Note that the file could be read no further."""
        reason = " ".join(str(error).split()) or type(error).__name__
        self.refuse(place, f"the file breaks off or is damaged here ({reason}); fetch it again")

    def count_rows(self, table: str, number: int) -> None:
        """Note that rows of a table were staged."""
        self.rows[table] = self.rows.get(table, 0) + number


@contextmanager
def open_input(path: Path) -> Iterator[ByteStream]:
    """A file's bytes from the start, unpacked if it is gzip, its byte order mark left out.

    Reading a damaged file raises one of `READ_ERRORS`.
    """
    with ExitStack() as opened:
        stream: ByteStream = opened.enter_context(path.open("rb"))
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


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Each file named, and each in the folders named and below, once, in order of name; hidden ones not.

    DataError for a path that does not exist.
    """
    seen = set()
    for path in paths:
        if not path.exists():
            raise DataError(f"{path}: no such file or folder; check the path")
        for file in _walk(path) if path.is_dir() else [path]:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file


def _walk(folder: Path) -> Iterator[Path]:
    for name, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        yield from (Path(name) / each for each in sorted(files) if not each.startswith("."))
