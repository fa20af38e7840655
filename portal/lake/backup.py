"""Everything that cannot be made again, in one folder; and back from it, byte by byte.

Written while workers go on: the database is copied as it is at one moment, and what it names after it, so
that nothing that a row names is missing. The lake's files never change; which of them make a version is read
while nobody writes. What is left out can be made again: photos, mails, static files, tasks on their way.
"""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from exporter.durable import files_below, new_folder
from exporter.errors import DataError
from exporter.lake import Lake
from exporter.pull.puller import MEMORY
from exporter.storage import is_store
from portal.lake import databases

FORMAT = 1
LIST, DATA = "backup.json", "data"
#: Folders and files below the data folder; the lake and SQLite's files besides, each in its own way.
TREES, FILES = ("snapshots", "runs", "public"), ("secret_key", "trainer.token")
BUDGET = "budget.sqlite3"
#: Folders of the lake in which files are replaced: small, and copied while nobody writes.
_REPLACED = frozenset({"versions", "_delta_log"})
#: What passes, and what the next refresh makes anew.
_PASSING = frozenset({"staging", "spill", "changes", "kept"})


def backup(out: Path) -> int:
    """Write the backup into a new folder; gives its size in bytes. DataError if that folder is there.

    Of a lake in an object store it has the memory of its pulls alone: the store keeps the rest.
    """
    with new_folder(out) as folder:
        data = folder / DATA
        data.mkdir()
        databases.dump(folder)
        _copy_sqlite(settings.DATA_DIR / BUDGET, data / BUDGET)
        for name in FILES:
            _copy(settings.DATA_DIR / name, data / name)
        for name in TREES:
            for path in _whole_files(settings.DATA_DIR / name):
                _copy(path, data / path.relative_to(settings.DATA_DIR))
        _copy_lake(data)
        files = {str(path.relative_to(folder)): _describe(path) for path in sorted(files_below(folder))}
        content = {"format": FORMAT, "made_at": datetime.now(UTC).isoformat(), "files": files}
        (folder / LIST).write_text(json.dumps(content, indent=1))
    return sum(one["bytes"] for one in files.values())


def restore(folder: Path) -> int:
    """Put a backup where nothing is yet; gives the number of files.

    DataError if something is there, or if the backup is not whole: then nothing is written.
    """
    files = _check(folder)
    databases.refuse_if_used()
    names = {*TREES, *FILES, "lake", "stores", BUDGET}
    for name in sorted(names):
        path = settings.DATA_DIR / name
        if path.exists():
            raise DataError(f"{path}: is there already; restore into an empty LEAFLINE_DATA")
    for name in files:
        if name.startswith(f"{DATA}/"):
            _copy(folder / name, settings.DATA_DIR / Path(name).relative_to(DATA))
    databases.load(folder)
    return len(files)


def _check(folder: Path) -> list[str]:
    """The files of a backup, each as it was written. DataError that names one that is not."""
    try:
        content = json.loads((folder / LIST).read_bytes())
        if content["format"] != FORMAT:
            raise DataError(f"{folder}: made by another version of Leafline (format {content['format']})")
        files: dict[str, dict[str, Any]] = content["files"]
        for name, recorded in files.items():
            if ".." in Path(name).parts or Path(name).is_absolute() or _describe(folder / name) != recorded:
                raise DataError(f"{folder / name}: is not as it was written; take another backup")
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"{folder}: no whole backup ({type(error).__name__}: {error})") from None
    return list(files)


def _copy_lake(data: Path) -> None:
    """Copy the lake: what is replaced while nobody writes, then the files that never change."""
    lake = Lake(settings.LAKE_DIR)
    if is_store(settings.LAKE_DIR):
        memory = Path("stores", lake.local.name, MEMORY)
        _copy_sqlite(lake.local / MEMORY, data / memory)
        return
    root, target = lake.local, data / "lake"
    _copy_sqlite(root / MEMORY, target / MEMORY)
    if not root.is_dir():
        return
    with lake.exclusive():
        listed = [path for path in files_below(root) if _is_kept(path.relative_to(root))]
        for path in listed:
            if _REPLACED & set(path.relative_to(root).parts):
                _copy(path, target / path.relative_to(root))
    for path in listed:
        if not _REPLACED & set(path.relative_to(root).parts):
            _copy(path, target / path.relative_to(root))


def _is_kept(path: Path) -> bool:
    is_passing = path.parts[0] in _PASSING or path.name.startswith(".")
    return not is_passing and not path.name.startswith(MEMORY)


def _whole_files(tree: Path) -> Iterator[Path]:
    """The files of a tree, but for folders and files that are still being made."""
    for path in files_below(tree):
        inside = path.relative_to(tree)
        if not any(part.startswith((".", "dry-run-")) for part in inside.parts) and path.suffix != ".part":
            yield path


def _copy(source: Path, target: Path) -> None:
    """Copy a file with its mode, if it is there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        shutil.copy(source, target)


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy an SQLite file as it is at one moment, whoever writes to it."""
    if not source.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def _describe(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
