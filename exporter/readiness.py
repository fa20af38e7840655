"""Readiness: how every taxon stands to the line of the next export.

DuckDB reads the lake once, out of core, and groups the usable observations by taxon, confirming taxon and
number of photos (`exporter.counts`); the rest is arrays over the tree. `exporter.present` gives the same of
the present at the cost of what changed since it was last asked.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from exporter import criteria as rules
from exporter.community import labels
from exporter.counts import Holdings, Standing, count
from exporter.criteria import Criteria
from exporter.engine import Engine
from exporter.leaves import is_tried, leaf_positions, select_leaves, statuses
from exporter.tree import NONE, Bools, Ints, Tree

#: What a row says; photos per observation count as far as training takes them.
SCHEMA = pa.schema(
    [
        ("taxon_id", pa.int64()),
        ("name", pa.string()),
        ("rank", pa.string()),
        ("status", pa.string()),
        ("leaf_taxon_id", pa.int64()),
        ("observations", pa.int64()),
        ("community_confirmed", pa.int64()),
        ("photos", pa.int64()),
        ("short_observations", pa.int64()),
        ("short_confirmed", pa.int64()),
        ("short_photos", pa.int64()),
        ("margin", pa.int64()),
        ("incomplete_observations", pa.int64()),
    ]
)

_PHOTOGRAPHED = """
SELECT observation_id, count(*) AS photos, {lacks_address} AS lacks_address
FROM photos WHERE {counts} GROUP BY observation_id
"""

#: One row a usable observation, of the lake's observations or of the same columns at another time.
_USABLE = """
SELECT observation_id, taxon_id, {confirming_taxon} AS confirming_id, photos,
    {is_incomplete} OR lacks_address AS is_incomplete{further}
FROM {observations} AS o JOIN ({photographed}) AS p USING (observation_id)
WHERE {usable_observation}
"""

#: Research grade then: what it is now if the community taxon was that of now; else an observation that can
#: have it (is not casual) had it with a community taxon from species down.
_OBSERVATIONS_THEN = """
(
    SELECT o.observation_id, o.source, o.known_empty, o.lists_photos, o.is_flagged, o.fails_quality_metric,
        l.observation_id IS NULL AS is_judged_by_times,
        CASE WHEN l.observation_id IS NULL THEN o.taxon_id ELSE l.taxon_id END AS taxon_id,
        CASE WHEN l.observation_id IS NULL THEN o.community_taxon_id ELSE l.community_taxon_id END
            AS community_taxon_id,
        CASE
            WHEN l.observation_id IS NULL OR o.quality_grade = 'casual'
                OR l.community_taxon_id IS NOT DISTINCT FROM o.community_taxon_id THEN o.quality_grade
            WHEN t.rank_level <= $species_level THEN 'research'
            ELSE 'needs_id'
        END AS quality_grade
    FROM observations AS o
        LEFT JOIN labels AS l ON l.observation_id = o.observation_id
        LEFT JOIN taxa AS t ON t.taxon_id = l.community_taxon_id
    WHERE coalesce(
        coalesce(
            o.created_at, CASE WHEN l.observation_id IS NULL THEN CAST(o.observed_on AS TIMESTAMPTZ) END
        ) <= $at,
        true
    )
)
"""


@dataclass(frozen=True)
class Assessment:
    """Which taxa are classes; arrays by position of the tree, and readiness's rows."""

    tree: Tree
    is_active: Bools
    leaves: Bools
    rows: pa.Table


def readiness(con: Engine, criteria: Criteria, *, at: datetime | None = None) -> pa.Table:
    """One row per taxon with a usable observation in its clade, by ascending id; columns as in SCHEMA.

    con:       a connection with the lake's views taxa, observations, photos, identifications. Its memory
               limit bounds what the grouping takes; the tree takes about 1 KB per taxon more.
    at:        a time with a zone. Only observations created by then count, with the labels that their
               identifications gave them then (`exporter.community`). One without identifications in the
               lake keeps its labels of now, and if its creation time is unknown too, the day it was
               seen stands for it; one without a time counts. Flags, photos and quality metrics are
               those of now: it is unknown when they came.

    observations:            usable ones in the clade, confirmed or not.
    community_confirmed:     the confirmed ones among them.
    photos:                  their usable photos, at most train_photos_per_observation of each.
    short_*, margin:         the distance to the line, by what the clade holds (`exporter.leaves.Line`); a
                             covered taxon is measured too. For an excluded taxon, which no number of
                             observations makes a class, short_* are 0 and margin is null.
    leaf_taxon_id:           the class that its photos serve: itself for a leaf, the leaf above a rolled_up or
                             excluded taxon, null where they serve none of its own.
    incomplete_observations: those known only from sources that do not give everything, or with a photo whose
                             address is unknown, so that the counts are lower bounds.
    """
    if at is None:
        return assess(con, criteria, f"({usable_sql(criteria)})").rows
    return assess_then(con, criteria, at).rows


def usable_sql(
    criteria: Criteria,
    observations: str = "observations",
    photo: str = rules.USABLE_PHOTO,
    *further: str,
) -> str:
    """Return a SELECT of the usable observations.

    Columns: observation_id, taxon_id, confirming_id, photos, is_incomplete, and the ``further`` ones of
    ``observations``. ``photo``: which photos count, a condition on the lake's table photos.
    """
    # Photos that can be written have an address: looking again would take a third of the counting.
    lacks_address = "false" if photo == rules.WRITABLE_PHOTO else f"bool_or(NOT {rules.HAS_ADDRESS})"
    return _USABLE.format(
        confirming_taxon=criteria.confirming_taxon,
        is_incomplete=rules.IS_INCOMPLETE,
        observations=observations,
        photographed=_PHOTOGRAPHED.format(counts=photo, lacks_address=lacks_address),
        usable_observation=rules.USABLE_OBSERVATION,
        further="".join(f", {column}" for column in further),
    )


def usable_then_sql(criteria: Criteria, photo: str = rules.USABLE_PHOTO, *further: str) -> str:
    """`usable_sql` at the time of the table ``labels``; takes the parameters that `then` gives.

    ``further`` may name is_judged_by_times: the observation has no identifications in the lake.
    """
    return usable_sql(criteria, _OBSERVATIONS_THEN, photo, *further)


def then(at: datetime) -> dict[str, object]:
    """The parameters of `usable_then_sql`."""
    return {"at": at, "species_level": rules.SPECIES_RANK_LEVEL}


def assess(con: Engine, criteria: Criteria, usable: str) -> Assessment:
    """Find the classes. ``usable``: a table or a bracketed SELECT with the columns of `usable_sql`."""
    counts = count(con, criteria, usable)
    held = Holdings.of(criteria, counts.confirmed, counts.observations, counts.incomplete)
    return conclude(criteria, counts.tree, counts.standing, held)


def assess_then(con: Engine, criteria: Criteria, at: datetime) -> Assessment:
    """Find the classes of a past time: see `readiness`."""
    labels(con, at)
    con.execute(f"CREATE OR REPLACE TEMP TABLE usable_then AS {usable_then_sql(criteria)}", then(at))
    assessment = assess(con, criteria, "usable_then")
    for table in ("labels", "usable_then"):
        con.execute(f"DROP TABLE {table}")
    return assessment


def conclude(criteria: Criteria, tree: Tree, standing: Standing, held: Holdings) -> Assessment:
    """Find the classes, given what each clade holds."""
    line = held.line
    may_be_class = ~(standing.is_barred | standing.is_unranked | tree.is_provisional)
    leaves = select_leaves(tree, may_be_class & line.passes & is_tried(tree, criteria))
    leaf = leaf_positions(tree, leaves)
    described = {
        "taxon_id": tree.taxon_ids,
        "name": standing.names,
        "rank": standing.ranks,
        "status": statuses(tree, leaves, standing.is_barred, standing.is_unranked),
        "leaf_taxon_id": pa.array(tree.taxon_ids[leaf], mask=leaf == NONE),
        "observations": held.observations,
        "community_confirmed": held.confirmed,
        "photos": held.photos,
        "short_observations": line.short_observations * may_be_class,
        "short_confirmed": line.short_confirmed * may_be_class,
        "short_photos": line.short_photos * may_be_class,
        "margin": pa.array(line.margin, mask=~may_be_class),
        "incomplete_observations": held.incomplete,
    }
    is_shown = (held.observations > 0) & (tree.taxon_ids >= 0)
    by_id = tree.by_id[is_shown[tree.by_id]]
    rows = pa.table({name: _at(column, by_id) for name, column in described.items()}).cast(SCHEMA)
    return Assessment(tree, standing.is_active, leaves, rows)


def _at(column: pa.Array | np.ndarray, positions: Ints) -> pa.Array:
    """Some entries of a column."""
    return column.take(pa.array(positions)) if isinstance(column, pa.Array) else pa.array(column[positions])
