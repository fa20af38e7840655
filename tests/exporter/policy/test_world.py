"""A world that can be lived again: the same numbers everywhere but where somebody came by."""

from dataclasses import astuple

from exporter.policy.lab import Lab
from exporter.policy.world import Case, World
from exporter.simulation.histories import Event
from exporter.simulation.sightings import DAY
from tests.exporter.policy.conftest import EASTERN_BEE, END, SIZE


def told(cases: list[Case]) -> list[list[tuple]]:
    return [[astuple(made) for made in history.identifications] for _, history in cases]


def test_the_same_seed_gives_the_same_world(lab: Lab) -> None:
    again = World(1, SIZE.observations, END)
    assert again.sightings == lab.world.sightings
    assert told(again.cases) == told(lab.world.cases)
    other = World(2, SIZE.observations, END)
    assert told(other.cases) != told(lab.world.cases)


def test_nothing_else_changes_where_nobody_comes_by(lab: Lab) -> None:
    world = lab.world
    assert told(world.with_events({})) == told(world.cases)
    at, person = world.end_at - 60, 70
    index = next(
        sighting.index
        for sighting, history in world.cases
        if sighting.observer != person and history.current_of(person) is None and sighting.created_at < at
    )
    cases = world.with_events({index: [Event(at, person, names=EASTERN_BEE)]})
    before, after = told(world.cases), told(cases)
    assert [place for place, said in enumerate(after) if said != before[place]] == [index]
    [made] = [one for one in cases[index][1].identifications if one.person == person]
    assert (made.taxon_id, made.made_at, made.is_own) == (EASTERN_BEE, at, False)


def test_observations_are_added_behind_those_that_are_there(lab: Lab) -> None:
    world = lab.world
    at = world.end_at - 2 * DAY
    added = world.copy_of(world.sightings[3], len(world.sightings), at)
    cases = world.with_events({}, [added])
    assert told(cases)[:-1] == told(world.cases)
    assert cases[-1][0] == added
    assert (added.true_taxon_id, added.created_at) == (world.sightings[3].true_taxon_id, at)


def test_redrawn_worlds_have_the_same_sightings_and_other_histories(lab: Lab) -> None:
    world = lab.world
    redrawn = world.live({}, world.sightings, redraw=1)
    assert [case[0] for case in redrawn] == world.sightings
    assert told(redrawn) != told(world.cases)


def test_what_is_usual_is_counted_over_eight_weeks(lab: Lab) -> None:
    usual, last = lab.world.usual(), lab.world.end_at - 28 * DAY
    made = [one for _, history in lab.world.cases for one in history.identifications]
    assert usual.identifications == sum(last - 56 * DAY < one.made_at <= last for one in made) / 56
    assert 0 < usual.observations < usual.identifications
