"""Files in a lake's tables that no version names: what stopped writers left, or those that came too late."""

from dataclasses import dataclass
from itertools import chain

from exporter.lake import Lake
from exporter.schema import TABLES

#: A writer that is still at work has written its files since.
_AGE_S = 24 * 3600.0


@dataclass(frozen=True)
class Removed:
    """How many files were removed, and their size in bytes."""

    files: int
    bytes: int


def remove_unused(lake: Lake) -> Removed:
    """Remove data files that no version of the lake names and that are older than a day.

    DataError if the files of any version cannot be told: then nothing is removed.
    """
    with lake.exclusive():
        versions = [lake.at(number) for number in lake.versions.numbers()]
        named = {
            str(file.path) for version in versions for name in TABLES for file in lake.listed(name, version)
        }
        old = chain.from_iterable(lake.storage.old_files(lake.root / name, _AGE_S) for name in TABLES)
        unused = [
            (path, size)
            for path, size in old
            if path.parent.name.startswith("bucket=") and str(path) not in named
        ]
        for path, _ in unused:
            lake.storage.remove(path)
        return Removed(len(unused), sum(size for _, size in unused))
