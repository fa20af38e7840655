"""Delta tables in a lake's folders, wherever these lie."""

import pyarrow as pa
from deltalake import DeltaTable

from exporter.storage.interface import LakePath

#: How many entries of a store's log are read one by one, at most.
_ENTRIES_TO_READ = "10"


def open_table(folder: LakePath, version: int | None = None) -> DeltaTable:
    """Open the table in a folder, at a version or its newest. DeltaError or OSError."""
    return DeltaTable(str(folder), version=version, storage_options=_options(folder))


def create_table(folder: LakePath, schema: pa.Schema) -> None:
    """Make an empty table in partitions by ``bucket``. DeltaError, also if there is one."""
    options = _options(folder)
    DeltaTable.create(
        str(folder),
        schema=schema,
        partition_by=["bucket"],
        storage_options=options,
        # In a store each entry of the log is two requests.
        configuration={"delta.checkpointInterval": _ENTRIES_TO_READ} if options else None,
    )


def _options(folder: LakePath) -> dict[str, str] | None:
    """What deltalake needs besides an address: of a store how to write there, of a folder nothing."""
    options: dict[str, str] | None = getattr(folder, "delta_options", None)
    return options
