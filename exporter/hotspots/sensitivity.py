"""How often people overturn a wrong label that they review: by person and family, and never shown."""

from dataclasses import dataclass

import numpy as np

from exporter.hotspots.arrays import Floats, places_in, tally
from exporter.tree import NONE, Bools, Ints

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
        result = np.full(len(person), self.usual)
        result[place != NONE] = self.value[place[place != NONE]]
        return result


def pair_keys(person: Ints, family: Ints, families: int) -> Ints:
    """Return a number for each pair; ``families`` is one more than the taxa of the tree."""
    keys: Ints = person * families + family + 1
    return keys


def estimate(keys: Ints, families: int, pair: Ints, is_overturned: Bools, wrong: Floats) -> Sensitivity:
    """Estimate from reviews: one entry each, with its pair (an index into ``keys``).

    ``wrong``: the probability that the label which was reviewed is wrong.
    """
    caught = tally(pair, wrong * is_overturned, len(keys))
    seen = tally(pair, wrong, len(keys))
    _, of_person = np.unique(keys // families, return_inverse=True)
    usual = (caught.sum() + _STRENGTH_OF_LAKE * USUAL) / (seen.sum() + _STRENGTH_OF_LAKE)
    everywhere = _shrunk(tally(of_person, caught), tally(of_person, seen), usual)[of_person]
    value = _shrunk(caught, seen, everywhere).clip(_LEAST, _MOST)
    total = caught.sum()
    attentive = float((caught @ value) / total) if total > 0 else float(usual)
    return Sensitivity(keys, value, families, float(usual), attentive)


def aided_share(is_aided: Bools, is_overturned: Bools) -> float:
    """Return the share of reviews that overturn by a name from the suggestions; `FALSE_ALARM` at least.

    Most labels are right. So a right label falls by a suggestion at most about as often as any label does,
    and such a review is no better evidence than suggestions are.
    """
    number = np.count_nonzero(is_aided & is_overturned)
    return max(number / max(len(is_aided), 1), FALSE_ALARM)


def log_odds_of_review(caught: Floats, is_overturned: Bools, false_alarm: Floats | float) -> Floats:
    """Return what a review says for the label's being wrong, given the reviewer's sensitivity."""
    return np.where(is_overturned, np.log(caught / false_alarm), np.log((1.0 - caught) / (1.0 - FALSE_ALARM)))


def _shrunk(caught: Floats, seen: Floats, above: Floats | float) -> Floats:
    share: Floats = (caught + _STRENGTH * above) / (seen + _STRENGTH)
    return share
