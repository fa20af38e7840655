"""How often people overturn a wrong label that they review: by person and family, and never shown."""

from dataclasses import dataclass

import numpy as np

from exporter.columns import numbered
from exporter.hotspots.arrays import Floats, laid, places_in, tally
from exporter.tree import Bools, Ints

#: What is believed before any review, and the wrong labels that this weighs: in a lake, a person, a family.
USUAL = 0.7
_STRENGTH_OF_LAKE, _STRENGTH = 20.0, 4.0
_LEAST, _MOST = 0.02, 0.98

#: How often an unaided reviewer overturns a right label in the data that the fit learns from: hardly ever,
#: for falling is what is learned. And how often somebody objects to a right label, for labels that others
#: still hold up.
FALSE_ALARM = 0.001
VAIN_OBJECTION = 0.1


@dataclass(frozen=True)
class Sensitivity:
    """The chance that a person overturns a wrong label of a family; one row a pair, by ``key``.

    usual:     of reviewers as they come.
    attentive: of those who do the overturning: weighted by how much each overturns.
    It is used inside the computation and stays there.
    """

    key: Ints
    value: Floats
    families: int
    usual: float
    attentive: float

    def of(self, person: Ints, family: Ints) -> Floats:
        """Return the chance for people in families (positions); the usual one where nothing is known."""
        place = places_in(self.key, pair_keys(person, family, self.families))
        return laid(self.value, place, self.usual)


@dataclass(frozen=True)
class Pairs:
    """The pairs of person and family among some reviews.

    key:    of each pair, ascending; ``person`` numbers the people of the pairs.
    of:     of each review, its pair: an index into ``key``.
    """

    key: Ints
    person: Ints
    of: Ints
    families: int

    @classmethod
    def among(cls, person: Ints, family: Ints) -> "Pairs":
        """Return the pairs among reviews by people of labels in families (positions)."""
        families = int(family.max(initial=0)) + 2
        key, of = numbered(pair_keys(person, family, families))
        return cls(key, numbered(key // families)[1], of, families)


def pair_keys(person: Ints, family: Ints, families: int) -> Ints:
    """Return a number for each pair; ``families`` is two more than the last family."""
    keys: Ints = person * families + family + 1
    return keys


def nothing_known() -> Sensitivity:
    """Return what is believed of everybody before any review."""
    return Sensitivity(np.empty(0, dtype=np.int64), np.zeros(0), 1, USUAL, USUAL)


def estimate(pairs: Pairs, is_overturned: Bools, wrong: Floats) -> Sensitivity:
    """Estimate from reviews: one entry each.

    ``wrong``: the probability that the label which was reviewed is wrong.
    """
    count = len(pairs.key)
    caught, seen = tally(pairs.of, wrong * is_overturned, count), tally(pairs.of, wrong, count)
    usual = (caught.sum() + _STRENGTH_OF_LAKE * USUAL) / (seen.sum() + _STRENGTH_OF_LAKE)
    of_person = tally(pairs.person, caught), tally(pairs.person, seen)
    value = _shrunk(caught, seen, _shrunk(*of_person, usual)[pairs.person]).clip(_LEAST, _MOST)
    total = caught.sum()
    attentive = float((caught @ value) / total) if total > 0 else float(usual)
    return Sensitivity(pairs.key, value, pairs.families, float(usual), attentive)


def aided_share(is_aided: Bools, is_overturned: Bools) -> float:
    """Return the share of reviews that overturn by a name from the suggestions; `FALSE_ALARM` at least.

    Most labels are right. So a right label falls by a suggestion at most about as often as any label does,
    and such a review is no better evidence than suggestions are.
    """
    number = np.count_nonzero(is_aided & is_overturned)
    return max(number / max(len(is_aided), 1), FALSE_ALARM)


def log_odds_of_review(caught: Floats, is_overturned: Bools, false_alarm: Floats | float) -> Floats:
    """Return what a review says for the label's being wrong, given the reviewer's sensitivity."""
    odds: Floats = np.where(is_overturned, caught / false_alarm, (1.0 - caught) / (1.0 - FALSE_ALARM))
    return np.log(odds)


def _shrunk(caught: Floats, seen: Floats, above: Floats | float) -> Floats:
    share: Floats = (caught + _STRENGTH * above) / (seen + _STRENGTH)
    return share
