"""Places in an object store, and their content as files."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Self

import fsspec

from exporter.storage.bucket import Bucket

_BUFFER_BYTES = 2**20
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, order=True)
class StorePath:
    """A `LakePath` in a store: its key, "" for the lake's root. A folder is there while anything is in it."""

    key: str
    bucket: Bucket = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.bucket.path(self.key)

    def __truediv__(self, name: str) -> Self:
        return type(self)(f"{self.key}/{name}" if self.key else name, self.bucket)

    @property
    def name(self) -> str:
        """The last part."""
        return self.key.rsplit("/", 1)[-1]

    @property
    def parent(self) -> Self:
        """The folder it lies in."""
        return type(self)(self.key.rpartition("/")[0], self.bucket)

    @property
    def delta_options(self) -> dict[str, str]:
        """What deltalake needs besides the address: see `exporter.storage.delta`."""
        return self.bucket.delta_options

    def with_name(self, name: str) -> Self:
        """What lies beside it under another name."""
        return self.parent / name

    def relative_to(self, folder: Self) -> str:
        """The parts below a folder, joined with slashes."""
        return self.key.removeprefix(f"{folder.key}/")

    def exists(self) -> bool:
        """Whether there is such an object, or anything below it."""
        try:
            self.bucket.size(self.key)
        except FileNotFoundError:
            return self.is_dir()
        return True

    def is_dir(self) -> bool:
        """Whether anything lies below it."""
        return self.bucket.has(self.key)

    def iterdir(self) -> Iterator[Self]:
        """What lies in it, in no order."""
        return (self / name for name in self.bucket.names(self.key))

    def read_bytes(self) -> bytes:
        """The content. FileNotFoundError if there is none."""
        return self.bucket.read(self.key)

    def open(self, _mode: Literal["rb"] = "rb") -> io.BufferedReader:
        """The content, to be read from any place in it. FileNotFoundError if there is none."""
        return io.BufferedReader(StoreFile(self.bucket, self.key), _BUFFER_BYTES)


class StoreFile(io.RawIOBase):
    """An object as a file, each read a request of just these bytes."""

    def __init__(self, bucket: Bucket, key: str, size: int | None = None) -> None:
        self._bucket, self._key, self._at = bucket, key, 0
        self._size = bucket.size(key) if size is None else size

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """Reading can go on from any place."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; gives it, in bytes from the beginning."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        """The place, in bytes from the beginning."""
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """All these bytes, fewer only at the end."""
        left = max(0, self._size - self._at)
        length = left if size is None or size < 0 else min(size, left)
        content = self._bucket.read_range(self._key, self._at, length) if length else b""
        self._at += len(content)
        return content

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; gives the number of bytes."""
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


class StoreFiles(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A lake's files as DuckDB asks for them: by their whole address, which it takes for a pattern."""

    protocol = "s3"
    cachable = False

    def __init__(self, bucket: Bucket, sizes: dict[str, int]) -> None:
        """``sizes``: of files by key, as far as known; they never change."""
        super().__init__()
        self._bucket, self._sizes = bucket, sizes

    def glob(self, path: str, **_: Any) -> list[str]:
        """The path as it is: no address of a lake has wildcards."""
        return [path]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """The size of a file. FileNotFoundError if it is not there."""
        key = self._key(path)
        if key not in self._sizes:
            self._sizes[key] = self._bucket.size(key)
        return {"name": path, "size": self._sizes[key], "type": "file"}

    def modified(self, _path: str) -> datetime:
        """When a file changed last: none does."""
        return _NEVER

    def open(self, path: str, *_: Any, **__: Any) -> StoreFile:
        """Open a file to read."""
        return StoreFile(self._bucket, self._key(path), self.info(path)["size"])

    def _key(self, path: str) -> str:
        """The key of a path, which DuckDB gives with the protocol or without."""
        return f"s3://{path.removeprefix('s3://')}".removeprefix(f"{self._bucket.address}/")
