"""What became of labels: which were looked at in a span of time, and which were moved away."""

from datetime import datetime

import duckdb
import pyarrow as pa

from exporter.community import labels
from exporter.schema import TIMESTAMP

#: What to follow: observations with the label that each had.
FOLLOWED = pa.schema([("observation_id", pa.int64()), ("label_taxon_id", pa.int64())])

#: One row each that was followed, in its order.
#:
#: is_looked_at  a person identified it in that time; where the data have no identifications of it: its label
#:               is another now
#: is_moved      it was looked at, and its label is neither at nor below the former one any more
OUTCOMES = pa.schema([("observation_id", pa.int64()), ("is_looked_at", pa.bool_()), ("is_moved", pa.bool_())])

_IDENTIFICATIONS = """
CREATE OR REPLACE TEMP TABLE followed_identifications AS
SELECT * FROM identifications SEMI JOIN followed_rows USING (observation_id)
"""

#: Lost: neither the community taxon nor the taxon shown lies at or below the label, neither then nor now.
#: (Now too, for the lake does not know who opted out of the community taxon.) A label that a taxon change
#: retired is nobody's to lose.
_OUTCOMES = """
WITH looked_at AS (
    SELECT number,
        bool_or(
            created_at > since AND created_at <= $until
            AND NOT coalesce(is_taxon_change, false) AND NOT coalesce(is_hidden, false)
        ) AS is_looked_at
    FROM followed_rows JOIN followed_identifications USING (observation_id) GROUP BY number
),
held_by AS (
    SELECT number, label_taxon_id, unnest([
        o.community_taxon_id, o.taxon_id, l.community_taxon_id, l.taxon_id
    ]) AS taxon_id
    FROM followed_rows
        LEFT JOIN observations AS o USING (observation_id)
        LEFT JOIN labels AS l USING (observation_id)
),
held AS (
    SELECT DISTINCT number
    FROM held_by JOIN taxa USING (taxon_id)
    WHERE taxon_id = label_taxon_id
        OR list_contains(string_split(ancestry, '/'), CAST(label_taxon_id AS VARCHAR))
),
judged AS (
    SELECT number, observation_id,
        h.number IS NULL AND o.observation_id IS NOT NULL AND coalesce(is_active, true) AS is_lost,
        coalesce(i.is_looked_at, i.number IS NULL AND is_lost) AS is_looked_at
    FROM followed_rows
        LEFT JOIN observations AS o USING (observation_id)
        LEFT JOIN looked_at AS i USING (number)
        LEFT JOIN held AS h USING (number)
        LEFT JOIN taxa AS t ON t.taxon_id = label_taxon_id
)
SELECT observation_id, is_looked_at, is_looked_at AND is_lost AS is_moved
FROM judged ORDER BY number
"""


def outcomes(
    con: duckdb.DuckDBPyConnection, followed: pa.Table, since: datetime | None, until: datetime
) -> pa.Table:
    """What became of labels (`FOLLOWED`) after ``since`` and by ``until``, times with a zone; `OUTCOMES`.

    con:   a connection with the lake's views taxa, observations, identifications.
    since: None where each row has its own, in a column of that name.
    An observation that the lake no longer has was neither looked at nor moved, as far as is known.
    """
    con.register("followed_rows", _numbered(followed, since))
    con.execute(_IDENTIFICATIONS)
    labels(con, until, "followed_identifications")
    result = con.sql(_OUTCOMES, params={"until": until}).to_arrow_table().cast(OUTCOMES)
    con.execute("DROP TABLE labels")
    con.execute("DROP TABLE followed_identifications")
    con.unregister("followed_rows")
    return result


def _numbered(followed: pa.Table, since: datetime | None) -> pa.Table:
    size = followed.num_rows
    begins = followed["since"] if since is None else pa.array([since] * size)
    rows = followed.select(FOLLOWED.names).cast(FOLLOWED)
    return rows.append_column("since", begins.cast(TIMESTAMP)).append_column(
        "number", pa.array(range(size), pa.int64())
    )
