"""The version files of a lake: ``versions/N.json`` says what version N is made of.

A file is written once, under its number, and never changed; ``versions/newest`` notes which is the newest, so
that the loss of its file is seen. Whatever else lies in the folder is left
alone: other names are ignored, and a file that cannot be read is a fault that names it.
"""

import json
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exporter.durable import make_folder, publish, sync
from exporter.errors import DataError
from exporter.schema import TABLES

#: What every line about a damaged lake ends with.
ADVICE = "run `python -m exporter doctor`"

_NAME = re.compile(r"([0-9]{8,18})\.json")
#: The file that says which version is the newest.
_NOTE = "newest"


@dataclass(frozen=True)
class LakeVersion:
    """One state of the lake. Never changes once written, so a snapshot can pin it."""

    number: int
    created_at: datetime
    #: Delta version of each table.
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

    def __init__(self, folder: Path, set_aside: Path) -> None:
        self.folder = folder
        self._set_aside = set_aside

    def numbers(self) -> list[int]:
        """Return the numbers of the versions, in order; the newest also if its file is lost."""
        result = {int(match[1]) for match in map(_NAME.fullmatch, self._names()) if match}
        return sorted(result | {number for number in self._noted()[:1] if number})

    def strays(self) -> list[Path]:
        """Return what lies in the folder and is no version file; hidden files are ours."""
        known = {_NOTE} if self._noted() else set()
        return [
            self.folder / name
            for name in sorted(self._names())
            if not (_NAME.fullmatch(name) or name in known or name.startswith("."))
        ]

    def path(self, number: int) -> Path:
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

    def write(self, version: LakeVersion) -> None:
        """Write a version's file; what it names must be on the disk already."""
        make_folder(self.folder)
        content = {
            "number": version.number,
            "created_at": version.created_at.isoformat(),
            "tables": version.tables,
            "is_simulated": version.is_simulated,
            "digests": version.digests,
            "loaded_at": {source: at.isoformat() for source, at in version.loaded_at.items()},
        }
        self._put(self.path(version.number), content)
        self.note_newest(version.number)

    def note_newest(self, number: int) -> None:
        """Note which version is the newest, so that it is missed if its file is lost."""
        self._put(self.folder / _NOTE, {"newest": number, "last": self.next_number() - 1})

    def next_number(self) -> int:
        """Return the number of the next version: above all that there ever were, so that no two share one."""
        return max([0, *self.numbers(), *self._noted()]) + 1

    def _put(self, path: Path, content: dict[str, Any]) -> None:
        temporary = self.folder / f".{uuid.uuid4().hex}"
        temporary.write_text(json.dumps(content))
        sync([temporary])
        publish(temporary, path)

    def _noted(self) -> list[int]:
        """The newest version and the last number given to one; nothing in lakes made before it was noted."""
        try:
            note = json.loads((self.folder / _NOTE).read_bytes())
            return [int(note["newest"]), int(note["last"])]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return []

    def _absent(self, number: int) -> str:
        path = self.path(number)
        put_away = next(self._set_aside.glob(f"*/{self.folder.name}/{path.name}"), None)
        if put_away is not None:
            return f"{put_away}: version {number} was damaged and is set aside here; give another"
        if number in self.numbers():
            return f"{path}: the version file is missing; {ADVICE}"
        return f"{self.folder.parent}: the lake has no version {number}; give one that exists"

    def _names(self) -> list[str]:
        return [path.name for path in self.folder.iterdir()] if self.folder.is_dir() else []


def _version_of(stored: dict[str, Any]) -> LakeVersion:
    """Check what a version file holds. ValueError, TypeError, KeyError or AttributeError if it is no such."""
    tables = {name: int(stored["tables"][name]) for name in TABLES}
    digests = {str(name): str(digest) for name, digest in stored.get("digests", {}).items()}
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
