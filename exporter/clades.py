"""What every clade holds, summed up once at a refresh, so that no page has to: arrays over the tree."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.columns import booleans, floats, integers
from exporter.criteria import SPECIES_RANK_LEVEL
from exporter.tree import NONE, Bools, Ints, Tree

_WRONG = ("expected_wrong", "expected_wrong_low", "expected_wrong_high")


def summed_up(tree: Tree, rank_levels: pa.Table, result: pa.Table, hotspots: pa.Table) -> pa.Table:
    """The readiness ``result`` with what the picture of the tree shows of each clade.

    rank_levels: taxon_id and rank_level of the lake's taxa.
    hotspots:    taxon_id and the expected wrong observations under its label, with their interval.

    is_drawn:        whether the picture shows it: taxa of the main ranks (kingdom, phylum, class, order,
                     family, genus, species), those below species or of unknown rank, and every class.
                     Thirty ranks beside each other would show nothing.
    stem_id:         the nearest taxon above it that is drawn; null for a root.
    branches:        how many drawn taxa lie below it with no drawn one between.
    branch_photos:   their photos. One observation may count for two of them.
    classes:         classes in the clade.
    class_photos:    photos in the clade that serve a class, its own or one above it.
    expected_wrong*: sums over the labels in the clade. The interval's ends are sums of ends: it holds at
                     least 90 % whatever the errors of the labels have to do with each other.
    """
    at = tree.positions(integers(result["taxon_id"]))
    is_leaf = booleans(pc.equal(result["status"], "leaf"))
    photos = integers(result["photos"])
    drawn = _is_drawn(tree, rank_levels)
    drawn[at[is_leaf]] = True
    stem, branches, branch_photos = _branches(tree, drawn, at, photos)
    leaves = _spread(tree, at, is_leaf.astype(np.int64))
    served = booleans(pc.is_valid(result["leaf_taxon_id"]))
    in_classes = tree.clade_sums(_spread(tree, at, photos * is_leaf))[at]
    columns = {
        "is_drawn": drawn[at],
        "stem_id": pa.array(tree.taxon_ids[stem[at]], mask=stem[at] == NONE),
        "branches": branches[at],
        "branch_photos": branch_photos[at],
        "classes": tree.clade_sums(leaves)[at],
        "class_photos": np.where(served, photos, np.minimum(in_classes, photos)),
    }
    labels = tree.positions(integers(hotspots["taxon_id"]))
    columns |= {name: _clade_sums(tree, labels, floats(hotspots[name], null=0.0))[at] for name in _WRONG}
    for name, column in columns.items():
        result = result.append_column(name, pa.array(column))
    return result


def partly_loaded(tree: Tree, parts: Ints, whole: Ints) -> Bools:
    """Return which taxa are known from some places only, so that what is counted of them are lower bounds.

    parts: ids of taxa of which the observations from some places were loaded.
    whole: ids of taxa that were loaded from everywhere: of what lies in them nothing is missing.

    These are the taxa in the former and not in the latter, and those above them.
    """
    known = tree.at_or_below(_marked(tree, whole))
    from_places = _marked(tree, parts) & ~known
    is_above = tree.clade_sums(from_places.astype(np.int64)) > 0
    partly: Bools = is_above | (tree.at_or_below(from_places) & ~known)
    return partly


def _marked(tree: Tree, taxon_ids: Ints) -> Bools:
    """Which places of the tree these taxa have."""
    at = tree.positions(taxon_ids)
    marked = np.zeros(len(tree), dtype=bool)
    marked[at[at != NONE]] = True
    return marked


def _is_drawn(tree: Tree, rank_levels: pa.Table) -> Bools:
    """Which taxa are drawn whatever becomes of them."""
    level = np.full(len(tree), np.nan)
    known = tree.positions(integers(rank_levels["taxon_id"]))
    level[known] = floats(rank_levels["rank_level"])
    is_main: Bools = np.isnan(level) | (level % 10 == 0) | (level < SPECIES_RANK_LEVEL)
    return is_main & ~tree.is_provisional


def _branches(tree: Tree, drawn: Bools, at: Ints, photos: Ints) -> tuple[Ints, Ints, Ints]:
    """Each taxon's stem; how many branches it has, and their photos.

    All of them climb at once: a drawn taxon is a branch of every taxon up to the nearest drawn one.
    """
    stem = tree.parent.copy()
    branches, branch_photos = np.zeros_like(stem), np.zeros_like(stem)
    own_photos = _spread(tree, at, photos)
    is_branch = drawn & (_spread(tree, at, np.ones_like(at)) > 0)
    climbing = np.flatnonzero(stem != NONE)
    while climbing.size:
        counted = climbing[is_branch[climbing]]
        np.add.at(branches, stem[counted], 1)
        np.add.at(branch_photos, stem[counted], own_photos[counted])
        climbing = climbing[~drawn[stem[climbing]]]
        stem[climbing] = tree.parent[stem[climbing]]
        climbing = climbing[stem[climbing] != NONE]
    return stem, branches, branch_photos


def _spread(tree: Tree, positions: Ints, values: Ints) -> Ints:
    """Values at these positions, 0 elsewhere."""
    whole = np.zeros(len(tree), dtype=np.int64)
    whole[positions] = values
    return whole


def _clade_sums(tree: Tree, positions: Ints, values: np.ndarray) -> np.ndarray:
    """Sums of real numbers over each clade, to a thousandth: differences of a running sum end in noise."""
    running = np.zeros(len(tree) + 1)
    np.add.at(running, positions + 1, values)
    running = np.cumsum(running)
    return np.round(np.maximum(running[tree.end] - running[:-1], 0.0), 3)
