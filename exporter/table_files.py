"""The Parquet files of the lake's tables, and whether they are those that a version was made of.

A file is called ``bucket=N/<id>-<SHA-256>.parquet``, and has its id in its footer. So that reading stays
cheap, a reader looks only at a file's size and at its last kilobyte: that finds a file that is missing, cut
off, or another's. `exporter.doctor` reads it all.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction

from exporter.errors import DataError
from exporter.schema import LATER_TABLES, Table
from exporter.storage import LakePath, LostRaceError, below
from exporter.storage.delta import create_table, open_table
from exporter.versions import ADVICE, LakeVersion

#: The key in a Parquet file's footer under which it has its id.
ID_KEY = "leafline_id"

LOG = "_delta_log"

_NAME = re.compile(r"([0-9a-f]{32})-([0-9a-f]{64})\.parquet")
_MAGIC = b"PAR1"
_TAIL_BYTES = 1024
#: What a damaged log raises where it is opened.
_LOG_ERRORS = (DeltaError, OSError, ValueError)


@dataclass(frozen=True)
class TableFile:
    """A Parquet file as the Delta log describes it."""

    path: LakePath
    bucket: int
    size: int
    rows: int

    @property
    def sha256(self) -> str | None:
        """The SHA-256 that its name gives; None in lakes made before it was kept."""
        match = _NAME.fullmatch(self.path.name)
        return match[2] if match else None


def listed_files(folder: LakePath, delta_version: int) -> list[TableFile]:
    """Return the files of a table's Delta version, in order of bucket and name.

    DataError that names what is missing or damaged in the log. The files themselves are not looked at.
    """
    try:
        actions = pa.table(open_table(folder, delta_version).get_add_actions(flatten=True)).to_pylist()
    except _LOG_ERRORS as error:
        if (missing := _first_missing(folder)) is not None:
            raise DataError(f"{missing}: the folder is missing; {ADVICE}") from None
        raise DataError(f"{log_fault(folder, delta_version) or _unknown(folder, error)}; {ADVICE}") from None
    files = [
        TableFile(
            below(folder, unquote(action["path"])),
            int(action["partition.bucket"]),
            action["size_bytes"],
            action.get("num_records") or 0,
        )
        for action in actions
    ]
    return sorted(files, key=lambda file: (file.bucket, file.path.name))


def create(folder: LakePath, table: Table) -> None:
    """Make an empty Delta table in a folder."""
    try:
        create_table(folder, table.partitioned_arrow)
    except DeltaError as error:
        raise DataError(f"{folder}: {_first_line(error)}; nothing was written") from None


def commit(delta: DeltaTable, actions: Sequence[AddAction], buckets: Iterable[int]) -> int:
    """Put files in the place of all that some buckets hold, as the Delta version after ``delta``'s; give it.

    The log keeps its old entries: they are what older versions of the lake are read by. LostRaceError if
    another has written that version.
    """
    before = delta.version()
    try:
        delta.create_write_transaction(
            list(actions),
            mode="overwrite",
            schema=delta.schema(),
            partition_by=["bucket"],
            partition_filters=[("bucket", "in", [str(bucket) for bucket in buckets])],
            # Not again on top of another's: its files are not those that these were merged with.
            commit_properties=CommitProperties(max_commit_retries=0),
            post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
        )
    except CommitFailedError:
        raise LostRaceError(delta.table_uri) from None
    except DeltaError as error:
        raise DataError(f"{delta.table_uri}: {_first_line(error)}; nothing was written") from None
    return int(before) + 1


def add_actions(folder: LakePath, delta_version: int, buckets: Collection[int]) -> list[AddAction]:
    """Return what adds again the files that some buckets hold at a table's Delta version."""
    if not buckets:
        return []
    rows = pa.table(open_table(folder, delta_version).get_add_actions(flatten=True)).to_pylist()
    return [_again(row) for row in rows if int(row["partition.bucket"]) in buckets]


def _again(row: dict[str, Any]) -> AddAction:
    """Return the action that adds a file, from the row that the log's list of files has of it."""
    of_columns = {
        name: {
            key.removeprefix(f"{column}."): value
            for key, value in row.items()
            if key.startswith(f"{column}.")
        }
        for name, column in (("minValues", "min"), ("maxValues", "max"), ("nullCount", "null_count"))
    }
    known = {name: {k: v for k, v in of.items() if v is not None} for name, of in of_columns.items()}
    return AddAction(
        path=row["path"],
        size=row["size_bytes"],
        partition_values={"bucket": str(row["partition.bucket"])},
        modification_time=row["modification_time"],
        data_change=True,
        stats=json.dumps({"numRecords": row["num_records"], **known}),
    )


def digest(files: Iterable[TableFile]) -> str:
    """Return a digest of which files these are: of their names, which say what is in them, and sizes."""
    lines = sorted(f"{file.path.parent.name}/{file.path.name} {file.size}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def check_files(files: Iterable[TableFile], sizes: Mapping[str, int] | None = None) -> None:
    """DataError that names the first file that is missing, or not of its size.

    ``sizes``: as `Storage.sizes` gives them for the table's folder; without them each file is looked at.
    """
    for file in files:
        fault = file_fault(file) if sizes is None else _size_fault(file, sizes)
        if fault is not None:
            raise DataError(f"{file.path}: {fault}; {ADVICE}")


def pinned_list(folder: LakePath, version: LakeVersion) -> list[TableFile]:
    """Return the files of one table at a version of the lake, as the log has them.

    The files are not looked at. DataError if the log is damaged.
    """
    delta_version = version.tables[folder.name]
    if folder.name in LATER_TABLES and delta_version == 0:
        return []
    files = listed_files(folder, delta_version)
    if version.digests and version.digests.get(folder.name) != digest(files):
        fault = log_fault(folder, delta_version) or (
            f"{entry_path(folder, delta_version)}: with the entries before it this does not give the files of"
            f" version {version.number} of the lake"
        )
        raise DataError(f"{fault}; {ADVICE}")
    return files


def file_fault(file: TableFile) -> str | None:
    """Return what is wrong with a file as far as its size and its end show; None: nothing."""
    try:
        with file.path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _TAIL_BYTES))
            tail = stream.read()
    except FileNotFoundError:
        return "the file is missing"
    except OSError as error:
        return f"the file cannot be read ({error.strerror})"
    if size != file.size:
        return _wrong_size(file, size)
    match = _NAME.fullmatch(file.path.name)
    if not tail.endswith(_MAGIC) or (match and match[1].encode() not in tail):
        return "the file is damaged, or another in its place"
    return None


def _size_fault(file: TableFile, sizes: Mapping[str, int]) -> str | None:
    size = sizes.get(f"{file.path.parent.name}/{file.path.name}")
    if size is None:
        return "the file is missing"
    return None if size == file.size else _wrong_size(file, size)


def _wrong_size(file: TableFile, size: int) -> str:
    return f"the file has {size:,} bytes in place of {file.size:,}"


def entry_path(folder: LakePath, delta_version: int) -> LakePath:
    """Return where the log has the entry of a Delta version."""
    return folder / LOG / f"{delta_version:020d}.json"


def entry_version(path: LakePath) -> int | None:
    """Return the Delta version that a file of the log belongs to; None if it belongs to none."""
    number = path.name[:20]
    return int(number) if len(number) == 20 and number.isdecimal() and number.isascii() else None


def log_fault(folder: LakePath, delta_version: int) -> str | None:
    """Return the first fault in a table's log up to a Delta version, with its file; None: none is seen."""
    checkpoints = checkpoints_of(folder, delta_version)
    for path in reversed(checkpoints):
        if not is_checkpoint_sound(path):
            return f"{path}: the checkpoint of the log is damaged"
    first = entry_version(checkpoints[-1]) if checkpoints else None
    for number in range(0 if first is None else first + 1, delta_version + 1):
        path = entry_path(folder, number)
        if not path.exists():
            return f"{path}: the log entry is missing"
        if not _is_entry_sound(path):
            return f"{path}: the log entry is cut off or damaged"
    return None


def checkpoints_of(folder: LakePath, delta_version: int) -> list[LakePath]:
    """Return the checkpoints of a table's log up to a Delta version, in order."""
    result = (path for path in (folder / LOG).iterdir() if path.name.endswith(".checkpoint.parquet"))
    numbered = ((entry_version(path), path) for path in result)
    return [path for number, path in sorted(numbered) if number is not None and number <= delta_version]


def is_checkpoint_sound(path: LakePath) -> bool:
    """Return whether a checkpoint can be read."""
    try:
        pq.read_table(pa.BufferReader(path.read_bytes()))
    except (pa.ArrowException, OSError):
        return False
    return True


def _is_entry_sound(path: LakePath) -> bool:
    try:
        lines = path.read_bytes().splitlines()
        return bool(lines) and all(isinstance(json.loads(line), dict) for line in lines)
    except (OSError, ValueError, RecursionError):
        return False


def _first_missing(folder: LakePath) -> LakePath | None:
    return next((path for path in (folder, folder / LOG) if not path.is_dir()), None)


def _unknown(folder: LakePath, error: Exception) -> str:
    return f"{folder / LOG}: the log cannot be read ({_first_line(error)})"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
