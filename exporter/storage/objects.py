"""A lake in an object store that speaks S3, which has neither locks nor renames.

What says what the lake is made of is written with a condition: only if there is no such file, or only if it
is as it was read. Of two writers one wins, and the other does its work again on top of it.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import duckdb

from exporter.storage.bucket import Bucket
from exporter.storage.interface import LostRaceError
from exporter.storage.lease import turn
from exporter.storage.store_path import StoreFiles, StorePath


class ObjectStorage:
    """`Storage` below a prefix of a bucket that is there. DataError if no lake can have this address."""

    rules_out_others = False

    def __init__(self, address: str) -> None:
        self._bucket = Bucket(address)
        self.root = StorePath("", self._bucket)
        of_it = f"{self._bucket.name}-{sha256(self._bucket.address.encode()).hexdigest()[:12]}"
        self.local = Path(os.environ.get("LEAFLINE_DATA", "var")) / "stores" / of_it
        #: Of files by key, as far as looked at.
        self._sizes: dict[str, int] = {}

    def exclusive(self) -> AbstractContextManager[None]:
        """See `Storage.exclusive`."""
        return turn(self._bucket)

    def make_folder(self, folder: StorePath) -> None:
        """See `Storage.make_folder`: here it is there with its first file."""

    def put(self, file: Path, path: StorePath) -> None:
        """See `Storage.put`."""
        self._bucket.upload(file, path.key)
        file.unlink()

    def move(self, path: StorePath, target: StorePath) -> None:
        """See `Storage.move`."""
        self._bucket.move(path.key, target.key)

    def persist(self, _paths: Iterable[StorePath]) -> None:
        """See `Storage.persist`: a store has written what it has answered for."""

    def create(self, path: StorePath, content: bytes) -> None:
        """See `Storage.create`."""
        try:
            self._bucket.create(path.key, content)
        except LostRaceError:
            # A request of which the answer was lost is sent again, and finds what it wrote itself.
            if path.read_bytes() != content:
                raise

    def change(self, path: StorePath, new: Callable[[bytes | None], bytes]) -> None:
        """See `Storage.change`."""
        while True:
            now = self._bucket.read_tagged(path.key)
            with suppress(LostRaceError):
                if now is None:
                    self._bucket.create(path.key, new(None))
                else:
                    self._bucket.replace(path.key, new(now[0]), now[1])
                return

    def sizes(self, folder: StorePath) -> dict[str, int]:
        """See `Storage.sizes`."""
        sizes = {key: size for key, size, _ in self._bucket.listed(folder.key)}
        self._sizes |= sizes
        return {key.removeprefix(f"{folder.key}/"): size for key, size in sizes.items()}

    def old_files(self, folder: StorePath, age_s: float) -> list[tuple[StorePath, int]]:
        """See `Storage.old_files`."""
        before = datetime.now(UTC) - timedelta(seconds=age_s)
        return [
            (StorePath(key, self._bucket), size)
            for key, size, written in self._bucket.listed(folder.key)
            if written < before
        ]

    def remove(self, path: StorePath) -> None:
        """See `Storage.remove`."""
        self._bucket.remove(path.key)

    def show_to(self, connection: duckdb.DuckDBPyConnection) -> None:
        """See `Storage.show_to`."""
        connection.register_filesystem(StoreFiles(self._bucket, self._sizes))
