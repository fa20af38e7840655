"""Ranges of observation ids: what is joined range by range fits in memory, however large the lake is.

Tables are stored by buckets of the observation id, so a range reads its own files and no others.
"""

from collections.abc import Callable

import duckdb
import numpy as np

from exporter.columns import integers
from exporter.engine import Engine
from exporter.schema import bucket_sql

#: First and last id.
Range = tuple[int, int]

ALL_IDS: Range = (-(2**63), 2**63 - 1)

_BUCKETS = f"""
SELECT min(observation_id) AS first_id, max(observation_id) AS last_id, count(*) AS rows
FROM {{relation}} AS r GROUP BY {bucket_sql("observation_id")} ORDER BY first_id
"""


def id_ranges(con: Engine, relation: str, rows: int) -> list[Range]:
    """Return ranges that hold all observation ids of a relation, at most about ``rows`` of its rows each.

    On a cluster, which divides its work itself: one range of all ids.
    """
    if not isinstance(con, duckdb.DuckDBPyConnection):
        return [ALL_IDS]
    buckets = con.execute(_BUCKETS.format(relation=relation)).fetchnumpy()
    part = np.cumsum(integers(buckets["rows"])) // rows
    first_ids = integers(buckets["first_id"])[np.diff(part, prepend=-1) != 0]
    last_ids = integers(buckets["last_id"])[np.diff(part, append=-1) != 0]
    return list(zip(first_ids.tolist(), last_ids.tolist(), strict=True))


def within(relation: str, ids: Range) -> str:
    """Return a SELECT of the rows of a relation, a table or a bracketed SELECT, in a range."""
    if ids == ALL_IDS:
        return f"SELECT * FROM {relation} AS r"
    return f"SELECT * FROM {relation} AS r WHERE observation_id BETWEEN {ids[0]} AND {ids[1]}"


def create_by_range(
    con: Engine,
    table: str,
    rows: Callable[[Range], str],
    ranges: list[Range],
    parameters: dict[str, object] | None = None,
) -> None:
    """Create a temporary table of what a SELECT gives, one range of observation ids after another.

    rows:   the SELECT for a range.
    ranges: of all rows there are; where there is none, the table is empty.
    """
    verb = f"CREATE OR REPLACE TEMP TABLE {table} AS"
    for ids in ranges or [ALL_IDS]:
        con.execute(f"{verb} {rows(ids)}", parameters or {})
        verb = f"INSERT INTO {table}"
