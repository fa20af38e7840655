"""How a response looks if a candidate is true: the state of the label it saw, and what it did."""

from enum import IntEnum

import numpy as np

from exporter.hotspots.arrays import Floats
from exporter.hotspots.cases import NEAR, is_above
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints


class State(IntEnum):
    """How the label that a response saw stands to the candidate."""

    OPEN = 0  # none was shown, or an ancestor of the candidate
    RIGHT = 1
    WRONG = 2


class Outcome(IntEnum):
    """What a response did, if the candidate is true."""

    AGREES = 0
    NAMES_TRUE = 1
    STOPS = 2  # at a genus above the label, without disagreeing
    AGAINST = 3  # says by a coarser name that the label is wrong
    NAMES_FALSE = 4


STATES, OUTCOMES = len(State), len(Outcome)

#: Codes of who responds: levels of skill from low to high, suggestions, people who change their mind.
LEVELS = 5
VISION, VISION_SKILLED, SELF = LEVELS, LEVELS + 1, LEVELS + 2
CODES = LEVELS + 3

#: From this level on a person counts as skilled.
SKILLED = 3

#: Sources of first names.
SUGGESTED, UNAIDED, BY_SKILLED = range(3)
SOURCES = 3

#: Prior shares of outcomes by state, for the lowest and the highest level; those between are interpolated.
_LOW = np.array(
    [
        [0.00, 0.72, 0.08, 0.02, 0.18],
        [0.88, 0.03, 0.04, 0.01, 0.04],
        [0.80, 0.10, 0.04, 0.02, 0.04],
    ]
)
_HIGH = np.array(
    [
        [0.00, 0.92, 0.05, 0.01, 0.02],
        [0.93, 0.00, 0.02, 0.04, 0.01],
        [0.06, 0.80, 0.04, 0.08, 0.02],
    ]
)
_SKILL_OF_CODE = np.append(np.linspace(0.0, 1.0, LEVELS), [0.1, 0.4, 0.3])


def prior_outcomes() -> Floats:
    """Prior shares by code, state and outcome."""
    skill = _SKILL_OF_CODE[:, None, None]
    shares: Floats = skill * _HIGH + (1.0 - skill) * _LOW
    return shares


def states(taxonomy: Taxonomy, candidate: Ints, genus: Ints, first: Ints, shown: Ints) -> Ints:
    """The `State` of each response beside each candidate; ``genus`` is that of the ``first`` name."""
    taxon = _stands_for(candidate, genus, first)
    is_open = (shown == NONE) | is_above(taxonomy, shown, taxon) | ((candidate == NEAR) & (shown == genus))
    is_right = (candidate >= 0) & taxonomy.is_within(taxon, shown)
    found: Ints = np.select([is_open, is_right], [State.OPEN, State.RIGHT], State.WRONG).astype(np.int64)
    return found


def outcomes(
    taxonomy: Taxonomy,
    candidate: Ints,
    genus: Ints,
    first: Ints,
    named: Ints,
    shown: Ints,
    is_vision: Bools,
    is_against: Bools,
) -> Ints:
    """The `Outcome` of each response beside each candidate. A suggestion taken is no mere agreement."""
    taxon = _stands_for(candidate, genus, first)
    is_coarser = is_above(taxonomy, named, shown)
    is_true = np.where(
        candidate >= 0,
        taxonomy.is_within(named, taxon) | taxonomy.is_within(taxon, named),
        np.where(candidate == NEAR, taxonomy.is_within(named, taxon), is_above(taxonomy, named, taxon)),
    )
    found: Ints = np.select(
        [(named == shown) & ~is_vision, is_coarser & is_against, is_coarser, is_true],
        [Outcome.AGREES, Outcome.AGAINST, Outcome.STOPS, Outcome.NAMES_TRUE],
        Outcome.NAMES_FALSE,
    ).astype(np.int64)
    return found


def _stands_for(candidate: Ints, genus: Ints, first: Ints) -> Ints:
    """The taxon of a candidate; for NEAR and FAR the genus of the first name, or that name itself."""
    return np.where(candidate >= 0, candidate, np.where(genus == NONE, first, genus))
