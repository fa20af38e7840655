"""Levels of skill: how often a person is right within a clade when it matters.

What counts: naming a taxon unaided (right or wrong by what the model believes), and agreeing with a label
that is wrong (wrong). Agreeing with a right label counts for nothing, for who agrees with everything does
that too. A person's record in a genus is shrunk to theirs in its family, that to theirs in all, that to
everybody's. The levels are used inside the computation; no result holds anything about a person.
"""

import numpy as np

from exporter.hotspots.arrays import Floats, tally
from exporter.hotspots.cases import Cases, Patterns
from exporter.hotspots.history import History
from exporter.hotspots.responses import LEVELS, SELF, SKILLED, VISION, VISION_SKILLED
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import Ints

#: Shares right between the levels.
THRESHOLDS = (0.5, 0.65, 0.8, 0.9)
_STRENGTH = 8.0
_EVERYBODY = 0.3


def starting_levels(history: History) -> Ints:
    """Before anything is known, everybody is of the second level."""
    return np.ones(len(history.named), dtype=np.int64)


def codes(history: History, level: Ints) -> Ints:
    """Who responds, per identification."""
    vision = np.where(level >= SKILLED, VISION_SKILLED, VISION)
    code: Ints = np.where(history.is_vision, vision, np.where(history.is_repeat, SELF, level))
    return code


def sources(history: History, level: Ints) -> Ints:
    """Who gave a first name, per identification: a suggestion, somebody unaided, somebody skilled."""
    source: Ints = np.where(history.is_vision, 0, np.where(level >= SKILLED, 2, 1))
    return source


def levels(history: History, taxonomy: Taxonomy, right: Floats, wrong: Floats) -> Ints:
    """The level of each identification's maker in its genus.

    ``right`` and ``wrong``: how much each identification counts for and against its maker.
    """
    genus = taxonomy.genus[history.named]
    family = taxonomy.family[history.named]
    size = len(taxonomy.tree) + 1
    person, person_of = np.unique(history.person, return_inverse=True)
    by_family, family_of = np.unique(person_of * size + family + 1, return_inverse=True)
    by_genus, genus_of = np.unique(person_of * size + genus + 1, return_inverse=True)
    everywhere = _shrunk(person_of, right, wrong, np.full(len(person), _EVERYBODY))
    in_family = _shrunk(family_of, right, wrong, everywhere[by_family // size])
    family_of_genus = np.zeros(len(by_genus), dtype=np.int64)
    family_of_genus[genus_of] = family_of
    in_genus = _shrunk(genus_of, right, wrong, in_family[family_of_genus])
    found: Ints = np.searchsorted(np.array(THRESHOLDS), in_genus)[genus_of].astype(np.int64)
    return np.minimum(found, LEVELS - 1)


def _shrunk(group: Ints, right: Floats, wrong: Floats, above: Floats) -> Floats:
    rights = tally(group, right, len(above))
    number = rights + tally(group, wrong, len(above))
    share: Floats = (rights + _STRENGTH * above) / (number + _STRENGTH)
    return share


def record(
    history: History,
    cases: Cases,
    patterns: Patterns,
    first_right: Floats,
    response_right: Floats,
    response_wrong: Floats,
) -> tuple[Floats, Floats]:
    """How much each identification counts for and against its maker.

    first_right:                     per pattern, the probability that its first name is right.
    response_right, response_wrong:  per response of a pattern, what it counts.
    A first name counts once somebody else has responded, and no suggestion counts.
    """
    right, wrong = np.zeros(len(history.named)), np.zeros(len(history.named))
    answers = np.bincount(patterns.response_owner, minlength=len(patterns.weight))
    of_observation = patterns.of_observation
    is_answered = answers[of_observation] > 0
    first = cases.first[is_answered]
    right[first] = first_right[of_observation][is_answered]
    wrong[first] = 1.0 - right[first]
    right[cases.response] = response_right[patterns.response_of]
    wrong[cases.response] = response_wrong[patterns.response_of]
    unaided = ~history.is_vision
    return right * unaided, wrong * unaided
