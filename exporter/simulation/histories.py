"""Who identifies an observation as what, when, and what comes of it: the heart of the simulated world.

Each person looks at the label that stands when they come. Most agree with it; some judge for themselves; the
skilled correct it; the observer and those who had agreed sometimes follow a correction.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from heapq import heappop, heappush
from math import exp

import numpy as np
from numpy.typing import NDArray

from exporter.criteria import GENUS_RANK_LEVEL
from exporter.simulation.consensus import Consensus, Vote, reach_consensus
from exporter.simulation.groups import GROUPS
from exporter.simulation.opinions import SUGGESTION, Opinions
from exporter.simulation.people import EXPERT, KEEN, NOVICE, People, Visitors
from exporter.simulation.sightings import DAY, Sighting
from exporter.simulation.tree import SPECIES_LEVEL, load_tree

_SHARE_WITHOUT_OWN = 0.03

#: By level of skill: how often observers take a suggestion, how often visitors agree to a species without
#: judging, how often they leave again, and how often a coarser name is an explicit disagreement.
TAKES_SUGGESTION = {NOVICE: 0.82, KEEN: 0.6, EXPERT: 0.15}
FOLLOWS = {NOVICE: 0.6, KEEN: 0.15, EXPERT: 0.05}
_LEAVES = {NOVICE: 0.3, KEEN: 0.15, EXPERT: 0.02}
DISAGREES_EXPLICITLY = {NOVICE: 0.02, KEEN: 0.15, EXPERT: 0.38}

#: How often a visitor of any skill begins with a suggestion, and agrees to a genus unjudged. On fourteen days
#: of real histories suggestions were 18 % of the names by which visitors overturned a species, and 26 % of
#: all that did not repeat the label; of what they named on a genus, 22 % was that genus.
VISITOR_TAKES_SUGGESTION = 0.22
FOLLOWS_TO_GENUS = 0.15

#: Once research grade, an observation is seldom looked at again.
_LOOKS_AT_RESEARCH_GRADE = 0.2

#: How often the observer takes over a correction and a finer name, and an earlier follower a correction.
_OBSERVER_ACCEPTS = 0.5
_OBSERVER_REFINES = 0.35
_FOLLOWER_ACCEPTS = 0.15
_WITHDRAWS = 0.05
_SHARE_HIDDEN = 0.002

#: Delays are log-normal: the median in days and the spread of the logarithm. Some visitors look at what has
#: just come in, the others at what is there.
_SHARE_AT_ONCE = 0.16
_VISIT_AT_ONCE = (0.035, 1.6)
_VISIT_DELAY = (9.0, 2.0)
_REPLY_DELAY = (0.8, 1.4)

_SWEEP_COVERAGE = 0.7
_SWEEP_DAYS = 25
_YEAR = 365 * DAY


_NOTHING_SAID = Consensus(None, None)


@dataclass(slots=True)
class Identification:
    """One identification. ``made_at`` is in seconds since 1970, UTC; ``person`` an index into `People`."""

    person: int
    taxon_id: int
    made_at: int
    is_own: bool
    is_vision: bool
    is_disagreement: bool | None
    previous_taxon_id: int | None
    is_hidden: bool
    is_current: bool = True


@dataclass(slots=True)
class History:
    """All identifications of an observation in time order, and what they say together."""

    identifications: list[Identification] = field(default_factory=list)
    consensus: Consensus = _NOTHING_SAID

    def current_of(self, person: int) -> Identification | None:
        """The person's current identification, if any."""
        return next(
            (made for made in self.identifications if made.is_current and made.person == person), None
        )

    def settle(self) -> None:
        """Work out the consensus of what is current now."""
        self.consensus = _consensus(tuple(_vote(made) for made in self.identifications if made.is_current))


class Chance:
    """Single random draws, taken from the generator in blocks."""

    def __init__(self, rng: np.random.Generator, block: int = 8192) -> None:
        self.uniform: Callable[[], float] = _stream(rng.random, block).__next__
        self.normal: Callable[[], float] = _stream(rng.standard_normal, block).__next__

    def delay(self, median_days: float, spread: float) -> int:
        """A log-normal delay in seconds, a minute at least."""
        return 60 + int(median_days * DAY * exp(spread * self.normal()))


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """Somebody's turn, ``at`` seconds since 1970. A reply answers the identification ``to``.

    ``is_sweep``: they came to judge this observation, and do not leave again. ``names``: the taxon that they
    came to name, whatever it shows.
    """

    at: int
    person: int
    is_sweep: bool = False
    to: Identification | None = field(default=None, compare=False)
    names: int | None = field(default=None, compare=False)


class Community:
    """The people who identify, as one: turns a sighting into its history."""

    def __init__(self, people: People, opinions: Opinions, rng: np.random.Generator, end_at: int) -> None:
        self._people = people
        self._opinions = opinions
        self._visitors = Visitors(people)
        self._own_chance = self._chance = Chance(rng)
        self._end_at = end_at
        self._skill: list[list[int]] = people.skill.tolist()

    def identify(
        self, sighting: Sighting, *, extra: Iterable[Event] = (), chance: Chance | None = None
    ) -> History:
        """The history of a sighting from its upload to the end of the world.

        ``extra`` are turns beside those that come by chance. ``chance``: where this sighting's draws come
        from, if not from the community's own.
        """
        self._chance = chance or self._own_chance
        history = History()
        if self._chance.uniform() >= _SHARE_WITHOUT_OWN:
            self._name_own(sighting, history)
        queue = self._visits(sighting)
        for event in extra:
            heappush(queue, event)
        while queue:
            event = heappop(queue)
            if event.to is not None:
                self._reply(sighting, history, event, event.to)
                continue
            made = self._visit(sighting, history, event)
            if made is not None and made.taxon_id != made.previous_taxon_id:
                for reply in self._replies(history, made):
                    heappush(queue, reply)
        return history

    def _visits(self, sighting: Sighting) -> list[Event]:
        """Everybody's turn, as a heap: those who come by chance, and the expert who sweeps the group."""
        events = []
        for _ in range(sighting.visits):
            is_at_once = self._chance.uniform() < _SHARE_AT_ONCE
            at = sighting.created_at + self._chance.delay(*(_VISIT_AT_ONCE if is_at_once else _VISIT_DELAY))
            person = self._visitors.pick(sighting.group, sighting.town.region, self._chance.uniform())
            events.append(Event(at, person))
        swept = GROUPS[sighting.group].swept_years_ago
        if swept is not None and self._chance.uniform() < _SWEEP_COVERAGE:
            at = self._end_at - int(swept * _YEAR) + int(self._chance.uniform() * _SWEEP_DAYS * DAY)
            events.append(Event(at, self._visitors.sweeper(sighting.group), is_sweep=True))
        return sorted(event for event in events if sighting.created_at < event.at < self._end_at)

    def _name_own(self, sighting: Sighting, history: History) -> None:
        level = self._skill[sighting.observer][sighting.group]
        self._judge(sighting, history, sighting.observer, level, sighting.created_at, None)

    def _visit(self, sighting: Sighting, history: History, event: Event) -> Identification | None:
        """One visitor's identification, if they make one."""
        chance, label = self._chance, history.consensus.taxon_id
        if event.person == sighting.observer or history.current_of(event.person) is not None:
            return None
        if event.names is not None:
            return self._add(history, event.person, event.names, event.at, is_own=False, is_vision=False)
        level = self._skill[event.person][sighting.group]
        if not event.is_sweep:
            is_settled = _is_at_most(history.consensus.community_taxon_id, SPECIES_LEVEL)
            if is_settled and chance.uniform() >= _LOOKS_AT_RESEARCH_GRADE:
                return None
            if chance.uniform() < _LEAVES[level]:
                return None
        followed = _followed(history)
        if followed is not None and chance.uniform() < follows(level, followed):
            return self._add(history, event.person, followed, event.at, is_own=False, is_vision=False)
        return self._judge(sighting, history, event.person, level, event.at, label)

    def _judge(
        self, sighting: Sighting, history: History, person: int, level: int, at: int, label: int | None
    ) -> Identification | None:
        """What the person thinks it is, unaided or by a suggestion. Nobody repeats a coarser name in vain.

        Who would contradict the label looks again, unaided, and says so only if they see the same.
        Who sees what the label says agrees with a click, whatever brought them to it.
        """
        chance, is_own = self._chance, person == sighting.observer
        is_vision = chance.uniform() < (TAKES_SUGGESTION[level] if is_own else VISITOR_TAKES_SUGGESTION)
        taxon_id = self._opinion(sighting.true_taxon_id, SUGGESTION if is_vision else level, at)
        is_explicit = False
        if taxon_id == label and not _is_at_most(label, SPECIES_LEVEL):
            return None
        if label is not None and label not in load_tree()[taxon_id].line:
            if taxon_id in load_tree()[label].line:
                is_explicit = chance.uniform() < DISAGREES_EXPLICITLY[level]
                if not is_explicit:
                    return None
            if self._opinion(sighting.true_taxon_id, level, at) != taxon_id:
                return None
        return self._add(
            history,
            person,
            taxon_id,
            at,
            is_own=is_own,
            is_vision=is_vision and taxon_id != label,
            is_explicit=is_explicit,
        )

    def _opinion(self, true_taxon_id: int, source: int, _at: int) -> int:
        """What a source says of a true taxon at a time."""
        return self._opinions.draw(true_taxon_id, source, self._chance.uniform())

    def _replies(self, history: History, made: Identification) -> Iterator[Event]:
        """Those who will take over the new name, or withdraw their own, before the end."""
        for other in history.identifications:
            if other.is_current and self._chance.uniform() < _willingness(other, made):
                at = made.made_at + self._chance.delay(*_REPLY_DELAY)
                if at < self._end_at:
                    yield Event(at, other.person, to=made)

    def _reply(self, sighting: Sighting, history: History, event: Event, to: Identification) -> None:
        """Take over the other's name, or only withdraw one's own."""
        own = history.current_of(event.person)
        if own is None or own.taxon_id == to.taxon_id:
            return
        own.is_current = False
        history.settle()
        if self._chance.uniform() >= _WITHDRAWS:
            is_own = event.person == sighting.observer
            is_explicit = to.is_disagreement is True
            self._add(
                history,
                event.person,
                to.taxon_id,
                event.at,
                is_own=is_own,
                is_vision=False,
                is_explicit=is_explicit,
            )

    def _add(
        self,
        history: History,
        person: int,
        taxon_id: int,
        at: int,
        *,
        is_own: bool,
        is_vision: bool,
        is_explicit: bool = False,
    ) -> Identification:
        label = history.consensus.taxon_id
        made = Identification(
            person=person,
            taxon_id=taxon_id,
            made_at=max([at, *(earlier.made_at + 1 for earlier in history.identifications[-1:])]),
            is_own=is_own,
            is_vision=is_vision,
            is_disagreement=_is_disagreement(taxon_id, label, is_explicit=is_explicit),
            previous_taxon_id=label,
            is_hidden=self._chance.uniform() < _SHARE_HIDDEN,
        )
        history.identifications.append(made)
        history.settle()
        return made


def follows(level: int, taxon_id: int) -> float:
    """How often a visitor of this skill names the taxon, which others named, without a look of their own."""
    return FOLLOWS[level] if _is_at_most(taxon_id, SPECIES_LEVEL) else FOLLOWS_TO_GENUS


def _followed(history: History) -> int | None:
    """The genus or finer taxon that whoever follows will name: the label, or what was said last of it."""
    label = history.consensus.taxon_id
    last = next((made.taxon_id for made in reversed(history.identifications) if made.is_current), None)
    taxon_id = last if not _is_at_most(label, GENUS_RANK_LEVEL) else label
    return taxon_id if _is_at_most(taxon_id, GENUS_RANK_LEVEL) else None


def _willingness(other: Identification, made: Identification) -> float:
    """How likely somebody is to give up their name for the new one."""
    if other.taxon_id not in load_tree()[made.taxon_id].line:
        return _OBSERVER_ACCEPTS if other.is_own else _FOLLOWER_ACCEPTS
    is_coarser = other.taxon_id != made.taxon_id
    return _OBSERVER_REFINES if is_coarser and other.is_own else 0.0


def _is_disagreement(taxon_id: int, label: int | None, *, is_explicit: bool) -> bool | None:
    """What iNaturalist stores: no question without a label; coarser only if said; another branch always."""
    if label is None:
        return None
    if taxon_id in load_tree()[label].line[:-1]:
        return is_explicit
    return label not in load_tree()[taxon_id].line


def _is_at_most(taxon_id: int | None, rank_level: float) -> bool:
    return taxon_id is not None and load_tree()[taxon_id].rank_level <= rank_level


@cache
def _lines() -> dict[int, tuple[int, ...]]:
    return {taxon.taxon_id: taxon.line for taxon in load_tree().values()}


@cache
def _below_species() -> frozenset[int]:
    return frozenset(taxon.taxon_id for taxon in load_tree().values() if taxon.rank_level < SPECIES_LEVEL)


def _vote(made: Identification) -> Vote:
    counts = load_tree()[made.taxon_id].is_active and not made.is_hidden
    return Vote(made.taxon_id, made.is_own, made.is_disagreement, made.previous_taxon_id, counts)


@lru_cache(maxsize=65_536)
def _consensus(votes: tuple[Vote, ...]) -> Consensus:
    return reach_consensus(votes, _lines(), _below_species())


def _stream(draw: Callable[[int], NDArray[np.float64]], block: int) -> Iterator[float]:
    while True:
        yield from draw(block).tolist()
