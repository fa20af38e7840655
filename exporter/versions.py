"""The version files of a lake: ``versions/N.json`` says what version N is made of.

A file is written once, under its number, and never changed; ``versions/newest`` notes which is the newest, so
that the loss of its file is seen. Whatever else lies in the folder is left
alone: other names are ignored, and a file that cannot be read is a fault that names it.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from exporter.errors import DataError
from exporter.schema import LATER_TABLES, TABLES
from exporter.storage import LakePath, Storage

#: What every line about a damaged lake ends with.
ADVICE = "run `python -m exporter doctor`"

_NAME = re.compile(r"([0-9]{8,18})\.json")
#: `exporter.table_files.digest` of no file.
_NO_FILES = sha256(b"").hexdigest()
#: The file that says which version is the newest.
_NOTE = "newest"


@dataclass(frozen=True)
class LakeVersion:
    """One state of the lake. Never changes once written, so a snapshot can pin it."""

    number: int
    created_at: datetime
    #: Delta version of each table; 0 of one of `LATER_TABLES` that has no row.
    tables: dict[str, int]
    #: True once anything simulated was loaded: then it is said wherever the data show.
    is_simulated: bool
    #: `exporter.table_files.digest` of the files of each table; empty in lakes made before it was kept.
    digests: dict[str, str] = field(default_factory=dict)
    #: When rows of each source were last fetched or loaded; of sources loaded before it was kept nothing.
    loaded_at: dict[str, datetime] = field(default_factory=dict)
    #: Why newer versions were passed over, the newest first, a line each. Not part of the version itself.
    faults: tuple[str, ...] = field(default=(), compare=False)


class VersionFiles:
    """The folder ``versions`` of a lake."""

    def __init__(self, storage: Storage[Any], set_aside: LakePath) -> None:
        self.folder: LakePath = storage.root / "versions"
        self._storage = storage
        self._set_aside = set_aside

    def numbers(self) -> list[int]:
        """Return the numbers of the versions, in order; the newest also if its file is lost."""
        return sorted(self._numbers() | {number for number in self._noted()[:1] if number})

    def strays(self) -> list[LakePath]:
        """Return what lies in the folder and is no version file; hidden files are ours."""
        known = {_NOTE} if self._noted() else set()
        return [
            self.folder / name
            for name in sorted(self._names())
            if not (_NAME.fullmatch(name) or name in known or name.startswith("."))
        ]

    def path(self, number: int) -> LakePath:
        """Return where the file of a version lies."""
        return self.folder / f"{number:08d}.json"

    def read(self, number: int) -> LakeVersion:
        """Return a version. DataError if there is none with this number, or its file is damaged."""
        path = self.path(number)
        try:
            version = _version_of(json.loads(path.read_bytes()))
        except FileNotFoundError:
            raise DataError(self._absent(number)) from None
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}); {ADVICE}") from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise DataError(f"{path}: the version file is damaged; {ADVICE}") from None
        if version.number != number:
            raise DataError(f"{path}: this is the file of version {version.number}; {ADVICE}")
        return version

    def begin(self) -> None:
        """Note that there are no versions yet, so that the loss of the folder is told from that."""
        self._storage.make_folder(self.folder)
        if not self._storage.rules_out_others:  # a store has no empty folders
            self._note(lambda newest, last: (newest, last))

    def write(self, version: LakeVersion) -> None:
        """Write a version's file; what it names must be on the disk already.

        LostRaceError if another version has its number.
        """
        content = {
            "number": version.number,
            "created_at": version.created_at.isoformat(),
            "tables": version.tables,
            "is_simulated": version.is_simulated,
            "digests": version.digests,
            "loaded_at": {source: at.isoformat() for source, at in version.loaded_at.items()},
        }
        self._storage.create(self.path(version.number), json.dumps(content).encode())
        self._note(lambda newest, last: (max(newest, version.number), max(last, version.number)))

    def note_newest(self, number: int) -> None:
        """Note which version is the newest, so that it is missed if its file is lost."""
        highest = self.numbers()[-1]
        self._note(lambda _, last: (number, max(last, highest)))

    def next_number(self) -> int:
        """Return the number of the next version: above all that there ever were, so that no two share one."""
        return max([0, *self.numbers(), *self._noted()]) + 1

    def _note(self, change: Callable[[int, int], tuple[int, int]]) -> None:
        """Change the newest version, and the last number given to one, from what is noted or else there."""

        def new(content: bytes | None) -> bytes:
            noted = _read_note(content) or [max(self._numbers(), default=0)] * 2
            newest, last = change(*noted)
            return json.dumps({"newest": newest, "last": last}).encode()

        self._storage.change(self.folder / _NOTE, new)

    def _numbers(self) -> set[int]:
        """The numbers of the versions that have a file."""
        return {int(match[1]) for match in map(_NAME.fullmatch, self._names()) if match}

    def _noted(self) -> list[int]:
        """The newest version and the last number given to one; nothing in lakes made before it was noted."""
        try:
            return _read_note((self.folder / _NOTE).read_bytes())
        except OSError:
            return []

    def _absent(self, number: int) -> str:
        path = self.path(number)
        if (put_away := self._put_away(path.name)) is not None:
            return f"{put_away}: version {number} was damaged and is set aside here; give another"
        if number in self.numbers():
            return f"{path}: the version file is missing; {ADVICE}"
        return f"{self.folder.parent}: the lake has no version {number}; give one that exists"

    def _put_away(self, name: str) -> LakePath | None:
        """Where a version's file was set aside."""
        folders = self._set_aside.iterdir() if self._set_aside.is_dir() else iter(())
        paths = (folder / self.folder.name / name for folder in folders)
        return next((path for path in paths if path.exists()), None)

    def _names(self) -> list[str]:
        with suppress(FileNotFoundError, NotADirectoryError):
            return [path.name for path in self.folder.iterdir()]
        return []


def _read_note(content: bytes | None) -> list[int]:
    """Read the newest version and the last number given to one; nothing if the note is missing or damaged."""
    try:
        note = json.loads(content or b"")
        return [int(note["newest"]), int(note["last"])]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []


def _version_of(stored: dict[str, Any]) -> LakeVersion:
    """Check what a version file holds. ValueError, TypeError, KeyError or AttributeError if it is no such."""
    without = [name for name in LATER_TABLES if name not in stored["tables"]]
    tables = {name: 0 if name in without else int(stored["tables"][name]) for name in TABLES}
    digests = {str(name): str(digest) for name, digest in stored.get("digests", {}).items()}
    if digests:
        digests |= dict.fromkeys(without, _NO_FILES)
    loaded_at = {str(source): _time(at) for source, at in stored.get("loaded_at", {}).items()}
    return LakeVersion(
        number=int(stored["number"]),
        created_at=_time(stored["created_at"]),
        tables=tables,
        is_simulated=bool(stored["is_simulated"]),
        digests=digests,
        loaded_at=loaded_at,
    )


def _time(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)
