"""Who is involved in observations on a worklist. For each person alone: nobody is shown another's rows."""

from enum import StrEnum

import duckdb
import pyarrow as pa


class Role(StrEnum):
    """How somebody is involved.

    OBSERVER: made the observation.
    MAVERICK: iNaturalist counts their current identification as a maverick: the community takes another
              taxon, and theirs is neither above nor below it.
    """

    OBSERVER = "observer"
    MAVERICK = "maverick"


#: One row for each observation, person and role. ``inat_id`` is iNaturalist's id of the person.
INVOLVED = pa.schema([("observation_id", pa.int64()), ("inat_id", pa.int64()), ("role", pa.string())])

# Where a file lists an old identification as current, somebody has two mavericks: UNION makes them one row.
_INVOLVED = f"""
    SELECT observation_id, observer_id AS inat_id, '{Role.OBSERVER}' AS role
    FROM listed JOIN observations USING (observation_id)
    WHERE observer_id IS NOT NULL
    UNION
    SELECT observation_id, user_id, '{Role.MAVERICK}'
    FROM listed JOIN identifications USING (observation_id)
    WHERE category = 'maverick' AND user_id IS NOT NULL
        AND coalesce(is_current, true) AND NOT coalesce(is_hidden, false)
    ORDER BY inat_id, role, observation_id
"""


def involved(con: duckdb.DuckDBPyConnection, observation_ids: pa.ChunkedArray) -> pa.Table:
    """Return who is involved in these observations, as `INVOLVED`, by person.

    con: a connection with the lake's views. Only iNaturalist's API says which identifications are mavericks;
    of other sources the observers alone are known.
    """
    con.register("listed", pa.table({"observation_id": observation_ids}))
    result = con.sql(_INVOLVED).to_arrow_table().cast(INVOLVED)
    con.unregister("listed")
    return result
