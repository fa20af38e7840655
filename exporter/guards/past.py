"""How every taxon stood to the line on past dates: the controls of the guards."""

from datetime import datetime, timedelta

import duckdb

from exporter.community import labels
from exporter.criteria import WRITABLE_PHOTO, Criteria
from exporter.readiness import Assessment, assess, then, usable_then_sql
from exporter.settling import UNSETTLED, touch

MOST_DATES = 6

#: Where it is unknown when an observation was made, the day on which it was seen stands for it.
_FIRST = "SELECT min(coalesce(created_at, CAST(observed_on AS TIMESTAMPTZ))) AS first FROM observations"

#: The observations whose labels may have changed since, as they were then; and all others as they are.
_STANDING = f"""
CREATE OR REPLACE TEMP TABLE standing AS
SELECT * FROM ({{usable_then}}) AS u SEMI JOIN touched USING (observation_id)
UNION ALL
SELECT * FROM {UNSETTLED} AS now ANTI JOIN touched USING (observation_id)
"""


def past_dates(con: duckdb.DuckDBPyConnection, cutoff: datetime, window_days: int) -> list[datetime]:
    """One, two, ... windows before the cutoff: `MOST_DATES` of them, or as many as the data reach back."""
    [[first]] = con.sql(_FIRST).to_arrow_table().to_pydict().values()
    if first is None:
        return []
    window = timedelta(days=window_days)
    number = min(MOST_DATES, (cutoff - first) // window)
    return [cutoff - step * window for step in range(1, number + 1)]


def stand_at(
    con: duckdb.DuckDBPyConnection, criteria: Criteria, date: datetime, cutoff: datetime
) -> Assessment:
    """How the taxa stood on a past date; after `exporter.settling.settle` with this cutoff.

    Only observations that something happened to since are labelled again.
    """
    touch(con, date, cutoff)
    labels(con, date, "touched_identifications")
    con.execute(_STANDING.format(usable_then=usable_then_sql(criteria, WRITABLE_PHOTO)), then(date))
    return assess(con, criteria, "standing")
