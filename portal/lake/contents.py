"""What the rows of a refresh are, kept as files: the next refresh writes what differs from them.

A subject (the app) has contents by key: those of a generation, or of a table that has none. A row of
`portal.lake.models.Content` names the folder with their files, as long as the database has just these rows.
Where it has none, or the files are gone, nothing is known, and everything is written anew. Whoever alters
such rows by hand or in a migration removes their rows of `Content` too.
"""

import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
from django.conf import settings
from pyarrow import feather

from exporter.durable import new_folder
from portal.lake.queries import content_folders, content_of


class Contents:
    """Tables in a folder, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def table(self, name: str, schema: pa.Schema) -> pa.Table | None:
        """Return a table with these columns; None where it is missing, or has others."""
        result = self._read(name, None)
        return result if result is not None and result.schema.equals(schema) else None

    def columns(self, name: str, schema: pa.Schema) -> pa.Table | None:
        """Return these columns of a table; None where one is missing, or is another."""
        result = self._read(name, schema.names)
        return result if result is not None and result.schema.equals(schema) else None

    def _read(self, name: str, columns: list[str] | None) -> pa.Table | None:
        with suppress(OSError, ValueError, KeyError):  # Arrow's own errors are of these kinds
            return feather.read_table(self.folder / name, columns)
        return None


def known(subject: str, key: str) -> Contents | None:
    """What the database has of a subject's rows under a key; None where that is not known."""
    name = content_of(subject, key)
    return Contents(_root() / name) if name else None


def write(tables: Mapping[str, pa.Table]) -> str:
    """Write tables into a new folder; returns its name."""
    _root().mkdir(parents=True, exist_ok=True)
    name = uuid.uuid4().hex
    with new_folder(_root() / name) as folder:
        for table, rows in tables.items():
            feather.write_feather(rows, folder / table, compression="lz4")
    return name


def remove_others() -> None:
    """Remove the folders that no row names."""
    kept = content_folders()
    if _root().is_dir():
        for path in _root().iterdir():
            if path.name not in kept and not path.name.startswith("."):
                shutil.rmtree(path, ignore_errors=True)


def _root() -> Path:
    return Path(settings.DATA_DIR) / "shown"
