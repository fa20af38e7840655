"""Observations for a second look: labels that were moved, and labels that nobody suspected."""

import duckdb
import pyarrow as pa

from exporter.criteria import Criteria
from exporter.draw import DRAW_KEY
from exporter.readiness import usable_sql

#: One row an observation that training could take, with the label that it has now.
CANDIDATES = pa.schema(
    [
        ("observation_id", pa.int64()),
        ("observation_uuid", pa.string()),
        ("label_taxon_id", pa.int64()),
        ("photos", pa.int32()),
        ("observed_on", pa.date32()),
    ]
)

_CANDIDATES = """
SELECT observation_id, coalesce(observation_uuid, '') AS observation_uuid,
    coalesce(confirming_id, u.taxon_id) AS label_taxon_id,
    CAST(least(photos, $most_photos) AS INTEGER) AS photos, observed_on
FROM ({usable}) AS u JOIN observations USING (observation_id)
WHERE coalesce(confirming_id, u.taxon_id) IS NOT NULL AND {condition}
"""


def as_they_are(con: duckdb.DuckDBPyConnection, criteria: Criteria, observation_ids: list[int]) -> pa.Table:
    """Return these observations with their labels of now, by id, as `CANDIDATES`; unusable ones are missing.

    con: a connection with the lake's views.
    """
    condition = "observation_id IN (SELECT unnest($ids)) ORDER BY observation_id"
    return _select(con, criteria, condition, {"ids": observation_ids})


def unsuspected(
    con: duckdb.DuckDBPyConnection,
    criteria: Criteria,
    labels: list[int],
    suspected: list[int],
    seed: str,
    size: int,
) -> pa.Table:
    """Return observations under these labels that are not among the suspected, drawn by a seed.

    By the keys of `exporter.draw`, in their order. At most ``size``, as `CANDIDATES`; con: a connection with
    the lake's views.
    """
    condition = (
        "list_contains($labels, coalesce(confirming_id, u.taxon_id))"
        " AND observation_id NOT IN (SELECT unnest($suspected))"
        f" ORDER BY {DRAW_KEY}, observation_id LIMIT $size"
    )
    values = {"labels": labels, "suspected": suspected, "seed": seed, "size": size}
    return _select(con, criteria, condition, values)


def _select(
    con: duckdb.DuckDBPyConnection, criteria: Criteria, condition: str, values: dict[str, object]
) -> pa.Table:
    query = _CANDIDATES.format(usable=usable_sql(criteria), condition=condition)
    values = {"most_photos": criteria.train_photos_per_observation, **values}
    return con.sql(query, params=values).to_arrow_table().cast(CANDIDATES)
