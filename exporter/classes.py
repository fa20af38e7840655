"""The classes of an export and the taxa above them: what taxonomy.csv and iconic_taxa.csv say."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.columns import integers
from exporter.engine import Engine
from exporter.readiness import Assessment
from exporter.selection import class_taxon_ids
from exporter.tree import NONE, Bools, Ints, iconic_ids

_TAXA = """
SELECT l.place, l.taxon_id, t.rank_level, t.name, coalesce(t.iconic_taxon_id, l.iconic_id) AS iconic_taxon_id,
    t.rank
FROM listed AS l LEFT JOIN taxa AS t ON t.taxon_id = l.taxon_id
ORDER BY l.place
"""

_ICONIC = """
SELECT l.taxon_id AS iconic_taxon_id, l.iconic_class_id, coalesce(t.name, 'Unassigned') AS name
FROM listed AS l LEFT JOIN taxa AS t ON t.taxon_id = l.taxon_id
ORDER BY iconic_taxon_id
"""


@dataclass(frozen=True)
class Classes:
    """The classes by class id, and the taxa listed with them.

    taxon_ids:        the taxon of each class.
    iconic_class_ids: the iconic class of each class.
    taxonomy:         parent_taxon_id, taxon_id, rank_level, leaf_class_id, iconic_class_id, name,
                      iconic_taxon_id, rank: the classes and their ancestors, each above those below it. A
                      root (Life) is left out unless it is a class, and its children have no parent.
    iconic:           iconic_taxon_id, iconic_class_id, name; 0 is "Unassigned".

    A taxon whose record lacks its iconic group, as all do in the open data, has that of its nearest ancestor
    that is one: on iNaturalist it is no other.
    """

    taxon_ids: Ints
    iconic_class_ids: Ints
    taxonomy: pa.Table
    iconic: pa.Table


def describe(con: Engine, assessment: Assessment) -> Classes:
    """Look up the classes."""
    tree = assessment.tree
    is_root = tree.parent == NONE
    listed = np.flatnonzero(tree.clade_sums(assessment.leaves.astype(np.int64)) > 0)
    listed = listed[(~is_root[listed] | assessment.leaves[listed]) & ~tree.is_provisional[listed]]
    by_ancestors = integers(iconic_ids(tree), null=0)[listed]
    listed_taxa = {"place": listed, "taxon_id": tree.taxon_ids[listed], "iconic_id": by_ancestors}
    con.register("listed", pa.table(listed_taxa))
    taxa = con.sql(_TAXA).to_arrow_table()
    con.unregister("listed")

    taxon_ids = class_taxon_ids(assessment)
    is_class = assessment.leaves[listed]
    leaf_class_ids = np.searchsorted(taxon_ids, tree.taxon_ids[listed])
    told_iconic = integers(taxa["iconic_taxon_id"])
    iconic_class_ids, iconic = _iconic(con, told_iconic[is_class])
    of_listed = np.zeros(len(listed), dtype=np.int64)
    of_listed[is_class] = iconic_class_ids
    parent = tree.known_parents()[listed]
    has_parent = (parent != NONE) & ~is_root[parent]
    taxonomy = pa.table(
        {
            "parent_taxon_id": _where(has_parent, tree.taxon_ids[parent]),
            "taxon_id": taxa["taxon_id"],
            "rank_level": pc.cast(taxa["rank_level"], pa.string()),
            "leaf_class_id": _where(is_class, leaf_class_ids),
            "iconic_class_id": _where(is_class, of_listed),
            "name": taxa["name"],
            "iconic_taxon_id": told_iconic,
            "rank": taxa["rank"],
        }
    )
    by_class = np.empty_like(iconic_class_ids)
    by_class[leaf_class_ids[is_class]] = iconic_class_ids
    return Classes(taxon_ids, by_class, taxonomy, iconic)


def _iconic(con: Engine, of_classes: Ints) -> tuple[Ints, pa.Table]:
    ids, class_ids = np.unique(of_classes, return_inverse=True)
    con.register("listed", pa.table({"taxon_id": ids, "iconic_class_id": np.arange(len(ids))}))
    table = con.sql(_ICONIC).to_arrow_table()
    con.unregister("listed")
    return class_ids, table


def _where(is_told: Bools, values: Ints) -> pa.Array:
    return pa.array(values, mask=~is_told)
