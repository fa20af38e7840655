"""What the lake asks of the storage that holds it.

A file never changes once it has its name, but for two kinds: what `Storage.change` changes, and Delta's own
``_last_checkpoint``.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from io import BufferedReader
from pathlib import Path
from typing import Literal, Protocol, Self, TypeAlias, TypeVar

import duckdb

#: A folder, or ``s3://BUCKET/PREFIX``.
Address: TypeAlias = Path | str


class LostRaceError(Exception):
    """Another writer was faster: what was to be written rests on what is no longer the newest."""


class LakePath(Protocol):
    """The place of a file or folder of a lake: as much of `pathlib.Path` as the lake needs."""

    @property
    def name(self) -> str:
        """The last part."""

    @property
    def parent(self) -> Self:
        """The folder it lies in."""

    def __truediv__(self, name: str, /) -> Self:
        """What lies in this folder under a name."""

    def __lt__(self, other: Self, /) -> bool:
        """Whether it comes first, in order of the parts."""

    def relative_to(self, folder: Self, /) -> object:
        """The parts below a folder; its ``str`` joins them with slashes."""

    def with_name(self, name: str, /) -> Self:
        """What lies beside it under another name."""

    def exists(self) -> bool:
        """Whether there is such a file, or such a folder."""

    def is_dir(self) -> bool:
        """Whether it is a folder; in a store: whether anything lies below it."""

    def iterdir(self) -> Iterator[Self]:
        """What lies in a folder, in no order."""

    def read_bytes(self) -> bytes:
        """The content. FileNotFoundError or another OSError."""

    def open(self, mode: Literal["rb"], /) -> BufferedReader:
        """The file, to be read from any place in it. FileNotFoundError or another OSError."""


P = TypeVar("P", bound=LakePath)


def below(folder: P, path: str) -> P:
    """Return what lies below a folder by a path with slashes."""
    for name in path.split("/"):
        folder = folder / name
    return folder


class Storage(Protocol[P]):
    """The files of one lake. DataError wherever the storage itself cannot be reached or refuses."""

    @property
    def root(self) -> P:
        """The folder that all of them lie in."""

    @property
    def local(self) -> Path:
        """A folder on this machine for what is staged, spilled, and remembered between pulls."""

    @property
    def rules_out_others(self) -> bool:
        """Whether nobody else writes during `exclusive`, however long it takes."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Wait for one's turn to write, and have it until the block ends."""

    def make_folder(self, folder: P) -> None:
        """Make a folder, and those above it."""

    def put(self, file: Path, path: P) -> None:
        """Move a file of this machine to where nothing is yet."""

    def move(self, path: P, target: P) -> None:
        """Move a file within the lake."""

    def persist(self, paths: Iterable[P]) -> None:
        """Return when these files and folders would survive a power cut."""

    def create(self, path: P, content: bytes) -> None:
        """Write a new file, whole or not at all. LostRaceError if there is one already."""

    def change(self, path: P, new: Callable[[bytes | None], bytes]) -> None:
        """Replace a small file by what ``new`` makes of its content (None: there is none); none is lost."""

    def sizes(self, folder: P) -> dict[str, int] | None:
        """The files below a folder, by path below it, in bytes; None where each is looked at."""

    def old_files(self, folder: P, age_s: float) -> list[tuple[P, int]]:
        """The files below a folder that were written so long ago, in seconds, with their sizes in bytes."""

    def remove(self, path: P) -> None:
        """Remove a file, if it is there."""

    def show_to(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let DuckDB read the lake's files by the text of their path."""
