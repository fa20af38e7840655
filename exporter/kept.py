"""What is kept of a refresh for the next one: in the folder ``kept`` of the lake, a file for each subject
and rule; of a lake in an object store in this machine's folder for it.

All of it may be removed at any time: then the next refresh computes it anew. It is no part of a backup.
"""

import hashlib
import json
import logging
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import feather

from exporter.durable import make_folder, publish, sync
from exporter.lake import Lake

FOLDER = "kept"
#: What a file that is missing, damaged or another's raises where it is read; Arrow's own errors among them.
READ_ERRORS = (OSError, ValueError, KeyError, TypeError)

_log = logging.getLogger(__name__)


def path_of(lake: Lake, subject: str, *depends_on: Any) -> Path:
    """Return where a subject is kept; ``depends_on``: all that decides what it means, as JSON has it."""
    told = json.dumps(depends_on, sort_keys=True)
    return lake.local / FOLDER / f"{subject}-{hashlib.sha256(told.encode()).hexdigest()[:16]}.arrow"


def write(path: Path, rows: pa.Table, described: dict[str, Any]) -> None:
    """Keep a table, and values as JSON with it, in place of what was there; a full disk is a warning."""
    metadata = {name: json.dumps(value) for name, value in described.items()}
    temporary = path.with_name(f".{uuid.uuid4().hex}")
    try:
        make_folder(path.parent)
        # Not compressed, so that only what is looked at is read.
        table = rows.replace_schema_metadata(metadata)
        feather.write_feather(table, temporary, compression="uncompressed")
        sync([temporary])
        publish(temporary, path)
    except OSError as error:
        _log.warning("%s: not kept (%s); the next refresh computes it anew", path, error.strerror)
    finally:
        temporary.unlink(missing_ok=True)


def read(path: Path) -> tuple[pa.Table, dict[str, Any]]:
    """Return what `write` kept. One of `READ_ERRORS` if there is nothing that can be read."""
    rows = feather.read_table(path, memory_map=True)
    described = rows.schema.metadata or {}
    return rows, {name.decode(): json.loads(value) for name, value in described.items()}
