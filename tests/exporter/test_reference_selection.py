"""The plain reading itself, on examples worked by hand: what it is compared with must be right."""

from dataclasses import replace
from datetime import datetime

import pytest

from exporter.criteria import INAT_2022
from tests.exporter.reference_selection import (
    Candidate,
    Holding,
    Settled,
    candidates,
    classes,
    draw_key,
    fill,
    holdings,
    select,
    settle,
)
from tests.exporter.world import World, day

LIFE, GENUS, SPECIES, SISTER = 1, 20, 300, 301
SEED = "a seed of 16 bytes or more"

#: Keys of observations 1 to 9 under SEED put them in this order.
DRAWN = [5, 1, 6, 9, 3, 2, 7, 8, 4]

SMALL = replace(
    INAT_2022,
    train_min=2,
    train_max=3,
    val_min=1,
    val_max=2,
    test_min=1,
    test_max=2,
    train_photos_per_observation=3,
)


@pytest.fixture
def world() -> World:
    world = World()
    world.taxon(LIFE, None, "stateofmatter")
    world.taxon(GENUS, LIFE, "genus")
    world.taxon(SPECIES, GENUS, "species")
    world.taxon(SISTER, GENUS, "species")
    return world


def seen(observation_id: int, photos: int, confirming: int | None = SPECIES) -> Candidate:
    ids = [10 * observation_id + position for position in range(photos)]
    return Candidate(observation_id, SPECIES, confirming, ids)


def filled(holding: Holding) -> list[tuple[str, int]]:
    return [(place.set_name, place.photo_id) for place in fill(SMALL, SEED, SPECIES, holding)]


def test_the_draw_orders_by_a_hash_of_seed_and_observation() -> None:
    assert sorted(range(1, 10), key=lambda observation: draw_key(SEED, observation)) == DRAWN
    assert draw_key("seed", 7) == "0f1c63b88102f461803c0118ee3e89f1b31b928cd4bc21f5f6297cbb1544b76c"


def test_the_minima_take_the_fewest_photos_then_train_takes_the_drawn() -> None:
    """Observation 4 has one photo; 3 is the first drawn of those with two. Train draws 2 before 8."""
    holding = Holding([seen(3, 2), seen(4, 1), seen(8, 2), seen(2, 4)], [seen(7, 2, None)])
    assert filled(holding) == [("test", 40), ("val", 30), ("train", 20), ("train", 80), ("train", 21)]


def test_test_and_validation_reach_their_maxima_only_with_what_a_full_train_leaves() -> None:
    """Train draws 5, 6 and 3 of the seven left; of 2, 7, 8 and 4 the one with one photo goes first."""
    confirmed = [seen(number, 2) for number in (3, 4, 5, 6, 7, 8)] + [seen(9, 1), seen(1, 1), seen(2, 1)]
    assert filled(Holding(confirmed)) == [
        ("test", 10),
        ("val", 90),
        ("test", 20),
        ("val", 70),
        ("train", 50),
        ("train", 60),
        ("train", 30),
    ]


def test_others_fill_train_after_every_photo_of_the_confirmed() -> None:
    holding = Holding([seen(1, 1), seen(2, 1), seen(3, 1)], [seen(7, 2, None), seen(8, 2, None)])
    assert filled(holding) == [("test", 10), ("val", 30), ("train", 20), ("train", 70), ("train", 80)]


def test_an_observation_confirmed_elsewhere_is_used_there_alone(world: World) -> None:
    world.observe(1, SPECIES, SISTER)
    held = holdings(world.taxa, _seen(world), {SPECIES, SISTER})
    assert (len(held[SISTER].confirmed), held[SPECIES]) == (1, Holding(shared_elsewhere=1))


def test_a_genus_is_no_class_above_a_class_but_as_a_custom_leaf_or_above_a_chosen_clade(world: World) -> None:
    world.observe(3, SPECIES, SPECIES, photos=3)
    world.observe(1, SISTER, SISTER)
    result = _seen(world)
    assert classes(SMALL, world.taxa, result) == {SPECIES}
    assert classes(SMALL, world.taxa, result, clades=[SISTER]) == {GENUS}
    assert classes(SMALL, world.taxa, result, clades=[GENUS]) == {SPECIES}
    assert classes(SMALL, world.taxa, result, custom_leaves=[GENUS]) == {GENUS}
    assert [(place.class_taxon_id, place.obs_taxon_id) for place in _export(world, {GENUS})] == [
        (GENUS, SPECIES),
        (GENUS, SPECIES),
        (GENUS, SPECIES),
        (GENUS, SPECIES),
        (GENUS, SISTER),
    ]


def _seen(world: World) -> list[Candidate]:
    return candidates(world.taxa, _settle(world, day(9), day(9)).observations, world.photos)


def _export(world: World, chosen: set[int]) -> list:
    return select(SMALL, world.taxa, _seen(world), chosen, SEED)


def _settle(world: World, start: datetime, cutoff: datetime) -> Settled:
    return settle(SMALL, world.taxa, world.observations, world.identifications, start, cutoff)


def _labels(settled: Settled) -> list[tuple[int | None, int | None]]:
    return [(row["confirming_id"], row["taxon_id"]) for row in settled.observations]


def test_a_label_moved_in_the_window_leaves_its_class_and_enters_none(world: World) -> None:
    world.observe(1, SISTER, SISTER)
    world.identify(1, SPECIES, user_id=1)
    world.identify(1, SPECIES, user_id=2)
    world.identify(1, SISTER, user_id=1)
    world.identify(1, SISTER, user_id=2)
    for row in world.identifications[:2]:
        row["is_current"] = False
    assert _labels(_settle(world, day(2), day(4))) == [(GENUS, GENUS)]
    assert _labels(_settle(world, day(2), day(2))) == [(SPECIES, SPECIES)]
    assert _labels(_settle(world, day(4), day(4))) == [(SISTER, SISTER)]


def test_a_second_opinion_in_the_window_does_not_confirm_yet(world: World) -> None:
    world.observe(1, SPECIES, SPECIES)
    world.identify(1, SPECIES)
    world.identify(1, SPECIES)
    settled = _settle(world, day(1), day(2))
    assert _labels(settled) == [(None, SPECIES)]
    assert (settled.held_back, settled.removed, settled.untold) == ({1}, set(), set())


def test_without_identifications_the_observations_own_time_decides(world: World) -> None:
    for number in range(1, 4):
        world.observe(1, SPECIES, SPECIES, created_at=day(number))
    settled = _settle(world, day(1), day(2))
    assert _labels(settled) == [(SPECIES, SPECIES), (None, None)]
    assert (settled.held_back, settled.removed, settled.untold) == ({2}, set(), {1, 2})
