"""The asymmetric cutoff, worked by hand: the window is from day 10 to day 20."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from exporter.criteria import INAT_2021, INAT_2022, Criteria
from exporter.errors import DataError
from exporter.settling import SETTLED, UNSETTLED, Settling, newest_record, refuse_future, settle
from tests.exporter.exporting import export, plain_export, worlds
from tests.exporter.world import World, day

LIFE, GENUS, SPECIES, SISTER, COUSIN = 1, 20, 300, 301, 302
START, CUTOFF = day(10), day(20)


@pytest.fixture
def world() -> World:
    """Life > a genus > two species; a third species beside the genus."""
    world = World()
    world.taxon(LIFE, None, "stateofmatter")
    world.taxon(GENUS, LIFE, "genus")
    world.taxon(SPECIES, GENUS, "species")
    world.taxon(SISTER, GENUS, "species")
    world.taxon(COUSIN, LIFE, "species")
    return world


def observed(world: World, **columns: Any) -> None:
    """One observation of day 1, without labels of its own: its identifications tell them."""
    world.observe(1, None, **{"created_at": day(1), **columns})


def settled(
    world: World, criteria: Criteria = INAT_2022, relation: str = SETTLED, start: Any = START
) -> tuple[list[tuple[int | None, int | None]], Settling]:
    """The (taxon, confirming taxon) of each observation, and the counts."""
    with world.connect() as con:
        counts = settle(con, criteria, start, CUTOFF)
        rows = con.execute(f"SELECT taxon_id, confirming_id FROM {relation} AS s ORDER BY observation_id")
        return rows.fetchall(), counts


def named(world: World, *identifications: tuple[int, int], user_id: int = 0) -> None:
    """Identify observation 1: (day, taxon) each, by a person each, or by the one given."""
    for made, taxon in identifications:
        world.identify(1, taxon, user_id or None, created_at=day(made))


def test_labels_from_before_the_window_hold(world: World) -> None:
    observed(world)
    named(world, (2, SPECIES), (10, SPECIES))
    assert settled(world) == ([(SPECIES, SPECIES)], Settling(0, 0, 0))


def test_a_second_persons_confirmation_in_the_window_waits(world: World) -> None:
    observed(world)
    named(world, (2, SPECIES), (11, SPECIES))
    assert settled(world) == ([(SPECIES, None)], Settling(1, 0, 0))
    assert settled(world, relation=UNSETTLED)[0] == [(SPECIES, SPECIES)]


def test_a_finer_label_waits(world: World) -> None:
    observed(world)
    named(world, (2, GENUS), (3, GENUS), (12, SPECIES), (13, SPECIES))
    assert settled(world) == ([(GENUS, GENUS)], Settling(1, 0, 0))


def test_a_disputed_label_is_gone_at_once(world: World) -> None:
    observed(world)
    named(world, (2, SPECIES), (3, SPECIES), (20, SISTER))
    assert settled(world) == ([(GENUS, GENUS)], Settling(0, 1, 0))


def test_a_label_moved_to_a_sister_leaves_its_class_and_enters_none(world: World) -> None:
    observed(world)
    for user in (1, 2):
        world.identify(1, SPECIES, user, created_at=day(2 + user), is_current=False)
    for user in (1, 2):
        world.identify(1, SISTER, user, created_at=day(14 + user))
    assert settled(world) == ([(GENUS, GENUS)], Settling(1, 1, 0))
    assert settled(world, relation=UNSETTLED)[0] == [(SISTER, SISTER)]


def test_a_label_moved_to_another_tree_leaves_none(world: World) -> None:
    world.taxon(900, None, "species")
    observed(world)
    world.identify(1, SPECIES, 1, created_at=day(2), is_current=False)
    world.identify(1, 900, 1, created_at=day(15))
    assert settled(world) == ([(None, None)], Settling(1, 1, 0))


def test_an_identification_withdrawn_without_another_counts_at_no_time(world: World) -> None:
    """Nobody tells when it was withdrawn, so it is as if it had never been."""
    observed(world)
    named(world, (2, SPECIES))
    world.identify(1, SPECIES, 7, created_at=day(3), is_current=False)
    assert settled(world) == ([(SPECIES, None)], Settling(0, 0, 0))


def test_a_withdrawal_in_favour_of_a_coarser_label_counts_at_once(world: World) -> None:
    observed(world)
    named(world, (2, SPECIES))
    world.identify(1, SPECIES, 7, created_at=day(3), is_current=False)
    world.identify(1, GENUS, 7, created_at=day(15))
    assert settled(world) == ([(SPECIES, GENUS)], Settling(0, 1, 0))


def test_an_observation_of_the_window_is_held_back_whatever_its_labels(world: World) -> None:
    observed(world, created_at=day(11))
    named(world, (11, SPECIES), (12, SPECIES))
    assert settled(world) == ([(None, None)], Settling(1, 0, 0))


def test_what_came_after_the_cutoff_is_not_there(world: World) -> None:
    observed(world, created_at=day(21))
    named(world, (21, SPECIES))
    observed(world)
    world.identify(2, SPECIES, created_at=day(2))
    world.identify(2, SPECIES, created_at=day(21))
    assert settled(world) == ([(SPECIES, None)], Settling(0, 0, 0))


@pytest.mark.parametrize(
    ("times", "label"),
    [
        ({"created_at": day(10)}, SPECIES),
        ({"created_at": day(11)}, None),
        ({"created_at": day(10), "observed_on": day(15).date()}, SPECIES),
        ({"created_at": None, "observed_on": day(10).date()}, SPECIES),
        ({"created_at": None, "observed_on": day(11).date()}, None),
        ({"created_at": None}, SPECIES),
    ],
)
def test_without_identifications_an_observations_own_times_decide(
    world: World, times: dict[str, Any], label: int | None
) -> None:
    world.observe(1, SPECIES, SPECIES, **times)
    assert settled(world) == ([(label, label)], Settling(int(label is None), 0, 1))


def test_research_grade_settles_too(world: World) -> None:
    """What confirms by grade is the taxon of a research-grade observation: here only from day 12 on."""
    observed(world, quality_grade="research")
    world.observations[0]["community_taxon_id"] = SPECIES
    named(world, (2, SPECIES), (12, SPECIES))
    by_grade = replace(INAT_2022, confirmed_by="research_grade")
    assert settled(world, by_grade) == ([(SPECIES, None)], Settling(1, 0, 0))


def test_what_the_community_stops_to_share_is_confirmed_no_more_by_2021(world: World) -> None:
    """Two people name the genus; in the window a third names a species, so that the shown taxon is finer
    than the community's. The label waits, and the confirmation of the genus is gone at once."""
    observed(world)
    named(world, (2, GENUS), (3, GENUS), (12, SPECIES))
    assert settled(world, INAT_2021) == ([(GENUS, None)], Settling(1, 1, 0))
    assert settled(world, INAT_2022) == ([(GENUS, GENUS)], Settling(1, 0, 0))


def test_without_a_window_the_labels_at_the_cutoff_hold(world: World) -> None:
    observed(world, created_at=day(19))
    named(world, (19, SPECIES), (20, SPECIES))
    assert settled(world, start=CUTOFF) == ([(SPECIES, SPECIES)], Settling(0, 0, 0))


def test_only_usable_observations_are_counted(world: World) -> None:
    observed(world, created_at=day(11), photos=0)
    observed(world, created_at=day(11), is_flagged=True)
    for observation in (1, 2):
        world.identify(observation, SPECIES, created_at=day(12))
    assert settled(world) == ([], Settling(0, 0, 0))


def make_class(world: World, taxon_id: int, made: int) -> None:
    """60 observations of day 1, 50 of which a second person confirmed on a day: the smallest class."""
    first = len(world.observations) + 1
    world.observe(50, None, created_at=day(1))
    world.observe(10, None, created_at=day(1), photos=5)
    for observation in range(first, first + 60):
        world.identify(observation, taxon_id, created_at=day(1))
        if observation < first + 50:
            world.identify(observation, taxon_id, created_at=day(made))


def test_a_rush_of_new_labels_does_not_bring_a_taxon_over_the_line(world: World) -> None:
    make_class(world, SPECIES, made=15)
    assert export(world, INAT_2022, start=START, cutoff=CUTOFF).places == []
    assert export(world, INAT_2022, start=CUTOFF, cutoff=CUTOFF).classes == [SPECIES]


def test_a_label_disputed_in_the_window_takes_its_class_below_the_line(world: World) -> None:
    make_class(world, SPECIES, made=5)
    assert export(world, INAT_2022, start=START, cutoff=CUTOFF).classes == [SPECIES]
    world.identify(1, SISTER, created_at=day(20))
    assert export(world, INAT_2022, start=START, cutoff=CUTOFF).classes == [GENUS]


@settings(max_examples=25)
@given(worlds())
def test_sets_say_what_the_sentences_say(world: World) -> None:
    for criteria in (INAT_2022, INAT_2021):
        result = export(world, criteria, start=START, cutoff=day(16))
        assert result.settling == plain_export(world, criteria, START, day(16), "").settling


def test_the_newest_record_is_that_of_any_time() -> None:
    world = World()
    world.observe(1, None, created_at=day(1), updated_at=day(5))
    world.observe(1, None, created_at=day(7))
    with world.connect() as con:
        assert newest_record(con) == day(7)
    with World().connect() as con:
        assert newest_record(con) is None


def test_times_after_the_lake_was_loaded_are_left_out() -> None:
    """Days are those of the place: in the far east tomorrow has begun."""
    world = World()
    world.observe(1, None, created_at=day(3), updated_at=day(5))
    world.observe(1, None, created_at=day(7), updated_at=datetime(9999, 12, 31, tzinfo=UTC))
    with world.connect() as con:
        assert newest_record(con) == day(7)
        assert newest_record(con, loaded_at=day(6)) == day(5)
    world = World()
    for seen in (day(5), day(8), datetime(2099, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)):
        world.observe(1, None, observed_on=seen.date())
    noon = timedelta(hours=12)
    with world.connect() as con:
        assert newest_record(con) == day(9)
        assert newest_record(con, loaded_at=day(7) + noon) == day(7) + noon
        assert newest_record(con, loaded_at=day(7)) == day(6)
        # At ten in the morning, UTC, the next day begins fourteen hours further east.
        morning = day(7) + timedelta(hours=10)
        assert newest_record(con, loaded_at=morning) == morning
        assert newest_record(con, loaded_at=morning - timedelta(seconds=1)) == day(6)
        # A clock that was wrong when the lake was loaded makes nothing seen in the future.
        assert newest_record(con, loaded_at=datetime(2999, 1, 1, tzinfo=UTC)) == day(9)


def test_without_any_time_a_cutoff_is_not_after_the_lake_was_loaded() -> None:
    with World().connect() as con:
        refuse_future(con, day(7), loaded_at=day(7))
        with pytest.raises(DataError, match="the cutoff 2026-01-08T00:00:00Z is in the future of the data"):
            refuse_future(con, day(8), loaded_at=day(7))
