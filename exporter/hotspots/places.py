"""Observations around which their label is hardly ever named, though much else of its order is.

An observation is out of range where the label is named less than half as often as its order lets expect
(`crowd.Crowd.numbers`): a label must be common elsewhere for that. What iNaturalist itself says (out of the
range map, or among the most anomalous twentieth of the dump's scores) counts for any label.
"""

import duckdb
import numpy as np
import pyarrow as pa

from exporter.columns import booleans
from exporter.hotspots.arrays import Floats
from exporter.tree import Bools, Ints

#: From this on a label is out of range: half as often, counting one more of both.
OUT_OF_RANGE = -np.log(2.0)
_ANOMALOUS = 0.95

_TOLD = """
WITH placed AS (
    SELECT place, coalesce(is_out_of_range, false) AS is_told, anomaly_score
    FROM judged JOIN observations USING (observation_id)
),
scores AS (
    SELECT quantile_cont(anomaly_score, $anomalous) AS most FROM placed
)
SELECT is_told OR coalesce(anomaly_score > most, false) AS is_out FROM placed CROSS JOIN scores ORDER BY place
"""


def out_of_range(con: duckdb.DuckDBPyConnection, observation_ids: Ints, surplus: Floats) -> Bools:
    """Return which of the observations are out of their label's range.

    ``surplus``: by observation, what `crowd.Crowd.numbers` gives of its label.
    """
    con.register(
        "judged", pa.table({"observation_id": observation_ids, "place": np.arange(len(observation_ids))})
    )
    is_told = booleans(con.execute(_TOLD, {"anomalous": _ANOMALOUS}).fetchnumpy()["is_out"])
    con.unregister("judged")
    # The half itself counts, whichever way its logarithm was rounded.
    result: Bools = is_told | (surplus <= OUT_OF_RANGE + 1e-9)
    return result
