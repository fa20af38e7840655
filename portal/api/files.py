"""Every taxon's inclusion as one Parquet file, made anew after each refresh.

The file lies under a name with its digest; a note beside it, replaced in one step, says which file is the
current one. So a reader gets a whole file and the checksum that belongs to it, whatever is being written.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from rest_framework import serializers as fields

from exporter.criteria import DEFAULT_CRITERIA
from exporter.output import whole_file
from portal.api import media, serializers
from portal.api.fields import columns
from portal.lake.locks import publish_lock
from portal.lake.models import Refresh
from portal.lake.queries import current_refresh
from portal.present import present
from portal.taxa.queries import inclusion
from portal.versions.queries import current_version
from portal.versions.queries.current import current_standings_along

_NOTE = "inclusion.json"
_TYPES = {
    fields.IntegerField: pa.int64(),
    fields.BooleanField: pa.bool_(),
    fields.DateField: pa.date32(),
    fields.DateTimeField: pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True)
class Published:
    """The current file. ``refresh_id``: the refresh that its numbers come from."""

    name: str
    sha256: str
    bytes: int
    rows: int
    refresh_id: int
    made_of: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return folder() / self.name


def folder() -> Path:
    """Where the public files lie."""
    return Path(settings.DATA_DIR) / "public"


def published() -> Published | None:
    """The current file; None before the first was made."""
    try:
        note = (folder() / _NOTE).read_bytes()
    except FileNotFoundError:
        return None
    return Published(**orjson.loads(note))


def publish() -> Published | None:
    """Write the file for the current refresh, unless that is done or another process is at it.

    Returns the file that there is then; None before the first.
    """
    with publish_lock() as is_ours:
        return _publish() if is_ours else published()


def _publish() -> Published | None:
    refresh = current_refresh(DEFAULT_CRITERIA)
    if refresh is None:
        return None
    before = published()
    version = current_version()
    made_of = f"{refresh.pk} {present(refresh.finished_at).isoformat()} {version and version.pk}"
    if before is not None and before.made_of == made_of:
        return before
    folder().mkdir(parents=True, exist_ok=True)
    partial = folder() / f".inclusion-{refresh.pk}.parquet"
    rows = _write(partial, schema(present(refresh.data_as_of), refresh.is_simulated), refresh)
    digest = _sha256(partial)
    now = Published(
        name=f"inclusion-{digest[:16]}.parquet",
        sha256=digest,
        bytes=partial.stat().st_size,
        rows=rows,
        refresh_id=refresh.pk,
        made_of=made_of,
    )
    partial.rename(now.path)
    with whole_file(folder() / _NOTE) as note:
        json.dump(asdict(now), note)
    # Whoever is reading the former one keeps it open until the end.
    for old in folder().glob("inclusion-*.parquet"):
        if old != now.path:
            old.unlink()
    return now


def schema(as_of: datetime, is_simulated: bool) -> pa.Schema:
    """The file's columns: those of the CSV, typed; what it says of itself stands in its metadata."""
    about = {"criteria": DEFAULT_CRITERIA, "as_of": as_of.isoformat(), "is_simulated": is_simulated}
    named = [
        (name, _TYPES.get(type(one), pa.string())) for name, one in columns(serializers.Inclusion).items()
    ]
    return pa.schema(named, metadata={"leafline": json.dumps(about)})


def _write(path: Path, schema: pa.Schema, refresh: Refresh) -> int:
    """Write every taxon, some thousands at once; gives how many."""
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for standings in inclusion.every_standing(DEFAULT_CRITERIA):
            recorded = current_standings_along([row.taxon_id for row in standings], refresh)
            result = [media.flat(serializers.inclusion(row, recorded.get(row.taxon_id))) for row in standings]
            writer.write_table(pa.Table.from_pylist(result, schema=schema))
            rows += len(result)
    return rows


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
