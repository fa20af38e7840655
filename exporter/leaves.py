"""Which taxa become classes, and what becomes of the others: arrays over the tree in, arrays out.

The rules are those of `exporter.criteria`. Every array has one entry, or one row, per position of the tree.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from exporter.criteria import Criteria
from exporter.tree import NONE, Bools, Ints, Tree

Strings = npt.NDArray[np.str_]


class Status(StrEnum):
    """What becomes of a taxon; see `statuses`."""

    LEAF = "leaf"
    COVERED = "covered"
    ROLLED_UP = "rolled_up"
    DROPPED = "dropped"
    SHORT = "short"
    EXCLUDED = "excluded"


@dataclass(frozen=True)
class Line:
    """How far each taxon is from the line a class must cross, by what its clade holds.

    passes:             it has all that a class needs.
    short_confirmed:    confirmed observations missing.
    short_photos:       training photos missing once test and validation took their minimum; none where the
                        rule's number of observations brings them along (`Criteria.can_lack_photos`).
    short_observations: the least number of further observations that would do: each of them confirmed, with
                        as many photos as training takes of one.
    margin:             below the line -short_observations; else how many observations it can lose, whichever
                        they are, and surely still pass.
    """

    passes: Bools
    short_confirmed: Ints
    short_photos: Ints
    short_observations: Ints
    margin: Ints


def photos_held(by_photos: Ints) -> Ints:
    """Photos in a histogram of observations: column k counts those with k + 1 photos."""
    held: Ints = by_photos @ np.arange(1, by_photos.shape[1] + 1)
    return held


def measure(criteria: Criteria, confirmed: Ints, observations: Ints) -> Line:
    """Measure clades against the line.

    ``confirmed`` and ``observations`` (these with the confirmed among them) count usable observations by
    their usable photos, in columns 1, 2, ... train_photos_per_observation and more.
    """
    per_observation = criteria.train_photos_per_observation
    confirmed_count = confirmed.sum(axis=1)
    observation_count = observations.sum(axis=1)
    fewest_first = np.minimum(np.cumsum(confirmed, axis=1), criteria.set_aside)
    set_aside = np.diff(fewest_first, axis=1, prepend=0)
    training_photos = photos_held(observations) - photos_held(set_aside)

    short_photos = np.maximum(criteria.train_min - training_photos, 0) * criteria.can_lack_photos
    short_observations = np.maximum.reduce(
        [
            np.zeros_like(confirmed_count),
            criteria.min_observations - observation_count,
            criteria.confirmed_needed - confirmed_count,
            np.maximum(criteria.set_aside - confirmed_count, 0) + -(-short_photos // per_observation),
        ]
    )
    spare = np.minimum(
        observation_count - criteria.min_observations, confirmed_count - criteria.confirmed_needed
    )
    if criteria.can_lack_photos:
        spare = np.minimum(spare, (training_photos - criteria.train_min) // per_observation)
    passes = short_observations == 0
    return Line(
        passes=passes,
        short_confirmed=np.maximum(criteria.confirmed_needed - confirmed_count, 0),
        short_photos=short_photos,
        short_observations=short_observations,
        margin=np.where(passes, spare, -short_observations),
    )


def select_leaves(tree: Tree, candidates: Bools) -> Bools:
    """The classes: candidates (that may be a class, and pass the line) with no candidate below them.

    Trying taxa from the tips to the root, covering all above the first that passes, selects just these.
    """
    leaves: Bools = candidates & (tree.clade_sums(candidates.astype(np.int64)) == 1)
    return leaves


def is_tried(tree: Tree, criteria: Criteria) -> Bools:
    """Rule 10: which taxa may be tried at all."""
    tried = np.ones(len(tree), dtype=np.bool_)
    if criteria.clades:
        chosen = _marked(tree, criteria.clades)
        tried &= tree.at_or_below(chosen) | (tree.clade_sums(chosen.astype(np.int64)) > 0)
    if criteria.leaves:
        ends = _marked(tree, criteria.leaves)
        has_parent = tree.parent != NONE
        tried &= ~(has_parent & tree.at_or_below(ends)[tree.parent])
    return tried


def _marked(tree: Tree, taxon_ids: tuple[int, ...]) -> Bools:
    marked = np.zeros(len(tree), dtype=np.bool_)
    positions = tree.positions(np.array(taxon_ids, dtype=np.int64))
    marked[positions[positions != NONE]] = True
    return marked


def leaf_positions(tree: Tree, leaves: Bools) -> Ints:
    """The position of the leaf in whose clade each taxon lies (its own, if it is the leaf), -1 for none."""
    if not leaves.any():
        return np.full(len(tree), NONE, dtype=np.int64)
    positions = np.arange(len(tree))
    starts = np.flatnonzero(leaves)
    latest = starts[np.maximum(np.searchsorted(starts, positions, side="right") - 1, 0)]
    return np.where(tree.contains(latest, positions), latest, NONE)


def statuses(tree: Tree, leaves: Bools, is_barred: Bools, is_unranked: Bools) -> Strings:
    """What becomes of each taxon.

    excluded:   it is barred (rule 5), or of unknown rank.
    leaf:       it is a class.
    covered:    a leaf lies below it.
    rolled_up:  it lies below a leaf, whose photos its own are.
    dropped:    below the line, with no leaf above, and its nearest ancestor that is not barred is covered:
                nothing above it can become a class, so its photos go unused.
    short:      below the line, with no leaf above, and the ancestor above it may still become a class (or
                there is none).
    """
    is_covered = (tree.clade_sums(leaves.astype(np.int64)) > 0) & ~leaves
    has_leaf = leaf_positions(tree, leaves) != NONE
    above = _ancestors_but(tree, is_barred)
    is_cut_off = (above != NONE) & is_covered[above]
    became: Strings = np.select(
        [is_barred | is_unranked, leaves, is_covered, has_leaf, is_cut_off],
        [Status.EXCLUDED, Status.LEAF, Status.COVERED, Status.ROLLED_UP, Status.DROPPED],
        Status.SHORT,
    )
    return became


def _ancestors_but(tree: Tree, is_skipped: Bools) -> Ints:
    """The nearest ancestor that is not skipped, -1 for none."""
    above = tree.parent.copy()
    climbing = np.flatnonzero((above != NONE) & is_skipped[above])
    while climbing.size:
        above[climbing] = tree.parent[above[climbing]]
        climbing = climbing[(above[climbing] != NONE) & is_skipped[above[climbing]]]
    return above
