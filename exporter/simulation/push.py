"""A push: in the last days a few accounts carry taxa that are just below the line over it.

They name the taxon on observations that bear its label, or only the label of something above it, until the
community agrees. Whether they are right does not matter to them. What a push is here for: guards must see it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from exporter.criteria import GENUS_RANK_LEVEL, INAT_2022, Criteria
from exporter.errors import DataError
from exporter.leaves import measure
from exporter.simulation.histories import History, Identification
from exporter.simulation.people import People
from exporter.simulation.sightings import DAY, Sighting
from exporter.simulation.tree import load_tree
from exporter.tree import Ints

ACCOUNTS = 4
DAYS = 5

#: The last of it is made this long before the end, seconds.
_REST = DAY // 4
#: They go on until a taxon has at least 1 and at most this many observations to spare: to be sure of it.
_MOST_SPARE = 3

_Case = tuple[Sighting, History]
_Holdings = tuple[Ints, Ints]


@dataclass(frozen=True)
class Vote:
    """How many of the accounts it takes to make the community agree on an observation."""

    case: _Case
    accounts: int
    is_counted: bool


@dataclass(frozen=True)
class Plan:
    """The votes that carry a taxon over the line."""

    taxon_id: int
    votes: list[Vote]


class Push:
    """Pushes ``number`` taxa over the line of ``criteria``; ``pushed`` has their ids, once it is done."""

    def __init__(
        self,
        people: People,
        rng: np.random.Generator,
        end_at: int,
        number: int,
        criteria: Criteria = INAT_2022,
    ) -> None:
        self.number = number
        self.pushed: list[int] = []
        self.accounts: list[int] = []
        self._people = people
        self._rng = rng
        self._end_at = end_at
        self._criteria = criteria

    def apply(self, cases: Iterator[_Case]) -> Iterator[_Case]:
        """The cases, with what the accounts added to them. Without a push they pass through untouched."""
        return iter(self._pushed(list(cases))) if self.number else cases

    def plans(self, cases: Sequence[_Case]) -> Iterator[Plan]:
        """For each taxon that can be pushed, nearest to the line first, what that takes; at most ``number``.

        No observation serves two of them.
        """
        self.accounts = self._rng.choice(len(self._people), size=ACCOUNTS, replace=False).tolist()
        used: set[int] = set()
        holdings = _holdings(cases, self._criteria)
        for taxon_id in _nearest_below(holdings, self._criteria):
            left = [case for case in cases if case[0].index not in used]
            votes = self._plan(taxon_id, holdings[taxon_id], left, self.accounts)
            used.update(vote.case[0].index for vote in votes)
            if votes:
                self.pushed.append(taxon_id)
                yield Plan(taxon_id, votes)
            if len(self.pushed) == self.number:
                return

    def _pushed(self, cases: list[_Case]) -> list[_Case]:
        for plan in self.plans(cases):
            for vote in plan.votes:
                self._cast(vote, plan.taxon_id, self.accounts)
        if len(self.pushed) < self.number:
            raise DataError(
                f"Cannot push {self.number} taxa over the line: only {len(self.pushed)} are near enough to"
                " it; simulate more observations, or a smaller push."
            )
        return cases

    def _plan(
        self, taxon_id: int, holdings: _Holdings, cases: list[_Case], accounts: list[int]
    ) -> list[Vote]:
        """The fewest votes that carry the taxon over the line; none if nothing does."""
        votes = sorted(_votes(taxon_id, cases, accounts), key=attrgetter("accounts"))
        confirmed, observations = (counts.copy() for counts in holdings)
        spare = int(self._rng.integers(1, _MOST_SPARE + 1))
        for number, vote in enumerate(votes, start=1):
            column = _column(vote.case[0], self._criteria)
            confirmed[column] += 1
            observations[column] += not vote.is_counted
            if _margin(self._criteria, confirmed, observations) >= spare:
                return votes[:number]
        return []

    def _cast(self, vote: Vote, taxon_id: int, accounts: list[int]) -> None:
        sighting, history = vote.case
        first = max(self._end_at - DAYS * DAY, sighting.created_at + 60)
        last = max(first + 1, self._end_at - _REST)
        for at in np.sort(self._rng.integers(first, last, size=vote.accounts)).tolist():
            _name(history, next(free(accounts, vote.case)), taxon_id, at)


def _nearest_below(holdings: dict[int, _Holdings], criteria: Criteria) -> list[int]:
    """The species below the line, nearest first."""
    margins = {}
    for taxon_id, held in holdings.items():
        margin = _margin(criteria, *held)
        if margin < 0 and load_tree()[taxon_id].rank == "species" and load_tree()[taxon_id].is_active:
            margins[taxon_id] = margin
    return sorted(margins, key=lambda taxon_id: (-margins[taxon_id], taxon_id))


def _holdings(cases: Sequence[_Case], criteria: Criteria) -> dict[int, _Holdings]:
    """Confirmed and all usable observations of every clade, by photos: columns 1, 2, ... as in `measure`."""
    width = criteria.train_photos_per_observation
    holdings: dict[int, _Holdings] = defaultdict(
        lambda: (np.zeros(width, dtype=np.int64), np.zeros(width, dtype=np.int64))
    )
    for sighting, history in cases:
        if is_usable(sighting):
            confirmed, named = _line(history.consensus.community_taxon_id), _line(history.consensus.taxon_id)
            for taxon_id in confirmed:
                holdings[taxon_id][0][_column(sighting, criteria)] += 1
            for taxon_id in {*confirmed, *named}:
                holdings[taxon_id][1][_column(sighting, criteria)] += 1
    return holdings


def _margin(criteria: Criteria, confirmed: Ints, observations: Ints) -> int:
    return int(measure(criteria, confirmed[np.newaxis], observations[np.newaxis]).margin[0])


def _votes(taxon_id: int, cases: list[_Case], accounts: list[int]) -> Iterator[Vote]:
    """The observations on which the accounts can make the community agree on the taxon."""
    for case in cases:
        sighting, history = case
        label = history.consensus.taxon_id
        if label is None or not is_usable(sighting) or load_tree()[label].rank_level > GENUS_RANK_LEVEL:
            continue
        is_confirmed = taxon_id in _line(history.consensus.community_taxon_id)
        if is_confirmed or label not in load_tree()[taxon_id].line:
            continue
        number = accounts_needed(taxon_id, case, accounts)
        if number is not None:
            yield Vote(case, number, is_counted=label == taxon_id)


def accounts_needed(taxon_id: int, case: _Case, accounts: list[int]) -> int | None:
    """How many of the accounts make the community agree on the taxon; None if all of them do not."""
    history = case[1]
    trial = History(list(history.identifications), history.consensus)
    for number, person in enumerate(free(accounts, case), start=1):
        _name(trial, person, taxon_id, 0)
        if trial.consensus.community_taxon_id == taxon_id:
            return number
    return None


def free(accounts: Iterable[int], case: _Case) -> Iterator[int]:
    """The accounts that have no say on the observation yet."""
    sighting, history = case
    taken = {sighting.observer, *(made.person for made in history.identifications)}
    return (person for person in accounts if person not in taken)


def _name(history: History, person: int, taxon_id: int, at: int) -> None:
    label = history.consensus.taxon_id
    history.identifications.append(
        Identification(
            person=person,
            taxon_id=taxon_id,
            made_at=max([at, *(earlier.made_at + 1 for earlier in history.identifications[-1:])]),
            is_own=False,
            is_vision=False,
            is_disagreement=None if label is None else False,
            previous_taxon_id=label,
            is_hidden=False,
        )
    )
    history.settle()


def is_usable(sighting: Sighting) -> bool:
    """Whether an export could take it, whatever people call it."""
    return sighting.photos > 0 and not (sighting.is_flagged or sighting.fails_metric)


def _column(sighting: Sighting, criteria: Criteria) -> int:
    return min(sighting.photos, criteria.train_photos_per_observation) - 1


def _line(taxon_id: int | None) -> tuple[int, ...]:
    return () if taxon_id is None else load_tree()[taxon_id].line
