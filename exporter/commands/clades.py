"""What commands that list rows do with ``--clade``."""

import duckdb
import pyarrow as pa

from exporter.named_clades import find_clade, within


def clade_id(con: duckdb.DuckDBPyConnection, text: str | None) -> int | None:
    """Return the taxon that ``--clade`` names; None without one, DataError if the lake does not have it."""
    return None if text is None else find_clade(con, text)


def rows_within(
    con: duckdb.DuckDBPyConnection, rows: pa.Table, column: str, taxon_id: int | None
) -> pa.Table:
    """Return the rows whose taxon in ``column`` lies in the clade; all of them without one."""
    return rows if taxon_id is None else within(con, rows, column, taxon_id)
