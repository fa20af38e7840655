"""Who comes by because a cutoff was announced, and what they do: turns beside those that come by chance.

Each kind of arrival has its own random numbers, the same in every scenario of a world: whoever comes in a
small clean-up also comes in a large one.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from exporter.criteria import Criteria
from exporter.draw import draw_key
from exporter.policy.scenarios import Scenario
from exporter.policy.standing import Standing
from exporter.policy.world import Case, World
from exporter.simulation.histories import Event
from exporter.simulation.people import NOVICE
from exporter.simulation.push import ACCOUNTS, Push, Vote, accounts_needed, free, is_usable
from exporter.simulation.records import FIRST_ID
from exporter.simulation.sightings import DAY, Sighting
from exporter.simulation.tree import genus_of, load_tree

Floats: TypeAlias = npt.NDArray[np.float64]

#: Pushers act within so many days of the announcement: whoever knows of the window does not wait for it.
_PUSH_DAYS = 5
#: Who comes because of a date mostly agrees with a label, right or wrong, and seldom looks at Research Grade.
_AGREES = 0.85
_OPENS_CONFIRMED = 0.2
#: Species from so much of the line on are those that people try to bring over it.
_NEAR_SHARE = 0.5


@dataclass
class Arrivals:
    """What the announcement adds.

    events:  turns, by the observation's index.
    added:   new observations.
    skilled: how many turns are of skilled people.
    pushed:  the taxa that accounts carry over the line.
    aimed:   indices of the observations that they carry into a full class.
    """

    events: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))
    added: list[Sighting] = field(default_factory=list)
    skilled: int = 0
    pushed: list[int] = field(default_factory=list)
    aimed: list[int] = field(default_factory=list)


def arrive(
    world: World, scenario: Scenario, standing: Standing, criteria: Criteria, open_seed: str | None
) -> Arrivals:
    """Return who comes by in a scenario.

    standing:  the world's labels when the cutoff is announced.
    open_seed: the draw's seed if everybody knows it beforehand, None if it is sealed.
    """
    arrivals = Arrivals()
    if scenario.lead_days > 0:
        _clean_up(world, scenario, standing, arrivals)
        _cheer(world, scenario, standing, arrivals)
        _push(world, scenario, criteria, arrivals)
        if scenario.aimed:
            _aim(world, scenario, open_seed, arrivals)
        _add_records(world, scenario, criteria, arrivals)
    return arrivals


def _clean_up(world: World, scenario: Scenario, standing: Standing, arrivals: Arrivals) -> None:
    """Skilled people judge observations, each once: by a worklist, or as they come upon them."""
    rng = world.generator("cleanup")
    luck, when, who = rng.gumbel(size=len(world.sightings)), *_uniforms(rng, world, 2)
    order = np.argsort(-(luck + np.log(np.where(standing.is_wrong, scenario.eye, 1.0))), kind="stable")
    if scenario.by_worklist:
        order = np.concatenate(
            [standing.worklist, np.setdiff1d(order, standing.worklist, assume_unique=True)]
        )
    order = order[standing.is_open[order]]
    number = _amount(scenario.cleanup * world.usual().identifications, scenario)
    for index in order[:number].tolist():
        sighting = world.sightings[index]
        person = world.visitors.expert(sighting.group, float(who[index]))
        arrivals.events[index].append(Event(_moment(world, scenario, when[index]), person, is_sweep=True))
        arrivals.skilled += 1


def _cheer(world: World, scenario: Scenario, standing: Standing, arrivals: Arrivals) -> None:
    """People without a record name what they believe in: right, or wrong as often as ``error`` says."""
    rng = world.generator("enthusiasts")
    luck = rng.gumbel(size=len(world.sightings))
    when, who, errs, agrees, which = _uniforms(rng, world, 5)
    weights = np.where(standing.is_confirmed, _OPENS_CONFIRMED, 1.0)
    order = np.argsort(-(luck + np.log(weights)), kind="stable")
    order = order[standing.is_open[order]]
    number = _amount(scenario.enthusiasts * world.usual().identifications, scenario)
    for index in order[:number].tolist():
        sighting = world.sightings[index]
        named = sighting.true_taxon_id
        if errs[index] < scenario.error:
            stands = bool(standing.is_wrong[index]) and agrees[index] < _AGREES
            named = int(standing.label[index]) if stands else _mistake(world, named, float(which[index]))
        person = world.visitors.pick(sighting.group, sighting.town.region, float(who[index]))
        arrivals.events[index].append(Event(_moment(world, scenario, when[index]), person, names=named))


def _push(world: World, scenario: Scenario, criteria: Criteria, arrivals: Arrivals) -> None:
    """A few accounts carry the taxa nearest to the line over it, as soon as they hear of the date."""
    rng = world.generator("pushes")
    push = Push(world.people, rng, world.end_at, int(scenario.pushed_taxa), criteria)
    for plan in push.plans(world.cases) if push.number else ():
        for vote in plan.votes:
            _cast(world, scenario, vote, plan.taxon_id, push.accounts, rng, arrivals)
    arrivals.pushed = push.pushed


def _aim(world: World, scenario: Scenario, open_seed: str | None, arrivals: Arrivals) -> None:
    """A few accounts carry observations of another species of the genus into the fullest class.

    Who knows the draw's seed takes those that the draw will take; others take any.
    """
    rng = world.generator("aimed")
    accounts = rng.choice(len(world.people), size=ACCOUNTS, replace=False).tolist()
    target = _fullest(world)
    others = [case for case in world.cases if _may_pass_for(case[0], target)]
    luck = dict(zip((case[0].index for case in others), rng.random(len(others)).tolist(), strict=True))

    def turn(case: Case) -> tuple[str, float]:
        index = case[0].index
        return draw_key(open_seed, FIRST_ID + index) if open_seed else "", luck[index]

    for case in sorted(others, key=turn):
        if len(arrivals.aimed) >= scenario.aimed:
            break
        number = accounts_needed(target, case, accounts)
        if number is not None:
            _cast(world, scenario, Vote(case, number, is_counted=False), target, accounts, rng, arrivals)
            arrivals.aimed.append(case[0].index)


def _may_pass_for(sighting: Sighting, species_id: int) -> bool:
    """Whether it is something else of the species' genus, and could be exported."""
    tree = load_tree()
    line = tree[sighting.true_taxon_id].line
    return species_id not in line and genus_of(tree[species_id]).taxon_id in line and is_usable(sighting)


def _add_records(world: World, scenario: Scenario, criteria: Criteria, arrivals: Arrivals) -> None:
    """People observe species that are short of the line: real ones, put on iNaturalist before the cutoff."""
    rng = world.generator("records")
    short = _short_species(world, criteria)
    models = [sighting for sighting in world.sightings if sighting.true_taxon_id in short]
    number = _amount(scenario.records * world.usual().observations, scenario) if models else 0
    which, when = rng.random((2, len(world.sightings)))
    for place in range(min(number, len(which))):
        model = models[int(which[place] * len(models))]
        at = _moment(world, scenario, when[place])
        arrivals.added.append(world.copy_of(model, len(world.sightings) + place, at))


def _cast(
    world: World,
    scenario: Scenario,
    vote: Vote,
    taxon_id: int,
    accounts: list[int],
    rng: np.random.Generator,
    arrivals: Arrivals,
) -> None:
    """Let as many accounts name the taxon on an observation as it takes, soon after the announcement."""
    sighting = vote.case[0]
    days = min(_PUSH_DAYS, scenario.lead_days)
    first = world.end_at - int(scenario.lead_days * DAY)
    for at, person in zip(
        np.sort(rng.random(vote.accounts)).tolist(), free(accounts, vote.case), strict=False
    ):
        moment = max(first + int(at * days * DAY), sighting.created_at + 60)
        arrivals.events[sighting.index].append(Event(moment, person, names=taxon_id))


def _mistake(world: World, true_taxon_id: int, uniform: float) -> int:
    """A wrong taxon that a person without a record may take it for; the true one if there is none."""
    tree = load_tree()
    line = set(tree[true_taxon_id].line)
    shares = {
        taxon_id: share
        for taxon_id, share in world.opinions.shares(true_taxon_id, NOVICE).items()
        if taxon_id not in line and true_taxon_id not in tree[taxon_id].line
    }
    if not shares:
        return true_taxon_id
    taxa, sums = list(shares), np.cumsum(list(shares.values()))
    return taxa[min(int(np.searchsorted(sums, uniform * sums[-1], side="right")), len(taxa) - 1)]


def _fullest(world: World) -> int:
    """The species with the most observations that the community agrees on; equals by id."""
    number = _confirmed_species(world)
    return min(number, key=lambda taxon_id: (-number[taxon_id], taxon_id))


def _short_species(world: World, criteria: Criteria) -> frozenset[int]:
    """The species that are short of the line, but not by more than half of it."""
    number = _confirmed_species(world)
    return frozenset(
        taxon_id
        for taxon_id, held in number.items()
        if _NEAR_SHARE * criteria.confirmed_needed <= held < criteria.confirmed_needed
    )


def _confirmed_species(world: World) -> dict[int, int]:
    number: dict[int, int] = defaultdict(int)
    for sighting, history in world.cases:
        taxon_id = history.consensus.community_taxon_id
        if taxon_id is not None and load_tree()[taxon_id].rank == "species" and is_usable(sighting):
            number[taxon_id] += 1
    return dict(number)


def _uniforms(rng: np.random.Generator, world: World, number: int) -> Sequence[Floats]:
    return list(rng.random((number, len(world.sightings))))


def _amount(a_day: float, scenario: Scenario) -> int:
    return round(a_day * scenario.lead_days)


def _moment(world: World, scenario: Scenario, uniform: float) -> int:
    """A time between the announcement and the cutoff, seconds since 1970."""
    return world.end_at - 1 - int(uniform * scenario.lead_days * DAY)
