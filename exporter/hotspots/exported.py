"""The observations that the next export could draw, with the label and the class of each."""

from dataclasses import dataclass, replace
from datetime import datetime

import duckdb
import numpy as np

from exporter.columns import integers
from exporter.community import labels
from exporter.criteria import Criteria
from exporter.hotspots.arrays import Floats, places_in, tally
from exporter.leaves import leaf_positions
from exporter.readiness import Assessment, assess, then, usable_sql, usable_then_sql
from exporter.tree import NONE, Ints

_USABLE = f"""
SELECT observation_id, coalesce(taxon_id, {NONE}) AS taxon_id,
    coalesce(confirming_id, {NONE}) AS confirming_id, photos
FROM {{usable}}
ORDER BY observation_id
"""
_CONFIRMING = f"""
SELECT observation_id, coalesce({{confirming_taxon}}, {NONE}) AS confirming_id FROM observations
"""


@dataclass(frozen=True)
class Usable:
    """The usable observations by ascending id, with ids of taxa, -1 for none; see `readiness.usable_sql`."""

    observation_ids: Ints
    taxon_ids: Ints
    confirming_ids: Ints
    photos: Ints


@dataclass(frozen=True)
class Drawable:
    """One entry an observation in a class, by ascending id; taxa are positions of the tree.

    label:  its confirming taxon where that lies in a class, else its taxon.
    leaf:   its class.
    photos: those that training takes of one observation at most.
    exported_photos: how many the export is expected to take of it: these, times the share of its class that
            there is room for.
    """

    observation_ids: Ints
    label: Ints
    leaf: Ints
    photos: Ints
    exported_photos: Floats


def read_usable(
    con: duckdb.DuckDBPyConnection, criteria: Criteria, at: datetime | None, assessment: Assessment | None
) -> tuple[Usable, Assessment]:
    """Return the usable observations and which taxa are classes: now, or at a time (with a zone).

    assessment: which taxa are classes, where that is known already.
    """
    if at is None:
        usable = f"({usable_sql(criteria)})"
    else:
        labels(con, at)
        con.execute(f"CREATE OR REPLACE TEMP TABLE usable_then AS {usable_then_sql(criteria)}", then(at))
        con.execute("DROP TABLE labels")
        usable = "usable_then"
    rows = con.sql(_USABLE.format(usable=usable)).to_arrow_table()
    assessment = assessment or assess(con, criteria, usable)
    con.execute("DROP TABLE IF EXISTS usable_then")
    return Usable(*(integers(rows[name]) for name in rows.column_names)), assessment


def confirmed_by(con: duckdb.DuckDBPyConnection, criteria: Criteria, usable: Usable) -> Usable:
    """Return usable observations of the present with what confirms them under another rule."""
    rows = con.sql(_CONFIRMING.format(confirming_taxon=criteria.confirming_taxon)).to_arrow_table()
    place = places_in(usable.observation_ids, integers(rows["observation_id"]))
    confirming = np.full_like(usable.confirming_ids, NONE)
    confirming[place[place != NONE]] = integers(rows["confirming_id"])[place != NONE]
    return replace(usable, confirming_ids=confirming)


def draw(usable: Usable, criteria: Criteria, assessment: Assessment) -> Drawable:
    """Return those of the usable observations that are in a class."""
    tree = assessment.tree
    leaf = np.where(assessment.is_active, leaf_positions(tree, assessment.leaves), NONE)
    leaf = np.append(leaf, NONE)
    taxon, confirming = tree.positions(usable.taxon_ids), tree.positions(usable.confirming_ids)
    is_confirmed = leaf[confirming] != NONE
    label = np.where(is_confirmed, confirming, taxon)
    kept = np.flatnonzero(leaf[label] != NONE)
    label, photos = label[kept], np.minimum(usable.photos[kept], criteria.train_photos_per_observation)
    room = criteria.train_max + criteria.val_max + criteria.test_max
    share = np.minimum(1.0, room / np.maximum(tally(leaf[label], photos, len(tree)), 1.0))
    return Drawable(usable.observation_ids[kept], label, leaf[label], photos, photos * share[leaf[label]])
