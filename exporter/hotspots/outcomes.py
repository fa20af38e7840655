"""What became of labels: which were looked at in a span of time, and which were moved away."""

from datetime import datetime

import duckdb
import pyarrow as pa

from exporter.community import labels

#: What to follow: one row an observation, with the label that it had.
FOLLOWED = pa.schema([("observation_id", pa.int64()), ("label_taxon_id", pa.int64())])

#: One row an observation that was followed.
#:
#: is_looked_at  a person identified it in that time; where the data tell no identifications of it: its label
#:               is another now
#: is_moved      it was looked at, and its label is neither at nor below the former one any more
OUTCOMES = pa.schema([("observation_id", pa.int64()), ("is_looked_at", pa.bool_()), ("is_moved", pa.bool_())])

_IDENTIFICATIONS = """
CREATE OR REPLACE TEMP TABLE followed_identifications AS
SELECT * FROM identifications SEMI JOIN followed USING (observation_id)
"""

#: Lost: neither the community taxon nor the taxon shown lies at or below the label, neither then nor now.
#: (Now too, for the lake does not know who opted out of the community taxon.) A label that a taxon change
#: retired is nobody's to lose.
_OUTCOMES = """
WITH looked_at AS (
    SELECT observation_id,
        bool_or(
            created_at > $since AND created_at <= $until
            AND NOT coalesce(is_taxon_change, false) AND NOT coalesce(is_hidden, false)
        ) AS is_looked_at
    FROM followed_identifications GROUP BY observation_id
),
held_by AS (
    SELECT observation_id, label_taxon_id, unnest([
        o.community_taxon_id, o.taxon_id, l.community_taxon_id, l.taxon_id
    ]) AS taxon_id
    FROM followed
        LEFT JOIN observations AS o USING (observation_id)
        LEFT JOIN labels AS l USING (observation_id)
),
held AS (
    SELECT DISTINCT observation_id
    FROM held_by JOIN taxa USING (taxon_id)
    WHERE taxon_id = label_taxon_id
        OR list_contains(string_split(ancestry, '/'), CAST(label_taxon_id AS VARCHAR))
),
judged AS (
    SELECT observation_id,
        h.observation_id IS NULL AND o.observation_id IS NOT NULL AND coalesce(is_active, true) AS is_lost,
        coalesce(i.is_looked_at, i.observation_id IS NULL AND is_lost) AS is_looked_at
    FROM followed
        LEFT JOIN observations AS o USING (observation_id)
        LEFT JOIN looked_at AS i USING (observation_id)
        LEFT JOIN held AS h USING (observation_id)
        LEFT JOIN taxa AS t ON t.taxon_id = label_taxon_id
)
SELECT observation_id, is_looked_at, is_looked_at AND is_lost AS is_moved
FROM judged ORDER BY observation_id
"""


def outcomes(
    con: duckdb.DuckDBPyConnection, followed: pa.Table, since: datetime, until: datetime
) -> pa.Table:
    """What became of labels (`FOLLOWED`) after ``since`` and by ``until``, times with a zone; `OUTCOMES`.

    con: a connection with the lake's views taxa, observations, identifications.
    An observation that the lake no longer has was neither looked at nor moved: nobody tells.
    """
    con.register("followed", followed.select(FOLLOWED.names).cast(FOLLOWED))
    con.execute(_IDENTIFICATIONS)
    labels(con, until, "followed_identifications")
    span = {"since": since, "until": until}
    found = con.sql(_OUTCOMES, params=span).to_arrow_table().cast(OUTCOMES)
    con.execute("DROP TABLE labels")
    con.execute("DROP TABLE followed_identifications")
    con.unregister("followed")
    return found
