"""What is known of a label on an observation before its next review: who gave it, who agreed, who did not."""

from dataclasses import dataclass

import numpy as np

from exporter.hotspots.arrays import Floats
from exporter.hotspots.history import History
from exporter.hotspots.sensitivity import VAIN_OBJECTION, Sensitivity, log_odds_of_review
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints


@dataclass(frozen=True)
class Standing:
    """One entry a label on an observation, at a moment.

    namer:        the person who first gave the label, or a taxon within it; -1 for nobody.
    is_suggested: it was chosen from the computer-vision suggestions.
    is_own:       by the observer.
    agreeing:     others whose current identification is the label or a taxon within it.
    disagreeing:  people whose current identification is another taxon, or says that the label is wrong.
    evidence:     what those who agree and disagree say for its being wrong: a sum of log-odds.
    other:        what the last of these named, if that is no ancestor of the label; -1 for nothing.
    """

    namer: Ints
    is_suggested: Bools
    is_own: Bools
    agreeing: Ints
    disagreeing: Ints
    evidence: Floats
    other: Ints


def standing(
    history: History,
    taxonomy: Taxonomy,
    sensitivity: Sensitivity | None,
    observation: Ints,
    label: Ints,
    before: Ints,
) -> Standing:
    """Describe labels (positions) on observations by the identifications made before a place in the history.

    ``before`` is an index into the history: its own and later identifications are not looked at.
    """
    size = len(observation)
    start = np.searchsorted(history.observation, observation)
    namer, other = np.full(size, NONE, dtype=np.int64), np.full(size, NONE, dtype=np.int64)
    is_suggested, is_own = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    agreeing, disagreeing = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    evidence = np.zeros(size)
    active, place = np.arange(size), start
    while (is_left := place < before[active]).any():
        active, place = active[is_left], place[is_left]
        own = label[active]
        named = history.named[place]
        is_current = history.next_of_person[place] >= before[active]
        is_for = taxonomy.is_within(own, named)
        is_above = taxonomy.is_within(named, own) & ~is_for
        is_against = is_current & ~is_for & (~is_above | history.is_explicit[place]) & (named != NONE)
        is_first = is_for & (namer[active] == NONE)
        first, first_place = active[is_first], place[is_first]
        namer[first] = history.person[first_place]
        is_suggested[first] = history.is_vision[first_place]
        is_own[first] = history.is_own[first_place]
        agrees = is_for & is_current & (namer[active] != history.person[place])
        agreeing[active] += agrees
        if sensitivity is not None:
            spoke = np.flatnonzero(agrees | is_against)
            caught = sensitivity.of(history.person[place[spoke]], taxonomy.family[own[spoke]])
            evidence[active[spoke]] += log_odds_of_review(caught, is_against[spoke], VAIN_OBJECTION)
        disagreeing[active] += is_against
        is_other = is_against & ~is_above
        other[active[is_other]] = named[is_other]
        place = place + 1
    return Standing(namer, is_suggested, is_own, agreeing, disagreeing, evidence, other)
