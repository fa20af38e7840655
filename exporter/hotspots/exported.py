"""The observations that the next export could draw, with the label and the class of each."""

from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa

from exporter.community import labels
from exporter.criteria import Criteria
from exporter.leaves import leaf_positions
from exporter.readiness import Assessment, assess, then, usable_sql, usable_then_sql
from exporter.tree import NONE

#: One row an observation in a class. ``exported_photos``: how many photos the export is expected to take
#: of it: those that training takes of one observation, times the share of its class that there is room for.
_EXPORTED = """
CREATE OR REPLACE TEMP TABLE exported AS
WITH labelled AS MATERIALIZED (
    SELECT observation_id,
        CASE WHEN c.leaf_taxon_id IS NOT NULL THEN confirming_id ELSE u.taxon_id END AS label_taxon_id,
        coalesce(c.leaf_taxon_id, t.leaf_taxon_id) AS leaf_taxon_id,
        CAST(least(photos, $most_photos) AS INTEGER) AS photos
    FROM {usable} AS u
        LEFT JOIN class_of AS c ON c.taxon_id = confirming_id
        LEFT JOIN class_of AS t ON t.taxon_id = u.taxon_id
    WHERE c.leaf_taxon_id IS NOT NULL OR t.leaf_taxon_id IS NOT NULL
),
shares AS (
    SELECT leaf_taxon_id, least(1.0, $room / sum(photos)) AS share FROM labelled GROUP BY leaf_taxon_id
)
SELECT observation_id, label_taxon_id, leaf_taxon_id, photos, photos * share AS exported_photos
FROM labelled JOIN shares USING (leaf_taxon_id)
"""


def create_exported(
    con: duckdb.DuckDBPyConnection,
    criteria: Criteria,
    at: datetime | None,
    assessment: Assessment | None = None,
) -> Assessment:
    """Create the temporary table ``exported``: now, or as it was at a time (with a zone).

    assessment: of the present, where it is known already.

    Columns: observation_id, label_taxon_id (its confirming taxon where that lies in a class, else its
    taxon), leaf_taxon_id (its class), photos, exported_photos.
    """
    if at is None:
        usable = f"({usable_sql(criteria)})"
    else:
        labels(con, at)
        con.execute(f"CREATE OR REPLACE TEMP TABLE usable_then AS {usable_then_sql(criteria)}", then(at))
        con.execute("DROP TABLE labels")
        usable = "usable_then"
    assessment = assessment or assess(con, criteria, usable)
    con.register("class_of", _class_of(assessment))
    room = criteria.train_max + criteria.val_max + criteria.test_max
    parameters = {"most_photos": criteria.train_photos_per_observation, "room": room}
    con.execute(_EXPORTED.format(usable=usable), parameters)
    con.unregister("class_of")
    con.execute("DROP TABLE IF EXISTS usable_then")
    return assessment


def _class_of(assessment: Assessment) -> pa.Table:
    tree = assessment.tree
    leaf = leaf_positions(tree, assessment.leaves)
    has_class = (leaf != NONE) & assessment.is_active
    return pa.table(
        {
            "taxon_id": tree.taxon_ids[has_class],
            "leaf_taxon_id": tree.taxon_ids[leaf[has_class]].astype(np.int64),
        }
    )
