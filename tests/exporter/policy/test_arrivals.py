"""Who comes by because of an announcement: as many as the scenario says, and the same people in each."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from exporter.draw import draw_key
from exporter.policy.arrivals import Arrivals, arrive
from exporter.policy.lab import Lab
from exporter.policy.scenarios import REFERENCE, Scenario
from exporter.policy.standing import Standing, stand
from exporter.simulation.histories import Event
from exporter.simulation.records import FIRST_ID
from exporter.simulation.sightings import DAY
from exporter.simulation.tree import load_tree
from tests.exporter.policy.conftest import SMALL


@pytest.fixture(scope="module")
def standing(lab: Lab) -> Standing:
    return stand(lab.world, SMALL, 14)


def come(lab: Lab, standing: Standing, open_seed: str | None = None, **numbers: float) -> Arrivals:
    scenario = Scenario("mine", **({"lead_days": 14} | numbers))
    return arrive(lab.world, scenario, standing, SMALL, open_seed)


def turns(events: Mapping[int, Sequence[Event]]) -> list[Event]:
    return [event for index in sorted(events) for event in events[index]]


def test_nobody_comes_without_an_announcement(lab: Lab, standing: Standing) -> None:
    arrivals = arrive(lab.world, REFERENCE, standing, SMALL, None)
    assert (dict(arrivals.events), arrivals.added, arrivals.skilled) == ({}, [], 0)


def test_skilled_people_come_as_often_as_the_scenario_says(lab: Lab, standing: Standing) -> None:
    arrivals = come(lab, standing, cleanup=2.0)
    number = round(2.0 * lab.world.usual().identifications * 14)
    events = turns(arrivals.events)
    assert arrivals.skilled == len(events) == len(arrivals.events) == number > 20
    first = lab.world.end_at - 14 * DAY
    assert all(first <= event.at < lab.world.end_at and event.is_sweep for event in events)
    assert standing.is_open[list(arrivals.events)].all()


def test_whoever_comes_in_a_small_cleanup_comes_in_a_large_one(lab: Lab, standing: Standing) -> None:
    few, many = (come(lab, standing, cleanup=cleanup).events for cleanup in (1.0, 2.0))
    assert few.keys() < many.keys()
    assert all(few[index] == many[index] for index in few)


def test_skilled_people_open_wrong_labels_more_often(lab: Lab, standing: Standing) -> None:
    def wrong(eye: float) -> float:
        return float(standing.is_wrong[list(come(lab, standing, cleanup=2.0, eye=eye).events)].mean())

    assert wrong(1) < wrong(10)


def test_a_worklist_is_taken_from_the_top(lab: Lab, standing: Standing) -> None:
    arrivals = come(lab, standing, cleanup=1.0, by_worklist=1)
    listed = standing.worklist[standing.is_open[standing.worklist]]
    assert set(arrivals.events) == set(listed[: arrivals.skilled].tolist())


def test_enthusiasts_are_wrong_as_often_as_the_scenario_says(lab: Lab, standing: Standing) -> None:
    tree = load_tree()
    for error in (0.0, 0.5, 1.0):
        events = come(lab, standing, enthusiasts=5.0, error=error).events
        wrong = [
            event.names not in tree[lab.world.sightings[index].true_taxon_id].line
            for index, [event] in events.items()
        ]
        assert np.mean(wrong) == pytest.approx(error, abs=0.15 if 0 < error < 1 else 0.02)


def test_taxa_are_pushed_over_the_line_as_soon_as_the_date_is_known(lab: Lab, standing: Standing) -> None:
    arrivals = come(lab, standing, pushed_taxa=3)
    assert len(set(arrivals.pushed)) == 3
    assert {event.names for event in turns(arrivals.events)} == set(arrivals.pushed)
    first = lab.world.end_at - 14 * DAY
    assert all(first <= event.at <= first + 5 * DAY for event in turns(arrivals.events))


def test_who_knows_the_seed_takes_what_the_draw_will_take(lab: Lab, standing: Standing) -> None:
    sealed, known = (come(lab, standing, seed, aimed=6).aimed for seed in (None, lab.draw_seed))
    assert len(sealed) == len(known) == 6
    keys = [draw_key(lab.draw_seed, FIRST_ID + index) for index in known]
    assert keys == sorted(keys)
    assert max(keys) < max(draw_key(lab.draw_seed, FIRST_ID + index) for index in sealed)


def test_extra_observations_are_of_species_below_the_line(lab: Lab, standing: Standing) -> None:
    arrivals = come(lab, standing, records=1.0)
    assert len(arrivals.added) == round(lab.world.usual().observations * 14)
    size, first = len(lab.world.sightings), lab.world.end_at - 14 * DAY
    assert [one.index for one in arrivals.added] == list(range(size, size + len(arrivals.added)))
    assert all(first <= one.created_at < lab.world.end_at for one in arrivals.added)
    confirmed = [history.consensus.community_taxon_id for _, history in lab.world.cases]
    for taxon_id in {one.true_taxon_id for one in arrivals.added}:
        assert confirmed.count(taxon_id) < SMALL.confirmed_needed + 1
