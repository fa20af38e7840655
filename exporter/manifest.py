"""The manifest of a snapshot: what was requested, of what data, what came out, and a digest of each file."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exporter.errors import DataError
from exporter.storage import LakePath

NAME = "manifest.json"
FORMAT = 1

#: Counted up by hand whenever the rules by which photos are selected or written change.
RULES_VERSION = 5

Manifest = dict[str, Any]


def write_manifest(folder: Path, content: Manifest, rows: Mapping[str, int]) -> Manifest:
    """Write the manifest of a folder, and give it.

    ``rows`` has the number of rows of each file; ``content`` is what the manifest says besides the files.
    """
    files = {name: _entry(folder / name, number) for name, number in rows.items()}
    manifest = {"format": FORMAT, "code_version": RULES_VERSION, "files": files, **content}
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / NAME).write_text(f"{text}\n", encoding="utf-8", newline="\n")
    written: Manifest = json.loads(text)
    return written


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a snapshot's folder. DataError if there is none that can be read."""
    path = folder / NAME
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not JSON"
        raise DataError(f"{path}: {reason}; give the folder of a snapshot") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise DataError(f"{path}: not a manifest of format {FORMAT}; give the folder of a snapshot")
    return manifest


def digest(path: LakePath) -> str:
    """A file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _entry(path: Path, rows: int) -> dict[str, str | int]:
    return {"sha256": digest(path), "bytes": path.stat().st_size, "rows": rows}
