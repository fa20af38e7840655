"""Observations as cases: what each may truly be, and how people responded to the label they saw.

The *tips* of an observation are the taxa named on it that are no ancestors of another one named. The *first*
name is the earliest tip: most labels are that name to this day. What it may truly be are its tips, another
taxon of the first name's genus (NEAR), or something outside that genus (FAR). Identifications after the
first name are *responses*, each made by somebody who saw a label; `Outcome` says what a response was if a
candidate is true.
"""

from dataclasses import dataclass

import numpy as np

from exporter.hotspots.arrays import place_in_run
from exporter.hotspots.history import History
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints

#: Candidates that are no taxon: another one of the first name's genus, and one outside it.
NEAR, FAR = -2, -3


@dataclass(frozen=True)
class Cases:
    """Observations with their tips and responses; index arrays into the `History` they came from.

    first:          per observation, the identification that named the first tip; -1 without any.
    tip_owner, tip: every tip of every observation (the first one included), by observation.
    response:       the identifications that count as responses, in order.
    is_first_said:  per identification, whether its taxon was not named on the observation before.
    """

    first: Ints
    tip_owner: Ints
    tip: Ints
    response: Ints
    is_first_said: Bools


def find_cases(history: History, taxonomy: Taxonomy) -> Cases:
    """Find the tips, the first names and the responses."""
    count, size = len(history.observation_ids), len(taxonomy.tree)
    keys = history.observation * size + history.named
    pairs, first_said = np.unique(keys, return_index=True)
    owner, named = pairs // size, pairs % size
    is_tip = _is_tip(taxonomy, owner, named)
    is_first_said = np.zeros(len(keys), dtype=np.bool_)
    is_first_said[first_said] = True

    first = np.full(count, len(keys), dtype=np.int64)
    np.minimum.at(first, owner[is_tip], first_said[is_tip])
    first[first == len(keys)] = NONE
    response = _responses(history, taxonomy, first, is_first_said)
    return Cases(first, owner[is_tip], named[is_tip], response, is_first_said)


def _is_tip(taxonomy: Taxonomy, owner: Ints, named: Ints) -> Bools:
    """No other taxon named on it lies below: in preorder, the next one would."""
    is_tip = np.ones(len(named), dtype=np.bool_)
    same = owner[1:] == owner[:-1]
    is_tip[:-1] = ~(same & taxonomy.tree.contains(named[:-1], named[1:]))
    return is_tip


def _responses(history: History, taxonomy: Taxonomy, first: Ints, is_first_said: Bools) -> Ints:
    """What came after the first name and says something.

    Left out: somebody who takes over what others said (a reply), and a coarser name than the one shown that
    neither disagrees with it nor stops at genus.
    """
    number = np.arange(len(history.named))
    is_later = number > first[history.observation]
    is_reply = history.is_repeat & ~is_first_said
    is_coarser = is_above(taxonomy, history.named, history.shown)
    stops_at_genus = taxonomy.genus[history.named] == history.named
    is_empty = is_coarser & ~history.is_explicit & ~stops_at_genus
    return np.flatnonzero(is_later & ~is_reply & ~is_empty & (history.named != NONE))


def is_above(taxonomy: Taxonomy, upper: Ints, lower: Ints) -> Bools:
    """Is the one a proper ancestor of the other?"""
    above: Bools = taxonomy.is_within(upper, lower) & (upper != lower)
    return above


@dataclass(frozen=True)
class Patterns:
    """Cases that are alike, once: what the model computes with.

    of_observation: the pattern of each observation.
    weight:         observations of each pattern.
    first, source:  the first name and the kind of who gave it.
    candidate_owner, candidate: what each pattern may truly be: taxa, NEAR or FAR; by pattern, its first
                    name first, NEAR and FAR last.
    response_owner, named, shown, code, is_against: the responses, by pattern and in order; `code` says who.
    response_of:    per response of the cases, the response of the pattern that stands for it.
    """

    of_observation: Ints
    weight: Ints
    first: Ints
    source: Ints
    candidate_owner: Ints
    candidate: Ints
    response_owner: Ints
    named: Ints
    shown: Ints
    code: Ints
    is_against: Bools
    response_of: Ints


def find_patterns(history: History, cases: Cases, taxonomy: Taxonomy, source: Ints, code: Ints) -> Patterns:
    """Group the cases. ``source`` and ``code`` tell who made each identification, as first name or not."""
    count = len(history.observation_ids)
    response = cases.response
    owner = history.observation[response]
    place = place_in_run(owner)
    number_of = np.bincount(owner, minlength=count)
    first = np.where(cases.first == NONE, NONE, history.named[cases.first])
    first_source = np.where(cases.first == NONE, 0, source[cases.first])

    mark = _mix(history.named[response], history.shown[response], code[response], place)
    mark = _mix(mark, history.is_explicit[response].astype(np.int64))
    whole = _mix(first, first_source, number_of)
    np.add.at(whole, owner, mark)
    _, example, of_observation = np.unique(whole, return_index=True, return_inverse=True)
    weight = np.bincount(of_observation)

    slot = np.full(count, NONE, dtype=np.int64)
    slot[example] = np.arange(len(example))
    kept = slot[owner] != NONE
    response_owner = slot[owner[kept]]
    by_pattern = np.argsort(response_owner, kind="stable")
    kept_response = response[kept][by_pattern]
    start_of = np.cumsum(np.bincount(response_owner, minlength=len(example))) - np.bincount(
        response_owner, minlength=len(example)
    )
    candidate_owner, candidate = _candidates(cases, taxonomy, slot, first[example])
    return Patterns(
        of_observation=of_observation,
        weight=weight,
        first=first[example],
        source=first_source[example],
        candidate_owner=candidate_owner,
        candidate=candidate,
        response_owner=response_owner[by_pattern],
        named=history.named[kept_response],
        shown=history.shown[kept_response],
        code=code[kept_response],
        is_against=history.is_explicit[kept_response],
        response_of=start_of[of_observation[owner]] + place,
    )


def _candidates(cases: Cases, taxonomy: Taxonomy, slot: Ints, first: Ints) -> tuple[Ints, Ints]:
    """Per pattern: its first name, its other tips, NEAR where the first name is below genus, FAR."""
    owner = slot[cases.tip_owner]
    is_other = (owner != NONE) & (cases.tip != first[owner])
    has_first = np.flatnonzero(first != NONE)
    below_genus = has_first[is_below_genus(taxonomy, first[has_first])]
    owners = np.concatenate([has_first, owner[is_other], below_genus, has_first])
    candidates = np.concatenate(
        [
            first[has_first],
            cases.tip[is_other],
            np.full(len(below_genus), NEAR),
            np.full(len(has_first), FAR),
        ]
    )
    order = np.argsort(owners, kind="stable")
    return owners[order], candidates[order]


def is_below_genus(taxonomy: Taxonomy, taxa: Ints) -> Bools:
    """Which taxa lie below a genus."""
    genus = taxonomy.genus[taxa]
    below: Bools = (genus != NONE) & (genus != taxa)
    return below


def _mix(*columns: Ints) -> Ints:
    """A number per row that rows alike share, and others almost surely do not (64 bits)."""
    mixed = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        mixed = (mixed ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
    return mixed.astype(np.int64)
