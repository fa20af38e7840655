"""DuckDB's connections to a lake, and how its taxa are read."""

import uuid
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from exporter.durable import held
from exporter.schema import TAXA
from exporter.storage import Storage

#: The root of the tree, as SQL.
_LIFE = {
    "taxon_id": "48460",
    "ancestry": "''",
    "name": "'Life'",
    "rank": "'stateofmatter'",
    "rank_level": "100",
    "is_active": "true",
    "is_extinct": "false",
    "source": "'taxonomy'",
}


def query_engine(
    storage: Storage[Any], memory_limit: str = "1GB", threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection without tables, which may read the lake's files; it spills on this machine."""
    folder = storage.local / "spill" / uuid.uuid4().hex
    holding = ExitStack()
    with suppress(OSError):  # a disk that may only be read, where nothing can spill
        folder.mkdir(parents=True)
        holding.enter_context(held(folder))
    connection = new_connection(storage, folder / "query", memory_limit, threads)
    weakref.finalize(connection, _let_go, holding, folder)
    return connection


def _let_go(holding: ExitStack, folder: Path) -> None:
    """Release the folder that a connection spilled into; what is left in it is a leftover."""
    holding.close()
    with suppress(OSError):
        folder.rmdir()


def new_connection(
    storage: Storage[Any], spill: Path, memory_limit: str, threads: int | None
) -> duckdb.DuckDBPyConnection:
    """The same, which spills into a folder that is somebody else's."""
    # DuckDB makes the last folder, and removes it when the connection closes.
    settings: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(spill),
        "memory_limit": memory_limit,
    }
    if threads is not None:
        settings["threads"] = threads
    connection = duckdb.connect(config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    # Output is sorted where it matters; keeping input order besides costs memory.
    connection.execute("SET preserve_insertion_order = false")
    storage.show_to(connection)
    return connection


@contextmanager
def one_thread(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let statements run on one thread.

    Several that divide rows into folders go on reading while others still write, until the memory limit is
    reached (github.com/duckdb/duckdb/issues/25920): 150 million observations did not load with 1 GB.
    """
    [(threads,)] = connection.execute("SELECT current_setting('threads')").fetchall()
    connection.execute("SET threads = 1")
    try:
        yield
    finally:
        connection.execute(f"SET threads = {threads}")


def with_life(taxa: str) -> str:
    """A SELECT of taxa, and of their root with them, which API records and vision exports leave out."""
    columns = ", ".join(
        f"CAST({_LIFE.get(column.name, 'NULL')} AS {column.sql_type})" for column in TAXA.columns
    )
    return (
        f"{taxa} UNION ALL SELECT {columns} WHERE {_LIFE['taxon_id']} NOT IN (SELECT taxon_id FROM ({taxa}))"
    )
