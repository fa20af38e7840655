"""Which observations of a worklist need no look any more, by what is known of them at this moment."""

from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from exporter.criteria import Criteria
from exporter.hotspots.outcomes import FOLLOWED, outcomes
from exporter.readiness import usable_sql

#: One row an observation that is settled.
#:
#: how  "gone": deleted, or of no use for training any more; "moved": its label is neither at nor below the
#:      former one any more; "confirmed": somebody identified it since then, and the label is confirmed
SETTLED = pa.schema([("observation_id", pa.int64()), ("how", pa.string())])

#: An identification of any time speaks for a label that is lost: see `outcomes`.
_ANY_TIME = datetime(1900, 1, 1, tzinfo=UTC)

_SETTLED = """
WITH confirmed AS (
    SELECT observation_id FROM followed
        JOIN usable USING (observation_id)
        JOIN taxa ON taxa.taxon_id = confirming_id
    WHERE confirming_id = label_taxon_id
        OR list_contains(string_split(ancestry, '/'), CAST(label_taxon_id AS VARCHAR))
),
judged AS (
    SELECT observation_id,
        CASE
            WHEN u.observation_id IS NULL THEN 'gone'
            WHEN e.is_moved THEN 'moved'
            WHEN s.is_looked_at AND c.observation_id IS NOT NULL THEN 'confirmed'
        END AS how
    FROM followed
        LEFT JOIN usable AS u USING (observation_id)
        LEFT JOIN ever AS e USING (observation_id)
        LEFT JOIN since AS s USING (observation_id)
        LEFT JOIN confirmed AS c USING (observation_id)
)
SELECT observation_id, how FROM judged WHERE how IS NOT NULL ORDER BY observation_id
"""


def settled(
    con: duckdb.DuckDBPyConnection, followed: pa.Table, criteria: Criteria, since: datetime, until: datetime
) -> pa.Table:
    """Return which labels (`outcomes.FOLLOWED`) are settled, as `SETTLED`.

    since, until: times with a zone: of the data that put them on the worklist, and of ``con``'s.
    con:          a connection with the lake's views, as the observations are now.
    """
    relations = {
        "ever": outcomes(con, followed, _ANY_TIME, until),
        "since": outcomes(con, followed, since, until),
        "followed": followed.select(FOLLOWED.names).cast(FOLLOWED),
    }
    for name, rows in relations.items():
        con.register(name, rows)
    con.execute(f"CREATE TEMP VIEW usable AS {usable_sql(criteria)}")
    result = con.sql(_SETTLED).to_arrow_table().cast(SETTLED)
    con.execute("DROP VIEW usable")
    for name in relations:
        con.unregister(name)
    return result
