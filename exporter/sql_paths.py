"""Paths as text in DuckDB's SQL, whatever characters they have."""

import re
from collections.abc import Iterable
from pathlib import Path

from exporter.storage import is_store

_GLOB = re.compile(r"[*?\[]")


def written_path(path: Path) -> str:
    """Return the SQL literal of a path to write to: COPY ... TO takes it as it is."""
    return _quoted(str(path.absolute()))


def read_paths(paths: Iterable[Path | str]) -> str:
    """Return the SQL list of files to read: in these DuckDB would expand wildcards.

    Addresses in an object store have none (`exporter.storage.bucket`), and stay as they are.
    """
    patterns = (str(path) if is_store(path) else no_wildcards(Path(path)) for path in paths)
    return f"[{', '.join(map(_quoted, patterns))}]"


def no_wildcards(path: Path) -> str:
    """Return the pattern that matches this path alone, for a parameter that DuckDB expands.

    Absolute, so that no folder's name is taken for a protocol.
    """
    return _GLOB.sub(lambda result: f"[{result[0]}]", str(path.absolute()))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
