"""Seeded generators and whole worlds' histories for the tests."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import numpy as np

from exporter.simulation.histories import Community, History
from exporter.simulation.opinions import Opinions
from exporter.simulation.people import People, draw_people
from exporter.simulation.sightings import Sighting, draw_sightings, true_numbers

END = date(2026, 11, 20)
END_AT = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp())


def generator() -> np.random.Generator:
    return np.random.default_rng(11)


def some_people(observations: int) -> People:
    return draw_people(generator(), observations)


def some_sightings(observations: int) -> list[Sighting]:
    people = some_people(observations)
    return list(draw_sightings(generator(), people, true_numbers(generator(), observations), END))


def some_histories(observations: int) -> Iterator[tuple[Sighting, History]]:
    people = some_people(observations)
    numbers = true_numbers(generator(), observations)
    community = Community(people, Opinions(1.0), generator(), END_AT)
    for sighting in draw_sightings(generator(), people, numbers, END):
        yield sighting, community.identify(sighting)
