"""What identifications say together: iNaturalist's rule for the community taxon of one observation.

The rule is that of ``community_taxon_nodes`` and ``set_taxon_from_probable_taxon`` in iNaturalist's
``app/models/observation.rb``. This is the simulated world's own copy: small and slow on purpose, so that it
can be checked by reading.
"""

from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

#: Ids from the root down to the taxon itself, by the taxon's id.
Lines = Mapping[int, tuple[int, ...]]

_AGREEMENT_NEEDED = 2 / 3


class Vote(NamedTuple):
    """One current identification.

    ``is_disagreement`` is None where iNaturalist did not ask. ``counts`` is False for one that is hidden or
    names an inactive taxon: it speaks only where nothing else does.
    """

    taxon_id: int
    is_own: bool = False
    is_disagreement: bool | None = None
    previous_taxon_id: int | None = None
    counts: bool = True


class Consensus(NamedTuple):
    """The two taxa that follow from the votes."""

    community_taxon_id: int | None
    taxon_id: int | None


class _Score(NamedTuple):
    taxon_id: int
    cumulative: int
    against: int

    @property
    def passes(self) -> bool:
        return self.cumulative / (self.cumulative + self.against) > _AGREEMENT_NEEDED


def reach_consensus(votes: Sequence[Vote], lines: Lines, below_species: Container[int]) -> Consensus:
    """The community taxon and the observation's taxon.

    Args:
        votes: the current identifications in the order they were made, one a person.
        lines: the line of every taxon named, and of every previous taxon.
        below_species: which of these taxa are below species.
    """
    counted = [vote for vote in votes if vote.counts]
    scores = [_score(taxon_id, counted, lines) for taxon_id in _named_lines(counted, lines)]
    passing = [score for score in scores if score.passes]
    community = _finest([score for score in passing if score.cumulative >= 2], lines)
    is_disputed = any(score.against for score in scores)
    probable = community if is_disputed else _finest(passing, lines)
    if probable is None:
        return Consensus(community, _fallback(votes))
    is_finer = community is not None and community in lines[probable][:-1]
    if is_finer and probable in below_species and not _was_named_before(probable, community, votes):
        return Consensus(community, community)
    return Consensus(community, probable)


def _fallback(votes: Sequence[Vote]) -> int | None:
    """What the observer says, or else what somebody said last."""
    own = [vote.taxon_id for vote in votes if vote.is_own]
    return next(reversed(own or [vote.taxon_id for vote in votes]), None)


def _was_named_before(one: int, other: int | None, votes: Sequence[Vote]) -> bool:
    """Were both named, the one before the other?"""
    named = [vote.taxon_id for vote in votes]
    return one in named and other in named and named.index(one) < named.index(other)


def _named_lines(votes: Sequence[Vote], lines: Lines) -> list[int]:
    """Every taxon that was named and all their ancestors, each once, from the root down."""
    return list(dict.fromkeys(taxon_id for vote in votes for taxon_id in lines[vote.taxon_id]))


def _score(taxon_id: int, votes: Sequence[Vote], lines: Lines) -> _Score:
    """How many votes are for the taxon or below it, and how many are against it."""
    line = lines[taxon_id]
    first = next(order for order, vote in enumerate(votes) if taxon_id in lines[vote.taxon_id])
    cumulative = sum(taxon_id in lines[vote.taxon_id] for vote in votes)
    elsewhere = sum(taxon_id not in lines[vote.taxon_id] and vote.taxon_id not in line for vote in votes)
    conservative = sum(
        _is_conservative(vote, made_after_first=order > first, line=line, lines=lines)
        for order, vote in enumerate(votes)
    )
    return _Score(taxon_id, cumulative, elsewhere + conservative)


def _is_conservative(vote: Vote, *, made_after_first: bool, line: tuple[int, ...], lines: Lines) -> bool:
    """Does a coarser vote speak against the taxon at the end of ``line``?

    An explicit one does when the taxon lies in the branch that the vote refuses: the one that leads from just
    under the voted taxon to the previous taxon. One older than that question does when it came later.
    """
    if vote.is_disagreement is None:
        return made_after_first and vote.taxon_id in line[:-1]
    if not vote.is_disagreement or vote.previous_taxon_id is None:
        return False
    previous_line = lines[vote.previous_taxon_id]
    if vote.taxon_id not in previous_line[:-1]:
        return False
    refused_branch = previous_line[previous_line.index(vote.taxon_id) + 1]
    return refused_branch in line


def _finest(scores: Sequence[_Score], lines: Lines) -> int | None:
    """The taxon furthest from the root. Taxa that pass lie on one line, for each has most of the votes."""
    return max((score.taxon_id for score in scores), key=lambda taxon_id: len(lines[taxon_id]), default=None)
