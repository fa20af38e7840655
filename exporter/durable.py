"""Files that survive a power cut: written through to the disk before anything names them."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from exporter.errors import DataError

#: A disk writes many waiting files at once faster than one after the other.
_AT_ONCE = 16
_LEFTOVERS_AGE_S = 24 * 3600


def sync(paths: Iterable[Path]) -> None:
    """Write files, and the entries of folders, through to the disk, several at a time; each once."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for _ in threads.map(_sync, set(paths)):
            pass


def make_folder(path: Path) -> None:
    """Make a folder and those above it that are missing, so that they survive a power cut."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    _sync(path.parent)


def publish(temporary: Path, path: Path) -> None:
    """Give a synced file or folder its name, in one step that survives a power cut."""
    temporary.rename(path)
    _sync(path.parent)
    if temporary.parent != path.parent:
        _sync(temporary.parent)


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Give a folder beside ``out`` that takes its name when the block has ended well, and is gone otherwise.

    DataError if ``out`` is there already, or has no folder to lie in.
    """
    if out.exists() or out.is_symlink():
        raise DataError(f"{out}: is there already; give a new folder with --out")
    if not out.absolute().parent.is_dir():
        raise DataError(f"{out.absolute().parent}: no such folder; make it, or give another with --out")
    parent, prefix = out.absolute().parent, f".{out.name}."
    _remove_leftovers(parent, prefix)
    temporary = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
    try:
        yield temporary
        temporary.chmod(0o755)  # mkdtemp's folders are for their owner alone
        sync([*temporary.rglob("*"), temporary])
        publish(temporary, out.absolute())
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _remove_leftovers(parent: Path, prefix: str) -> None:
    """Remove what killed runs of the same name left: folders that nobody touched for a day."""
    for folder in parent.iterdir():
        if folder.name.startswith(prefix) and time.time() - folder.stat().st_mtime > _LEFTOVERS_AGE_S:
            shutil.rmtree(folder, ignore_errors=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
