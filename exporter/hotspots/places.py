"""Observations far from where, or outside the months when, their label is well known.

The well-known records of a label are those that are hardly doubtful. Of a label with enough of them, an
observation is out of range if no well-known one lies in its cell of five degrees or one beside it, or none
in its month or one beside it. What iNaturalist itself says (out of the range map, or among the most
anomalous twentieth of the dump's scores) counts for any label.
"""

import duckdb
import numpy as np
import pyarrow as pa

from exporter.columns import booleans
from exporter.hotspots.arrays import Floats
from exporter.tree import Bools, Ints

_MOST_DOUBT = 0.05
_LEAST_RECORDS = 30
_ANOMALOUS = 0.95

_OUT_OF_RANGE = """
WITH placed AS (
    SELECT place, label, suspicion, CAST(floor(latitude / 5) AS INTEGER) AS y,
        CAST(floor(longitude / 5) AS INTEGER) AS x, month(observed_on) AS m,
        coalesce(is_out_of_range, false) AS is_told, anomaly_score
    FROM judged JOIN observations USING (observation_id)
),
known AS (
    FROM placed WHERE suspicion <= $most_doubt AND NOT is_told AND x IS NOT NULL AND m IS NOT NULL
),
well_known AS (
    SELECT label FROM known GROUP BY label HAVING count(*) >= $least_records
),
cells AS (
    SELECT DISTINCT label, y + dy AS y, (x + dx + 108) % 72 - 36 AS x
    FROM (SELECT DISTINCT label, y, x FROM known SEMI JOIN well_known USING (label)),
        (SELECT unnest([-1, 0, 1]) AS dy), (SELECT unnest([-1, 0, 1]) AS dx)
),
months AS (
    SELECT DISTINCT label, (m + dm + 11) % 12 + 1 AS m
    FROM (SELECT DISTINCT label, m FROM known SEMI JOIN well_known USING (label)),
        (SELECT unnest([-1, 0, 1]) AS dm)
),
scores AS (
    SELECT quantile_cont(anomaly_score, $anomalous) AS most FROM placed
)
SELECT place, is_told OR coalesce(anomaly_score > most, false) OR w.label IS NOT NULL
        AND (p.x IS NOT NULL AND c.label IS NULL OR p.m IS NOT NULL AND n.label IS NULL) AS is_out
FROM placed AS p CROSS JOIN scores
    LEFT JOIN well_known AS w ON w.label = p.label
    LEFT JOIN cells AS c ON c.label = p.label AND c.y = p.y AND c.x = p.x
    LEFT JOIN months AS n ON n.label = p.label AND n.m = p.m
ORDER BY place
"""


def out_of_range(
    con: duckdb.DuckDBPyConnection, observation_ids: Ints, label: Ints, suspicion: Floats
) -> Bools:
    """Which of the observations are out of their label's range."""
    places = np.arange(len(observation_ids))
    columns = {"observation_id": observation_ids, "label": label, "suspicion": suspicion, "place": places}
    con.register("judged", pa.table(columns))
    parameters = {"most_doubt": _MOST_DOUBT, "least_records": _LEAST_RECORDS, "anomalous": _ANOMALOUS}
    found = booleans(con.execute(_OUT_OF_RANGE, parameters).fetchnumpy()["is_out"])
    con.unregister("judged")
    return found
