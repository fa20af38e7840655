"""The simulated world's people: where they live, how much they observe and identify, and what they know."""

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from exporter.simulation.groups import GROUPS
from exporter.simulation.places import REGION_SHARES, TOWNS

NOVICE, KEEN, EXPERT = range(3)

#: Licences of photos and their share; None is "all rights reserved".
LICENCES = {"cc-by-nc": 0.62, "cc-by": 0.1, "cc0": 0.07, "cc-by-nc-sa": 0.04, "cc-by-sa": 0.02, None: 0.15}

_KEEN_SHARE = 0.2
_EXPERT_SHARE = 0.016
_MIN_EXPERTS = 2
_PEOPLE_PER_OBSERVATION = 1 / 8
_MIN_PEOPLE = 80

#: How much more a person identifies in a group that they know, and near home.
_KEEN_INTEREST = 3.0
_EXPERT_INTEREST = 5.0
_HOME_INTEREST = 4.0


@dataclass(frozen=True)
class People:
    """One entry a person. ``skill`` has a row a person and a column a group of `GROUPS`."""

    town: NDArray[np.int64]
    observing: NDArray[np.float64]
    identifying: NDArray[np.float64]
    skill: NDArray[np.int8]
    licences: list[str | None]
    days_since_joining: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.town)

    @property
    def region(self) -> NDArray[np.str_]:
        """The letter of everybody's home region."""
        return np.array([town.region for town in TOWNS])[self.town]


def draw_people(rng: np.random.Generator, observations: int) -> People:
    """People enough for so many observations; a few of them do most of the work, as everywhere."""
    size = max(_MIN_PEOPLE, int(observations * _PEOPLE_PER_OBSERVATION))
    towns_in_region = {region: sum(town.region == region for town in TOWNS) for region in REGION_SHARES}
    town_shares = [REGION_SHARES[town.region] / towns_in_region[town.region] for town in TOWNS]
    licences = list(LICENCES)
    homes = rng.choice(len(TOWNS), size=size, p=np.array(town_shares) / sum(town_shares))
    homes[: len(TOWNS)] = range(len(TOWNS))  # somebody lives in every town, however small the world
    return People(
        town=homes,
        observing=rng.lognormal(0.0, 1.5, size),
        identifying=rng.lognormal(0.0, 1.6, size),
        skill=_draw_skill(rng, size),
        licences=[
            licences[index] for index in rng.choice(len(licences), size=size, p=list(LICENCES.values()))
        ],
        days_since_joining=rng.integers(1461, 4500, size),
    )


def _draw_skill(rng: np.random.Generator, size: int) -> NDArray[np.int8]:
    """Levels by person and group. Every group has its few experts; nobody is one in everything."""
    draws = rng.random((size, len(GROUPS)))
    skill = np.where(draws < _KEEN_SHARE, KEEN, NOVICE).astype(np.int8)
    experts = max(_MIN_EXPERTS, round(size * _EXPERT_SHARE))
    for group in range(len(GROUPS)):
        skill[rng.choice(size, size=experts, replace=False), group] = EXPERT
    return skill


class Visitors:
    """Who comes to identify: those who know the group, live near, and identify much come most."""

    def __init__(self, people: People) -> None:
        self._sums = {
            (group, region): list(accumulate(self._weights(people, group, region).tolist()))
            for group in range(len(GROUPS))
            for region in REGION_SHARES
        }
        self._experts = {
            group: np.flatnonzero(people.skill[:, group] == EXPERT).tolist() for group in range(len(GROUPS))
        }

    @staticmethod
    def _weights(people: People, group: int, region: str) -> NDArray[np.float64]:
        expert = _EXPERT_INTEREST * GROUPS[group].attention
        interest = np.array([1.0, _KEEN_INTEREST, expert])[people.skill[:, group]]
        nearness = np.where(people.region == region, _HOME_INTEREST, 1.0)
        weights: NDArray[np.float64] = people.identifying * interest * nearness
        return weights

    def pick(self, group: int, region: str, uniform: float) -> int:
        """The person that a uniform draw from [0, 1) falls on."""
        sums = self._sums[group, region]
        return bisect(sums, uniform * sums[-1], hi=len(sums) - 1)

    def sweeper(self, group: int) -> int:
        """The expert who goes through a whole group."""
        return self._experts[group][0]

    def expert(self, group: int, uniform: float) -> int:
        """One of those who are skilled in the group, each as likely."""
        experts = self._experts[group]
        return experts[int(uniform * len(experts))]
