import pytest

from exporter.simulation.groups import GROUPS
from exporter.simulation.people import EXPERT, NOVICE, Visitors
from exporter.simulation.places import TOWNS
from tests.exporter.simulation.draws import some_people


def test_every_group_has_a_few_experts_and_one_in_five_is_keen() -> None:
    people = some_people(24_000)
    assert len(people) == 3000
    experts = (people.skill == EXPERT).sum(axis=0).tolist()
    assert experts == [48] * len(GROUPS)
    assert (people.skill == NOVICE).mean() == pytest.approx(0.784, abs=0.01)


def test_even_a_tiny_world_has_people_and_experts() -> None:
    people = some_people(1)
    assert len(people) == 80
    assert (people.skill == EXPERT).sum(axis=0).min() == 2
    assert set(people.town.tolist()) == set(range(len(TOWNS)))


def test_visitors_are_picked_by_the_draw_from_first_to_last() -> None:
    people = some_people(1)
    visitors = Visitors(people)
    picked = [visitors.pick(0, "E", (step + 0.5) / 5000) for step in range(5000)]
    assert picked == sorted(picked)
    assert 0 <= picked[0] <= picked[-1] < len(people)


def test_experts_come_more_often_than_their_number() -> None:
    people = some_people(24_000)
    visitors = Visitors(people)
    birds = [group.name for group in GROUPS].index("birds")
    picked = [visitors.pick(birds, "E", (step + 0.5) / 5000) for step in range(5000)]
    share = sum(people.skill[person, birds] == EXPERT for person in picked) / 5000
    assert share > 2 * 48 / 3000


def test_the_sweeper_is_an_expert_of_the_group() -> None:
    people = some_people(24_000)
    visitors = Visitors(people)
    for group in range(len(GROUPS)):
        assert people.skill[visitors.sweeper(group), group] == EXPERT
