"""Filling the sets: rules on examples worked by hand, then properties and the plain reading on any world."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter import selection, settling
from exporter.criteria import INAT_2021, INAT_2022, Criteria
from exporter.draw import draw_key
from exporter.readiness import assess, readiness
from exporter.schema import BUCKET_BITS
from exporter.selection import fill, spatial_rows
from exporter.settling import SETTLED, settle
from tests.exporter.exporting import SEED, export, export_from, plain_export, shuffled, worlds
from tests.exporter.world import World, day

LIFE, GENUS, SPECIES, SISTER, COUSIN = 1, 20, 300, 301, 302
START, CUTOFF = day(10), day(16)

#: Test and validation 1 to 2 each, training 2 to 4 with up to 3 photos of an observation.
SMALL = replace(
    INAT_2022,
    train_min=2,
    train_max=4,
    val_min=1,
    val_max=2,
    test_min=1,
    test_max=2,
    train_photos_per_observation=3,
)

#: Observations 1 to 12 by draw key under SEED.
DRAWN = sorted(range(1, 13), key=lambda observation: draw_key(SEED, observation))


@pytest.fixture
def world() -> World:
    """Life > a genus > two species, and another species."""
    world = World()
    world.taxon(LIFE, None, "stateofmatter")
    world.taxon(GENUS, LIFE, "genus")
    world.taxon(SPECIES, GENUS, "species")
    world.taxon(SISTER, GENUS, "species")
    world.taxon(COUSIN, LIFE, "species")
    return world


def sets(world: World, criteria: Criteria = SMALL) -> dict[str, list[int]]:
    """The photos of each set; observation n has the photos 10 n, 10 n + 1, ..."""
    result = export(world, criteria)
    return {name: result.of(name) for name in ("train", "val", "test")}


def test_the_draw_of_these_examples() -> None:
    assert DRAWN == [5, 1, 12, 6, 11, 9, 3, 2, 7, 8, 4, 10]


def test_the_minima_take_those_with_the_fewest_photos(world: World) -> None:
    """1 and 3 have one photo; 1 is drawn before 3. Training takes 2's photos in their order."""
    for photos in (1, 3, 1):
        world.observe(1, SPECIES, SPECIES, photos=photos)
    assert sets(world) == {"test": [10], "val": [30], "train": [20, 21, 22]}


def test_training_takes_one_photo_of_each_before_the_second_of_any(world: World) -> None:
    """Drawn: 5 and 1 for test and validation; then 6, 3, 2, 4 with one photo each fill training."""
    world.observe(6, SPECIES, SPECIES, photos=2)
    assert sets(world) == {"test": [50], "val": [10], "train": [60, 30, 20, 40]}


def test_room_left_in_training_takes_further_photos_by_draw_and_position(world: World) -> None:
    """1, 3 and 2 are drawn in this order: 1 and 3 are set aside, 2 is in training with 4."""
    world.observe(3, SPECIES, SPECIES, photos=2)
    world.observe(1, SPECIES, SPECIES, photos=4)
    assert sets(world) == {"test": [10], "val": [30], "train": [20, 40, 21, 41]}


def test_training_takes_no_more_photos_of_an_observation_than_allowed(world: World) -> None:
    world.observe(2, SPECIES, SPECIES)
    world.observe(1, SPECIES, SPECIES, photos=5)
    assert sets(world)["train"] == [30, 31, 32]


def test_test_and_validation_extend_with_what_a_full_training_leaves(world: World) -> None:
    """All but 7 have one photo: 5 and 1 are set aside. Training draws 6, 3, 2, 7; 8 and 4 are left."""
    world.observe(6, SPECIES, SPECIES)
    world.observe(1, SPECIES, SPECIES, photos=2)
    world.observe(1, SPECIES, SPECIES)
    assert sets(world) == {"test": [50, 80], "val": [10, 40], "train": [60, 30, 20, 70]}


def test_what_training_leaves_goes_by_fewest_photos(world: World) -> None:
    """Training draws 6, 11, 9, 3. Of those that it leaves, 2, 7, 8, 4 and 10, 4 and 10 have fewest photos."""
    for observation in range(1, 12):
        world.observe(1, SPECIES, SPECIES, photos={4: 1, 10: 2, 1: 1, 5: 1}.get(observation, 3))
    result = sets(world)
    assert result == {"test": [50, 40], "val": [10, 100], "train": [60, 110, 90, 30]}


def test_without_an_extension_the_rest_goes_unused(world: World) -> None:
    world.observe(12, SPECIES, SPECIES)
    result = sets(world, replace(SMALL, test_max=1, val_max=1))
    assert result == {"test": [50], "val": [10], "train": [120, 60, 110, 90]}


@pytest.mark.parametrize("unknown", [{"host": None}, {"host": "elsewhere"}, {"extension": None}])
def test_a_photo_without_an_address_is_as_good_as_none(world: World, unknown: dict[str, Any]) -> None:
    """Of 2's four photos two can be written; 1 and 3 give test and validation, though 1 has lost one."""
    for photos in (2, 4, 1):
        world.observe(1, SPECIES, SPECIES, photos=photos)
    for photo in world.photos:
        if photo["photo_id"] in (11, 20, 22):
            photo |= unknown
    assert sets(world) == {"test": [10], "val": [30], "train": [21, 23]}


def test_classes_are_chosen_by_photos_that_can_be_written(world: World) -> None:
    """By all photos the species passes; by those with an address it is the genus that does."""
    world.observe(3, SPECIES, SPECIES, photos=2)
    world.observe(1, SISTER, SISTER)
    with world.connect() as con:
        assert readiness(con, SMALL).to_pylist()[2]["status"] == "leaf"
    for photo in world.photos[4:6]:
        photo["host"] = None
    result = export(world, SMALL)
    assert result.classes == [GENUS]
    assert sorted(place.photo_id for place in result.places) == [10, 20, 21, 40]


def test_the_unconfirmed_serve_training_alone_and_after_every_confirmed_photo(world: World) -> None:
    """4 and 5 are unconfirmed; the one drawn first, 5, gives its first photo, then 4; no room for more."""
    world.observe(2, SPECIES, SPECIES)
    world.observe(1, SPECIES, SPECIES, photos=2)
    world.observe(2, SPECIES, None, photos=3)
    result = export(world, SMALL)
    assert result.of("train") == [30, 31, 50, 40]
    assert [(place.observation_id, place.community) for place in result.places] == [
        (3, 1),
        (3, 1),
        (5, 0),
        (4, 0),
        (2, 1),
        (1, 1),
    ]


def test_of_the_unconfirmed_those_that_find_training_full_are_used_nowhere(world: World) -> None:
    """3 to 9 are unconfirmed: 5, 6, 9 and 3 are drawn first. Test and validation keep their room."""
    world.observe(2, SPECIES, SPECIES)
    world.observe(7, SPECIES, None)
    assert sets(world) == {"test": [10], "val": [20], "train": [50, 60, 90, 30]}


def test_photos_stand_by_position_and_unusable_ones_do_not_count(world: World) -> None:
    """Observation 3 shows 32, 31, 33 in this order; 30 is flagged and 34 hidden, so it has three photos."""
    world.observe(2, SPECIES, SPECIES)
    world.observe(1, SPECIES, SPECIES, photos=5)
    for photo, columns in zip(
        world.photos[2:],
        ({"position": 0, "is_flagged": True}, {"position": 2}, {"position": 1}, {}, {"is_hidden": True}),
        strict=True,
    ):
        photo |= columns
    result = export(world, SMALL)
    assert result.of("train") == [32, 31, 33]
    assert [(place.position, place.observation_photos) for place in result.places[:3]] == [
        (0, 3),
        (1, 3),
        (2, 3),
    ]


@pytest.mark.parametrize(
    "columns", [{"is_flagged": True}, {"fails_quality_metric": True}, {"photos": 0}, {"taxon_id": LIFE}]
)
def test_an_unusable_observation_serves_nothing(world: World, columns: dict[str, Any]) -> None:
    world.observe(3, SPECIES, SPECIES, photos=2)
    world.observe(1, **{"taxon_id": SPECIES, "community": columns.get("taxon_id", SPECIES), **columns})
    assert sets(world) == {"test": [10], "val": [30], "train": [20, 21]}


def test_captive_and_casual_observations_serve(world: World) -> None:
    world.observe(4, SPECIES, SPECIES, is_captive=True, quality_grade="casual")
    assert sets(world) == {"test": [10], "val": [30], "train": [20, 40]}


def test_what_is_below_species_a_hybrid_or_extinct_serves_the_class_above(world: World) -> None:
    world.taxon(4001, SPECIES, "subspecies")
    world.taxon(4002, SPECIES, "hybrid")
    world.taxon(4003, SPECIES, "species", is_extinct=True)
    world.taxon(4004, SPECIES, "species", is_active=False)
    for taxon in (4001, 4002, 4003, 4004):
        world.observe(4, taxon, taxon)
    result = export(world, SMALL)
    assert result.classes == [SPECIES]
    assert {(place.class_taxon_id, place.obs_taxon_id) for place in result.places} == {
        (SPECIES, 4001),
        (SPECIES, 4002),
        (SPECIES, 4003),
    }


def test_a_genus_is_the_class_of_its_species_and_life_of_all(world: World) -> None:
    world.observe(2, SPECIES, SPECIES)
    world.observe(2, SISTER, SISTER)
    assert export(world, SMALL).classes == [GENUS]
    world.observations[0]["community_taxon_id"] = world.observations[0]["taxon_id"] = COUSIN
    assert export(world, SMALL).classes == [LIFE]


def test_a_family_is_the_class_of_genera_that_hold_too_little(world: World) -> None:
    """Two genera with two observations each; the third observation of one makes no class of it either."""
    world.taxon(10, LIFE, "family")
    for genus in (21, 22):
        world.taxon(genus, 10, "genus")
        world.taxon(10 * genus, genus, "species")
        world.observe(2, 10 * genus, 10 * genus)
    result = export(world, SMALL)
    assert result.classes == [10]
    assert {place.obs_taxon_id for place in result.places} == {210, 220}
    world.observe(1, 210, 210)
    assert export(world, SMALL).classes == [10]
    world.observe(1, 210, 210)
    assert export(world, SMALL).classes == [210]


def two_classes(world: World) -> None:
    """Both species of the genus, and the species outside it, have four observations each."""
    for taxon in (SPECIES, SISTER, COUSIN):
        world.observe(4, taxon, taxon)


def test_chosen_clades_alone_are_tried_and_what_is_above_them(world: World) -> None:
    two_classes(world)
    assert export(world, replace(SMALL, clades=(GENUS,))).classes == [SPECIES, SISTER]
    assert export(world, replace(SMALL, clades=(SISTER, COUSIN))).classes == [SISTER, COUSIN]
    assert export(world, replace(SMALL, clades=(GENUS,), train_min=3)).classes == [GENUS]
    assert export(world, replace(SMALL, clades=(GENUS,), train_min=9, train_max=9)).classes == [LIFE]


def test_a_custom_leaf_is_the_class_whatever_lies_below(world: World) -> None:
    two_classes(world)
    result = export(world, replace(SMALL, leaves=(GENUS,)))
    assert result.classes == [GENUS, COUSIN]
    assert {place.obs_taxon_id for place in result.places} == {SPECIES, SISTER, COUSIN}
    assert export(world, replace(SMALL, leaves=(LIFE,))).classes == [LIFE]


def test_an_observation_confirmed_for_one_class_is_not_used_by_another(world: World) -> None:
    """Three observations count for both species' lines; the sister keeps its class and goes without them."""
    world.observe(4, SPECIES, SPECIES)
    world.observe(2, SISTER, SISTER)
    world.observe(3, SISTER, SPECIES)
    result = export(world, SMALL)
    assert result.shared_elsewhere == {SPECIES: 0, SISTER: 3}
    assert result.of("train", SISTER) == []
    assert sorted(place.observation_id for place in result.places) == [*range(1, 10)]


def show_the_same(world: World, one: int, other: int) -> None:
    """Let the last photo of the other observation be the first photo of the one."""
    [*_, last] = (photo for photo in world.photos if photo["observation_id"] == other)
    last["photo_id"] = 10 * one


def test_a_photo_of_two_observations_serves_for_the_one_with_the_smaller_id(world: World) -> None:
    """The bee and its flower on one photo: 2 and 5. Both classes stand; the flower's goes without 5."""
    world.observe(4, SPECIES, SPECIES)
    world.observe(4, COUSIN, COUSIN)
    show_the_same(world, 2, 5)
    result = export(world, SMALL)
    assert result.shared_elsewhere == {SPECIES: 0, COUSIN: 1}
    assert sorted(place.observation_id for place in result.places) == [1, 2, 3, 4, 6, 7, 8]
    photos = [place.photo_id for place in result.places]
    assert sorted(photos) == [10, 20, 30, 40, 60, 70, 80]


def test_a_photo_serves_for_a_confirmed_observation_before_others(world: World) -> None:
    """1 is unconfirmed and shows the second photo of 4 as its own; the other photo of 4 serves with 4."""
    world.observe(1, SPECIES, None)
    world.observe(3, SPECIES, SPECIES, photos=2)
    show_the_same(world, 1, 4)
    result = export(world, SMALL)
    assert result.shared_elsewhere == {SPECIES: 1}
    assert {place.observation_id for place in result.places} == {2, 3, 4}


def test_an_unusable_photo_is_shared_with_nobody(world: World) -> None:
    world.observe(4, SPECIES, SPECIES, photos=2)
    show_the_same(world, 1, 2)
    world.photos[3]["is_hidden"] = True
    assert export(world, SMALL).shared_elsewhere == {SPECIES: 0}


def test_a_flagged_copy_of_a_photo_that_others_share_displaces_nobody(world: World) -> None:
    """1, 2 and 3 show one photo, 1 a flagged copy beside a photo of its own: 2 serves, 3 does not."""
    world.observe(1, SPECIES, SPECIES, photos=2)
    world.observe(5, SPECIES, SPECIES)
    show_the_same(world, 2, 1)
    show_the_same(world, 2, 3)
    world.photos[1]["is_flagged"] = True
    result = export(world, SMALL)
    assert result.shared_elsewhere == {SPECIES: 1}
    assert sorted(place.photo_id for place in result.places) == [10, 20, 40, 50, 60]


def test_a_photo_shared_with_an_observation_of_no_class_serves(world: World) -> None:
    world.observe(4, SPECIES, SPECIES)
    world.observe(1, None, None)
    show_the_same(world, 5, 4)
    result = export(world, SMALL)
    assert sorted(place.photo_id for place in result.places) == [10, 20, 30, 50]


def test_presets_fill_a_class_to_their_numbers(world: World) -> None:
    world.observe(1300, SPECIES, SPECIES, quality_grade="research")
    for criteria, most in ((INAT_2022, 100), (INAT_2021, 25)):
        assert {name: len(photos) for name, photos in sets(world, criteria).items()} == {
            "train": 1000,
            "val": most,
            "test": most,
        }


def test_by_draw_test_and_validation_take_any_number_of_photos(world: World) -> None:
    """Drawn: 5, 1, 6, 3, 2, 4. Though 2 and 4 have one photo each, 5 and 1 are set aside, and no more."""
    for observation in range(1, 7):
        world.observe(1, SPECIES, SPECIES, photos=1 if observation in (2, 4) else 3)
    criteria = replace(SMALL, min_observations=4, test_max=1, val_max=1, set_aside_by="draw")
    assert sets(world, criteria) == {"test": [50], "val": [10], "train": [60, 30, 20, 40]}
    # Further places of test and validation go by the draw as well.
    criteria = replace(criteria, train_max=2, test_max=2, val_max=2)
    assert sets(world, criteria) == {"test": [50, 20], "val": [10, 40], "train": [60, 30]}


def spatial(world: World) -> list[dict[str, Any]]:
    """The rows of spatial_data.csv of a world's only class."""
    with world.connect() as con:
        settle(con, SMALL, CUTOFF, CUTOFF)
        fill(con, SMALL, assess(con, SMALL, SETTLED), SEED)
        return spatial_rows(con).read_all().to_pylist()


def test_where_a_class_was_seen_comes_in_the_order_of_the_draw(world: World) -> None:
    """Drawn 5, 1, 3, 2, 4, confirmed or not; 4 is placed too roughly. Unknown accuracy is no fault."""
    world.observe(4, SPECIES, SPECIES, latitude=1.5, longitude=-2.5)
    world.observe(1, SPECIES, None, latitude=1.5, longitude=-2.5, observed_on=day(3).date())
    world.observations[2] |= {"is_captive": True, "positional_accuracy": 50_000.0}
    world.observations[3] |= {"positional_accuracy": 50_000.5}
    row = {"latitude": 1.5, "longitude": -2.5, "observed_on": None, "leaf_class_id": 0}
    row |= {"obs_taxon_id": SPECIES, "is_confirmed": True, "is_captive": False, "positional_accuracy": None}
    assert spatial(world) == [
        row | {"observation_id": 5, "observed_on": day(3).date(), "is_confirmed": False},
        row | {"observation_id": 1},
        row | {"observation_id": 3, "is_captive": True, "positional_accuracy": 50_000.0},
        row | {"observation_id": 2},
    ]


@pytest.mark.parametrize(
    ("latitude", "longitude", "is_place"),
    [
        (None, 3.0, False),
        (3.0, None, False),
        # To four digits all of these are (0, 0).
        (0.0, 0.0, False),
        (0.00005, -0.00005, False),
        (-0.00005, 0.00005, False),
        # One coordinate that is not 0 makes a place.
        (0.00006, 0.0, True),
        (0.0, -0.00006, True),
    ],
)
def test_what_is_no_place(
    world: World, latitude: float | None, longitude: float | None, is_place: bool
) -> None:
    world.observe(4, SPECIES, SPECIES)
    world.observations[1] |= {"latitude": latitude, "longitude": longitude}
    result = [(row["observation_id"], row["latitude"], row["longitude"]) for row in spatial(world)]
    assert result == ([(2, latitude, longitude)] if is_place else [])


def test_a_class_has_places_up_to_the_maximum(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1 to 4, 1 and 3 are drawn first, whatever test, validation and training take."""
    world.observe(4, SPECIES, SPECIES, latitude=1.5, longitude=-2.5)
    monkeypatch.setattr(selection, "SPATIAL_MAX", 2)
    assert [row["observation_id"] for row in spatial(world)] == [1, 3]
    monkeypatch.setattr(selection, "SPATIAL_MAX", 4)
    assert [row["observation_id"] for row in spatial(world)] == [1, 3, 2, 4]


def test_places_come_range_by_range_in_the_same_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.observe(12, SPECIES, SPECIES, latitude=1.5, longitude=-2.5)
    for row in (*world.observations, *world.photos):
        row["observation_id"] += (row["observation_id"] % 3) << BUCKET_BITS
    at_once = spatial(world)
    assert len({row["observation_id"] >> BUCKET_BITS for row in at_once}) == 3
    monkeypatch.setattr(selection, "_ROWS_AT_ONCE", 1)
    assert spatial(world) == at_once
    monkeypatch.setattr(selection, "SPATIAL_MAX", 7)
    assert spatial(world) == at_once[:7]


def small(criteria: Criteria, **changes: Any) -> Criteria:
    numbers = {"train_min": 2, "train_max": 5, "val_min": 1, "val_max": 2, "test_min": 1, "test_max": 3}
    # A draw needs as many observations as the three sets need photos.
    fewest = 4 if criteria.set_aside_by == "draw" else 0
    return replace(
        criteria,
        **numbers,
        min_observations=fewest,
        min_confirmed=0,
        train_photos_per_observation=3,
        **changes,
    )


few_taxa = st.lists(st.integers(1, 9), max_size=2).map(tuple)


@settings(max_examples=40)
@given(worlds(), st.sampled_from([INAT_2022, INAT_2021]), few_taxa, few_taxa)
def test_exports_say_what_the_sentences_say(
    world: World, preset: Criteria, clades: tuple[int, ...], leaves: tuple[int, ...]
) -> None:
    criteria = small(preset, clades=clades, leaves=leaves)
    assert export(world, criteria, start=START, cutoff=CUTOFF) == plain_export(
        world, criteria, START, CUTOFF, SEED
    )


@settings(max_examples=12)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(world: World, random: Any) -> None:
    criteria = small(INAT_2022)
    with shuffled(world, random) as con:
        result = export_from(con, criteria, START, CUTOFF, SEED)
    assert result == export(world, criteria, start=START, cutoff=CUTOFF)


@settings(max_examples=20)
@given(worlds(), st.integers(1, 8))
def test_ranges_of_observations_one_after_another_give_the_same(world: World, rows_at_once: int) -> None:
    """The observations lie in several buckets of the lake, and few are joined at once."""
    for row in (*world.observations, *world.photos, *world.identifications):
        row["observation_id"] += (row["observation_id"] % 3) << BUCKET_BITS
    criteria = small(INAT_2022)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selection, "_ROWS_AT_ONCE", rows_at_once)
        patch.setattr(settling, "_ROWS_AT_ONCE", rows_at_once)
        result = export(world, criteria, start=START, cutoff=CUTOFF)
    assert result == plain_export(world, criteria, START, CUTOFF, SEED)


@settings(max_examples=12)
@given(worlds())
def test_an_observation_is_in_one_set_of_one_class(world: World) -> None:
    result = export(world, small(INAT_2022), start=START, cutoff=CUTOFF)
    uses = {(place.observation_id, place.class_taxon_id, place.set_name) for place in result.places}
    assert len(uses) == len({observation for observation, _, _ in uses})
    photos = [place.photo_id for place in result.places]
    assert len(photos) == len(set(photos))


@settings(max_examples=12)
@given(worlds(), st.integers(1, 12))
def test_unrelated_taxa_change_nothing_for_a_class(world: World, number: int) -> None:
    criteria = small(INAT_2022)
    before = export(world, criteria, start=START, cutoff=CUTOFF)
    world.taxon(900, None, "species")
    world.observe(number, 900, 900, photos=2, created_at=day(1))
    after = export(world, criteria, start=START, cutoff=CUTOFF)
    assert [place for place in after.places if place.class_taxon_id != 900] == before.places


@settings(max_examples=12)
@given(st.lists(st.integers(1, 4), min_size=4, max_size=14), st.integers(1, 4))
def test_a_new_observation_moves_at_most_the_places_after_its_own(photos: list[int], new_photos: int) -> None:
    """In the order in which a class is filled: the minima, training, then test's and validation's rest."""
    world = World()
    world.taxon(SPECIES, None, "species")
    for number in photos:
        world.observe(1, SPECIES, SPECIES, photos=number)
    criteria = small(INAT_2022)
    before = filling_order(world, criteria)
    world.observe(1, SPECIES, SPECIES, photos=new_photos)
    after = filling_order(world, criteria)
    new = range(10 * len(world.observations), 10 * len(world.observations) + new_photos)
    own = next((place for place, photo in enumerate(after) if photo in new), len(after))
    assert after[:own] == before[:own]


def filling_order(world: World, criteria: Criteria) -> list[int]:
    result = export(world, criteria)
    test, val = result.of("test"), result.of("val")
    return [
        *test[: criteria.test_min],
        *val[: criteria.val_min],
        *result.of("train"),
        *test[criteria.test_min :],
        *val[criteria.val_min :],
    ]
