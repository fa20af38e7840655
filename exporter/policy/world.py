"""A simulated community whose last weeks can be lived again with other people coming by.

Everything that happens to an observation by chance is drawn from a stream of its own, keyed by the world's
seed and the observation. So two worlds of one seed differ only where somebody came by in the one and not in
the other: *common random numbers*, which pair the scenarios.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

import numpy as np

from exporter.simulation.histories import Chance, Community, Event, History
from exporter.simulation.opinions import SUGGESTION, Opinions
from exporter.simulation.people import People, Visitors, draw_people
from exporter.simulation.sightings import DAY, Sighting, draw_sightings, known_taxa, true_numbers

#: One observation and what people said of it.
Case: TypeAlias = tuple[Sighting, History]
#: Turns beside those that come by chance, by the observation's index.
Events: TypeAlias = Mapping[int, Sequence[Event]]

#: Streams of random numbers beside those of the observations, by what they are for.
STREAMS = ("cleanup", "enthusiasts", "pushes", "aimed", "records")

_FOR_OBSERVATIONS = len(STREAMS)
_BLOCK = 32
#: The days by which the usual number of identifications is counted, and how long before the end they stop.
_USUAL_DAYS = 56
_BEFORE_END_DAYS = 28


@dataclass(frozen=True)
class Usual:
    """What happens on a day without an announcement: identifications and new observations."""

    identifications: float
    observations: float


class World:
    """A community without an announcement, up to the cutoff.

    seed, observations: decide it. end: the day that the cutoff opens, not included.
    cutoff: an earlier one; what was put on iNaturalist later is left out.
    past:   who came by before, because of earlier announcements.
    models: when a model came out, and what it suggests: the latest then counts.
    """

    def __init__(
        self,
        seed: int,
        observations: int,
        end: date,
        *,
        cutoff: datetime | None = None,
        past: Events | None = None,
        models: Sequence[tuple[int, Opinions]] = (),
    ) -> None:
        self.seed = seed
        for_people, for_numbers, for_sightings = np.random.default_rng([seed, observations]).spawn(3)
        self.people = draw_people(for_people, observations)
        self.visitors = Visitors(self.people)
        self.models = models
        self.cutoff = cutoff or datetime(end.year, end.month, end.day, tzinfo=UTC)
        numbers = true_numbers(for_numbers, observations)
        self.known = known_taxa(numbers)
        self.opinions = Opinions(1.0, self.known)
        sightings = draw_sightings(for_sightings, self.people, numbers, end)
        self.sightings = [one for one in sightings if one.created_at < self.end_at]
        self.past = past or {}
        self.cases = self.live({}, self.sightings)

    @property
    def end_at(self) -> int:
        """The cutoff in seconds since 1970."""
        return int(self.cutoff.timestamp())

    def announced_at(self, lead_days: float) -> datetime:
        """The time so many days before the cutoff."""
        return self.cutoff - timedelta(days=lead_days)

    def generator(self, stream: str) -> np.random.Generator:
        """Return the random numbers for one thing that people do: the same in every scenario."""
        return _generator(self.seed, STREAMS.index(stream), 0)

    def live(self, events: Events, sightings: Sequence[Sighting], redraw: int = 0) -> list[Case]:
        """What people say of these sightings until the cutoff.

        ``redraw`` above 0 gives other random numbers: another community with the same habits.
        """
        community = self._community()
        return [
            (
                sighting,
                community.identify(
                    sighting,
                    extra=[*self.past.get(sighting.index, ()), *events.get(sighting.index, ())],
                    chance=Chance(_generator(self.seed, _FOR_OBSERVATIONS + redraw, sighting.index), _BLOCK),
                ),
            )
            for sighting in sightings
        ]

    def with_events(self, events: Events, added: Sequence[Sighting] = ()) -> list[Case]:
        """The whole world, in which these things happened besides. Only what they touch is lived again."""
        touched = [self.sightings[index] for index in sorted(events) if index < len(self.sightings)]
        again = {case[0].index: case for case in self.live(events, touched)}
        kept = [again.get(case[0].index, case) for case in self.cases]
        return kept + self.live(events, added)

    def usual(self) -> Usual:
        """What is usual on a day, by the eight weeks that ended four weeks before the cutoff."""
        last = self.end_at - _BEFORE_END_DAYS * DAY
        first = last - _USUAL_DAYS * DAY
        identifications = sum(
            first < made.made_at <= last for _, history in self.cases for made in history.identifications
        )
        observations = sum(first < sighting.created_at <= last for sighting in self.sightings)
        return Usual(identifications / _USUAL_DAYS, observations / _USUAL_DAYS)

    def copy_of(self, sighting: Sighting, index: int, created_at: int) -> Sighting:
        """Another observation of the same kind, by the same person, put on iNaturalist at that time."""
        return replace(sighting, index=index, created_at=created_at, observed_at=created_at - 3600)

    def _community(self) -> Community:
        return _Learning(self.people, self.opinions, np.random.default_rng(0), self.end_at, self.models)


class _Learning(Community):
    """A community whose suggestions come from the model of the time."""

    def __init__(
        self,
        people: People,
        opinions: Opinions,
        rng: np.random.Generator,
        end_at: int,
        models: Sequence[tuple[int, Opinions]],
    ) -> None:
        super().__init__(people, opinions, rng, end_at)
        self._models = models

    def _opinion(self, true_taxon_id: int, source: int, at: int) -> int:
        current = [model for released_at, model in self._models if released_at <= at]
        if source != SUGGESTION or not current:
            return super()._opinion(true_taxon_id, source, at)
        return current[-1].draw(true_taxon_id, source, self._chance.uniform())


def _generator(seed: int, stream: int, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=(seed << 64) | (stream << 48) | index))
