"""Files that survive a power cut: written through to the disk before anything names them."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

#: A disk writes many waiting files at once faster than one after the other.
_AT_ONCE = 16


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


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
