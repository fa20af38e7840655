"""The taxon tree as the search for wrong labels sees it: units, genera and families by position."""

from dataclasses import dataclass

import duckdb
import numpy as np

from exporter.columns import floats, integers
from exporter.criteria import GENUS_RANK_LEVEL, SPECIES_RANK_LEVEL
from exporter.hotspots.arrays import Floats
from exporter.tree import NONE, Bools, Ints, Tree

_FAMILY_LEVEL = 30.0
_ORDER_LEVEL = 40.0
_CLASS_LEVEL = 50.0


@dataclass(frozen=True)
class Taxonomy:
    """Arrays by position of the tree.

    unit:   what is distinguished: the species of a taxon below species, else the taxon itself.
    genus:  its nearest ancestor-or-self at genus; -1 above genus.
    family: its nearest ancestor-or-self at family; -1 above family.
    order, biological_class: the same at order and at class (of Linnaeus, not of the model).
    level:  iNaturalist's number of the rank: 10 for species, 20 for genus; 0 where it is not known.
    """

    tree: Tree
    unit: Ints
    genus: Ints
    family: Ints
    order: Ints
    biological_class: Ints
    level: Floats

    def is_within(self, clades: Ints, taxa: Ints) -> Bools:
        """Which of the taxa lie in the clade beside them; position -1 is in no clade and has none."""
        inside: Bools = (clades != NONE) & (taxa != NONE) & self.tree.contains(clades, taxa)
        return inside


def read_taxonomy(con: duckdb.DuckDBPyConnection, tree: Tree) -> Taxonomy:
    """Ranks from the lake's taxa, laid over the tree."""
    columns = con.execute("SELECT taxon_id, rank_level FROM taxa WHERE rank_level IS NOT NULL").fetchnumpy()
    level = np.zeros(len(tree))
    level[tree.positions(integers(columns["taxon_id"]))] = floats(columns["rank_level"])
    species = tree.nearest(level == SPECIES_RANK_LEVEL)
    return Taxonomy(
        tree=tree,
        unit=np.where(species != NONE, species, np.arange(len(tree))),
        genus=tree.nearest(level == GENUS_RANK_LEVEL),
        family=tree.nearest(level == _FAMILY_LEVEL),
        order=tree.nearest(level == _ORDER_LEVEL),
        biological_class=tree.nearest(level == _CLASS_LEVEL),
        level=level,
    )
