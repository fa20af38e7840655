"""Files that survive a power cut: written through to the disk before anything names them."""

import fcntl
import math
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from exporter.errors import DataError

#: A disk writes many waiting files at once faster than one after the other.
_AT_ONCE = 16
#: A folder is made a moment before it is held; and where a file system has no locks, a day must do.
_UNHELD_AGE_S, _UNLOCKED_AGE_S = 60.0, 24 * 3600.0


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


def files_below(folder: Path) -> Iterator[Path]:
    """The files in a folder and below it, while others work there: what they remove meanwhile is passed over.

    OSError for a folder that cannot be read for another reason.
    """
    for parent, _, names in os.walk(folder, onerror=_raise_unless_gone):
        yield from (path for name in names if (path := Path(parent, name)).is_file())


def _raise_unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


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
    remove_leftovers(folder for folder in parent.iterdir() if folder.name.startswith(prefix))
    temporary = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
    try:
        with held(temporary):
            yield temporary
            temporary.chmod(0o755)  # mkdtemp's folders are for their owner alone
            sync([*temporary.rglob("*"), temporary])
            publish(temporary, out.absolute())
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder's lock while something is put into it. It ends with the process, however that ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks: then leftovers wait for a day
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def remove_leftovers(folders: Iterable[Path]) -> None:
    """Remove what killed processes left: folders made with `held`, of which nobody has the lock any more."""
    for folder in folders:
        with suppress(OSError):  # another process removes it too
            if time.time() - folder.stat().st_mtime > _age_of_leftovers(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _age_of_leftovers(folder: Path) -> float:
    """How long nobody has touched a folder that is a leftover, in seconds; never if somebody holds it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return math.inf
    except OSError:
        return _UNLOCKED_AGE_S
    finally:
        os.close(handle)
    return _UNHELD_AGE_S


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
