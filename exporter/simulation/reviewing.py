"""Simulated people who look through observations: what they name goes into the lake, with what follows."""

import pyarrow as pa

from exporter.community import labels
from exporter.criteria import SPECIES_RANK_LEVEL
from exporter.lake import Lake
from exporter.schema import OBSERVATIONS, TIMESTAMP

#: One row a look: ``people`` name ``taxon_id`` at that time. Each observation is looked at once.
LOOKS = pa.schema(
    [
        ("observation_id", pa.int64()),
        ("taxon_id", pa.int64()),
        ("people", pa.int32()),
        ("looked_at", TIMESTAMP),
    ]
)

#: Far above iNaturalist's, and above those of the world.
_FIRST_PERSON = 9_900_000_000

_IDENTIFICATIONS = f"""
CREATE TEMP TABLE reviewed AS
SELECT * FROM identifications SEMI JOIN looks USING (observation_id)
UNION ALL BY NAME
SELECT observation_id, looks.taxon_id, looked_at AS created_at, looked_at AS updated_at, 'api' AS source,
    (SELECT max(identification_id) FROM identifications) + row_number() OVER () AS identification_id,
    {_FIRST_PERSON} + person AS user_id,
    true AS is_current, false AS is_own_observation, false AS is_vision, false AS is_hidden,
    looks.taxon_id <> o.taxon_id AS is_disagreement, false AS is_taxon_change,
    o.taxon_id AS previous_observation_taxon_id,
    'leading' AS category
FROM looks JOIN observations AS o USING (observation_id), unnest(range(people)) AS named(person)
"""

_OBSERVATIONS = f"""
SELECT o.* REPLACE (
    l.taxon_id AS taxon_id,
    l.community_taxon_id AS community_taxon_id,
    greatest(o.updated_at, looked_at) AS updated_at,
    CASE
        WHEN quality_grade = 'casual' THEN quality_grade
        WHEN t.rank_level <= $species_level THEN 'research'
        ELSE 'needs_id'
    END AS quality_grade,
    coalesce(known_empty, 0)
        | CASE WHEN l.taxon_id IS NULL THEN {OBSERVATIONS.bits["taxon_id"]} ELSE 0 END
        | CASE WHEN l.community_taxon_id IS NULL THEN {OBSERVATIONS.bits["community_taxon_id"]} ELSE 0 END
        AS known_empty
)
FROM observations AS o
    JOIN looks USING (observation_id)
    JOIN labels AS l USING (observation_id)
    LEFT JOIN taxa AS t ON t.taxon_id = l.community_taxon_id
"""


def review(lake: Lake, looks: pa.Table) -> None:
    """Add the identifications of `LOOKS` to a lake with a simulated world, with what they make of labels."""
    with lake.connect() as con:
        con.register("looks", looks.cast(LOOKS))
        con.execute(_IDENTIFICATIONS)
        labels(con, None, "reviewed")
        rows = {
            "observations": con.sql(_OBSERVATIONS, params={"species_level": SPECIES_RANK_LEVEL}),
            "identifications": con.sql(
                "SELECT r.* REPLACE (greatest(r.updated_at, looked_at) AS updated_at)"
                " FROM reviewed AS r JOIN looks USING (observation_id)"
            ),
            "photos": con.sql(
                "SELECT p.* REPLACE (greatest(p.updated_at, looked_at) AS updated_at)"
                " FROM photos AS p JOIN looks USING (observation_id)"
            ),
        }
        tables = {name: result.to_arrow_table().drop_columns(["source"]) for name, result in rows.items()}
    with lake.staging() as staging:
        staging.is_simulated = True
        staging.begin_file()
        for name, table in tables.items():
            staging.add(name, "api", table)
        lake.upsert(staging)
