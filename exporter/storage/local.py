"""A lake in a folder of this machine: a lock of the kernel, renames, files written through to the disk."""

import fcntl
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from exporter.durable import files_below, make_folder, publish, sync
from exporter.errors import DataError
from exporter.storage.interface import Address, LostRaceError

_log = logging.getLogger(__name__)


class LocalStorage:
    """`Storage` in a folder, which is made on the first write.

    DataError if there is something else in its place, or if its name has characters that Delta cannot have.
    """

    rules_out_others = True

    def __init__(self, address: Address) -> None:
        self.root = self.local = Path(address)
        if not all(character.isprintable() and character != "\\" for character in str(self.root.absolute())):
            raise DataError(
                f"{str(self.root)!r}: a lake's folder cannot have a backslash, a control character or bytes"
                " that are not UTF-8 in its path; use another folder"
            )
        if self.root.exists() and not self.root.is_dir():
            raise DataError(f"{self.root}: not a folder; give the lake's with --lake")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `Storage.exclusive`."""
        make_folder(self.root.absolute())
        with (self.root / ".lock").open("w") as lock:
            # The kernel lets go of it when the process ends, however it ends.
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _log.warning("%s: another process writes to the lake; waiting for it", self.root)
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def make_folder(self, folder: Path) -> None:
        """See `Storage.make_folder`."""
        make_folder(folder)

    def put(self, file: Path, path: Path) -> None:
        """See `Storage.put`. The file is on the disk of the lake already."""
        path.parent.mkdir(exist_ok=True)
        file.rename(path)

    def move(self, path: Path, target: Path) -> None:
        """See `Storage.move`."""
        make_folder(target.parent)
        publish(path, target)

    def persist(self, paths: Iterable[Path]) -> None:
        """See `Storage.persist`."""
        sync(paths)

    def create(self, path: Path, content: bytes) -> None:
        """See `Storage.create`."""
        if path.exists():
            raise LostRaceError(path)
        self._write(path, content)

    def change(self, path: Path, new: Callable[[bytes | None], bytes]) -> None:
        """See `Storage.change`; only during `exclusive`."""
        content = None
        with suppress(OSError):
            content = path.read_bytes()
        self._write(path, new(content))

    def sizes(self, _folder: Path) -> None:
        """See `Storage.sizes`: a disk damages more than sizes show, so each file is looked at."""

    def old_files(self, folder: Path, age_s: float) -> list[tuple[Path, int]]:
        """See `Storage.old_files`."""
        before = time.time() - age_s
        states = ((path, path.stat()) for path in files_below(folder))
        return [(path, state.st_size) for path, state in states if state.st_mtime < before]

    def remove(self, path: Path) -> None:
        """See `Storage.remove`."""
        path.unlink(missing_ok=True)

    def show_to(self, _connection: duckdb.DuckDBPyConnection) -> None:
        """See `Storage.show_to`: DuckDB reads files by itself."""

    def _write(self, path: Path, content: bytes) -> None:
        make_folder(path.parent)
        temporary = path.parent / f".{uuid.uuid4().hex}"
        temporary.write_bytes(content)
        sync([temporary])
        publish(temporary, path)
