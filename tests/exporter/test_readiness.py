"""Readiness: rules and statuses on examples worked by hand, then against a plain reading of the rules."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.criteria import INAT_2021, INAT_2022, Criteria
from exporter.readiness import SCHEMA, readiness
from tests.exporter import reference
from tests.exporter.world import RANK_LEVELS, Row, World, connect, day

LIFE, FAMILY, GENUS, SPECIES, SISTER = 1, 3, 20, 300, 301
#: A rule of somebody's own, of those that a file can give.
BY_GRADE = replace(INAT_2022, confirmed_by="research_grade")


@pytest.fixture
def world() -> World:
    """Life > a family > a genus > two species; no observations."""
    world = World()
    world.taxon(LIFE, None, "stateofmatter")
    world.taxon(FAMILY, LIFE, "family")
    world.taxon(GENUS, FAMILY, "genus")
    world.taxon(SPECIES, GENUS, "species")
    world.taxon(SISTER, GENUS, "species")
    return world


def observe_class(world: World, taxon_id: int, **columns: Any) -> None:
    """The smallest class: 50 confirmed observations with a photo each, 10 others with 50 photos."""
    world.observe(50, taxon_id, taxon_id, **columns)
    world.observe(10, taxon_id, photos=5, **columns)


def rows(world: World, criteria: Criteria = INAT_2022, **options: Any) -> dict[int, Row]:
    with world.connect() as con:
        return {row["taxon_id"]: row for row in readiness(con, criteria, **options).to_pylist()}


def brief(found: dict[int, Row]) -> dict[int, tuple[str, int | None]]:
    """Status and leaf by taxon."""
    return {taxon: (row["status"], row["leaf_taxon_id"]) for taxon, row in found.items()}


def counts(row: Row) -> tuple[int, int, int]:
    return row["observations"], row["community_confirmed"], row["photos"]


def test_sixty_observations_make_a_class(world: World) -> None:
    observe_class(world, SPECIES)
    measured = {
        "observations": 60,
        "community_confirmed": 50,
        "photos": 100,
        "short_observations": 0,
        "short_confirmed": 0,
        "short_photos": 0,
        "margin": 0,
        "incomplete_observations": 0,
    }
    covered = {"status": "covered", "leaf_taxon_id": None, **measured}
    assert list(rows(world).values()) == [
        {"taxon_id": LIFE, "name": "Taxon 1", "rank": "stateofmatter", **covered},
        {"taxon_id": FAMILY, "name": "Taxon 3", "rank": "family", **covered},
        {"taxon_id": GENUS, "name": "Taxon 20", "rank": "genus", **covered},
        {
            "taxon_id": SPECIES,
            "name": "Taxon 300",
            "rank": "species",
            "status": "leaf",
            "leaf_taxon_id": SPECIES,
            **measured,
        },
    ]


def test_fifty_nine_observations_do_not(world: World) -> None:
    world.observe(50, SPECIES, SPECIES)
    world.observe(9, SPECIES, photos=5)
    row = rows(world)[SPECIES]
    assert row == row | {"status": "short", "short_observations": 1, "short_photos": 5, "margin": -1}


def test_forty_nine_confirmed_do_not(world: World) -> None:
    world.observe(49, SPECIES, SPECIES)
    world.observe(500, SPECIES, photos=5)
    row = rows(world)[SPECIES]
    assert row == row | {"status": "short", "short_observations": 1, "short_confirmed": 1, "margin": -1}


def test_a_genus_is_the_class_while_none_of_its_species_is(world: World) -> None:
    world.observe(50, SPECIES, SPECIES)
    world.observe(10, SISTER, photos=5)
    assert brief(rows(world)) == {
        LIFE: ("covered", None),
        FAMILY: ("covered", None),
        GENUS: ("leaf", GENUS),
        SPECIES: ("rolled_up", GENUS),
        SISTER: ("rolled_up", GENUS),
    }


def test_a_genus_loses_its_class_when_a_species_qualifies_and_the_sisters_photos_are_dropped(
    world: World,
) -> None:
    observe_class(world, SPECIES)
    world.observe(59, SISTER, SISTER)
    result = rows(world)
    assert brief(result) == {
        LIFE: ("covered", None),
        FAMILY: ("covered", None),
        GENUS: ("covered", None),
        SPECIES: ("leaf", SPECIES),
        SISTER: ("dropped", None),
    }
    assert counts(result[GENUS]) == (119, 109, 159)


def test_a_family_is_the_class_while_no_genus_is(world: World) -> None:
    world.taxon(21, FAMILY, "genus")
    world.observe(30, GENUS, GENUS)
    world.observe(20, 21, 21)
    world.observe(10, FAMILY, photos=5)
    assert brief(rows(world)) == {
        LIFE: ("covered", None),
        FAMILY: ("leaf", FAMILY),
        GENUS: ("rolled_up", FAMILY),
        21: ("rolled_up", FAMILY),
    }


def test_below_a_taxon_that_is_itself_dropped_a_taxon_is_short(world: World) -> None:
    """The other genus may still become a class, and then takes its species' photos."""
    observe_class(world, SPECIES)
    world.taxon(21, FAMILY, "genus")
    world.taxon(302, 21, "species")
    world.observe(5, 302, 302)
    assert brief(rows(world))[21] == ("dropped", None)
    assert brief(rows(world))[302] == ("short", None)


def test_every_rank_is_tried(world: World) -> None:
    world.taxon(22, GENUS, "complex")
    world.taxon(302, 22, "species")
    observe_class(world, 22)
    assert brief(rows(world))[22] == ("leaf", 22)
    assert brief(rows(world))[GENUS] == ("covered", None)


def test_subspecies_count_for_their_species_and_are_never_a_class(world: World) -> None:
    world.taxon(4000, SPECIES, "subspecies")
    observe_class(world, 4000)
    result = rows(world)
    assert brief(result)[SPECIES] == ("leaf", SPECIES)
    row = result[4000]
    assert counts(row) == (60, 50, 100)
    assert row == row | {
        "status": "excluded",
        "leaf_taxon_id": SPECIES,
        "short_observations": 0,
        "short_confirmed": 0,
        "short_photos": 0,
        "margin": None,
    }


@pytest.mark.parametrize("rank", ["hybrid", "genushybrid"])
def test_hybrids_count_for_the_taxa_above_and_are_never_a_class(world: World, rank: str) -> None:
    world.taxon(302, GENUS, rank)
    observe_class(world, 302)
    assert brief(rows(world))[302] == ("excluded", GENUS)
    assert brief(rows(world))[GENUS] == ("leaf", GENUS)


def test_nothing_in_an_extinct_clade_is_a_class_but_it_counts_for_the_taxa_above(world: World) -> None:
    world.taxon(21, FAMILY, "genus", is_extinct=True)
    world.taxon(302, 21, "species")
    observe_class(world, 302)
    assert brief(rows(world)) == {
        LIFE: ("covered", None),
        FAMILY: ("leaf", FAMILY),
        21: ("excluded", FAMILY),
        302: ("excluded", FAMILY),
    }


def test_an_inactive_taxon_puts_an_observation_in_no_clade(world: World) -> None:
    world.taxon(302, GENUS, "species", is_active=False)
    world.observe(4, 302, 302)
    world.observe(2, SPECIES, 302)
    world.observe(1, 302, SISTER)
    result = rows(world)
    assert {taxon: counts(row) for taxon, row in result.items()} == {
        LIFE: (3, 1, 3),
        FAMILY: (3, 1, 3),
        GENUS: (3, 1, 3),
        SPECIES: (2, 0, 2),
        SISTER: (1, 1, 1),
    }


def test_an_inactive_genus_is_never_a_class_but_its_active_species_is(world: World) -> None:
    world.taxon(21, FAMILY, "genus", is_active=False)
    world.taxon(302, 21, "species")
    world.taxon(303, 21, "species")
    observe_class(world, 302)
    world.observe(1, 303)
    assert brief(rows(world)) == {
        LIFE: ("covered", None),
        FAMILY: ("covered", None),
        21: ("excluded", None),
        302: ("leaf", 302),
        303: ("dropped", None),
    }


def test_taxa_that_the_lake_does_not_know_are_counted_but_never_a_class() -> None:
    world = World()
    world.taxa.append({"taxon_id": 300, "ancestry": "1/20", "rank_level": 10.0, "rank": "species"})
    observe_class(world, 300)
    world.observe(3, 999)
    result = rows(world)
    assert brief(result) == {
        1: ("excluded", None),
        20: ("excluded", None),
        300: ("leaf", 300),
        999: ("excluded", None),
    }
    assert (result[20]["name"], result[20]["rank"], result[20]["observations"]) == (None, None, 60)


@pytest.mark.parametrize("fault", ["is_flagged", "fails_quality_metric"])
def test_flagged_observations_and_failed_metrics_are_not_used(world: World, fault: str) -> None:
    world.observe(3, SPECIES, SPECIES)
    world.observe(2, SPECIES, SPECIES, **{fault: True})
    assert counts(rows(world)[SPECIES]) == (3, 3, 3)


@pytest.mark.parametrize("fault", ["is_flagged", "is_hidden"])
def test_flagged_and_hidden_photos_are_not_used(world: World, fault: str) -> None:
    world.observe(2, SPECIES, SPECIES, photos=3)
    world.observe(1, SPECIES, SPECIES, photos=1)
    for photo in (0, 6):
        world.photos[photo][fault] = True
    assert counts(rows(world)[SPECIES]) == (2, 2, 5)


def test_observations_without_photos_are_not_used(world: World) -> None:
    world.observe(5, SPECIES, SPECIES, photos=0)
    assert rows(world) == {}


def test_captive_and_unlicensed_observations_are_used(world: World) -> None:
    world.observe(4, SPECIES, SPECIES, is_captive=True, quality_grade="casual")
    assert counts(rows(world)[SPECIES]) == (4, 4, 4)


def test_photos_count_up_to_five_per_observation(world: World) -> None:
    world.observe(2, SPECIES, photos=8)
    world.observe(1, SPECIES, photos=4)
    assert counts(rows(world)[SPECIES]) == (3, 0, 14)


def test_a_community_taxon_at_the_genus_confirms_the_genus_alone(world: World) -> None:
    world.observe(7, SPECIES, GENUS)
    result = rows(world)
    assert counts(result[SPECIES]) == (7, 0, 7)
    assert counts(result[GENUS]) == (7, 7, 7)


def test_an_observation_is_counted_where_its_taxon_and_where_its_community_taxon_lie(world: World) -> None:
    """The observer opted out: the shown species is not the one that the community sees."""
    world.observe(7, SPECIES, SISTER)
    result = rows(world)
    assert {taxon: counts(row)[:2] for taxon, row in result.items()} == {
        LIFE: (7, 7),
        FAMILY: (7, 7),
        GENUS: (7, 7),
        SPECIES: (7, 0),
        SISTER: (7, 7),
    }


@pytest.mark.parametrize("source", ["dump", "csv"])
def test_where_no_community_taxon_is_told_research_grade_confirms(world: World, source: str) -> None:
    world.observe(3, SPECIES, quality_grade="research", source=source)
    world.observe(2, SPECIES, quality_grade="needs_id", source=source)
    world.observe(1, SPECIES, quality_grade="research", source="api")
    row = rows(world)[SPECIES]
    assert (*counts(row), row["incomplete_observations"]) == (6, 3, 6, 5)


def test_2021_asks_for_a_hundred_observations_half_of_them_confirmed(world: World) -> None:
    world.observe(50, SPECIES, SPECIES)
    world.observe(49, SPECIES, quality_grade="research")
    row = rows(world, INAT_2021)[SPECIES]
    assert row == row | {
        "status": "short",
        "community_confirmed": 50,
        "short_observations": 1,
        "short_confirmed": 0,
        "short_photos": 0,
        "margin": -1,
    }
    world.observe(1, SPECIES)
    row = rows(world, INAT_2021)[SPECIES]
    assert row == row | {"status": "leaf", "observations": 100, "community_confirmed": 50, "margin": 0}


def test_2021_confirms_a_taxon_where_the_community_taxon_is_the_same(world: World) -> None:
    """A community that stops at the genus confirms observations shown as the genus, and none of its species.

    What counts where is decided by the taxon shown: the sister has nothing of the seven.
    """
    world.observe(4, SPECIES, SPECIES)
    world.observe(3, GENUS, GENUS)
    world.observe(6, SPECIES, GENUS)
    world.observe(7, SPECIES, SISTER)
    assert {taxon: counts(row)[:2] for taxon, row in rows(world, INAT_2021).items()} == {
        LIFE: (20, 7),
        FAMILY: (20, 7),
        GENUS: (20, 7),
        SPECIES: (17, 4),
    }


def test_2021_confirms_by_research_grade_where_no_community_taxon_is_given(world: World) -> None:
    world.observe(3, SPECIES, quality_grade="research", source="dump")
    world.observe(2, SPECIES, quality_grade="needs_id", source="dump")
    world.observe(1, SPECIES, quality_grade="research", source="api")
    assert counts(rows(world, INAT_2021)[SPECIES])[:2] == (6, 3)


@pytest.mark.parametrize(
    ("rank", "in_2021"),
    [("hybrid", "leaf"), ("genushybrid", "leaf"), ("species", "leaf"), ("subspecies", "excluded")],
)
def test_2021_lets_hybrids_be_classes(world: World, rank: str, in_2021: str) -> None:
    world.taxon(400, FAMILY, rank)
    world.observe(100, 400, 400)
    assert rows(world, INAT_2021)[400]["status"] == in_2021
    assert rows(world, INAT_2022)[400]["status"] == ("leaf" if rank == "species" else "excluded")


def test_at_a_past_time_observations_and_identifications_made_later_do_not_count(world: World) -> None:
    world.observe(1, SPECIES, SPECIES, created_at=day(1))
    world.observe(1, SPECIES, created_at=day(9))
    world.identify(1, GENUS, created_at=day(2))
    world.identify(1, SPECIES, created_at=day(4))
    world.identify(1, SPECIES, created_at=day(6))

    def at(number: int) -> dict[int, tuple[int, int]]:
        return {taxon: counts(row)[:2] for taxon, row in rows(world, at=day(number)).items()}

    assert at(1) == {}
    assert at(3) == {LIFE: (1, 0), FAMILY: (1, 0), GENUS: (1, 0)}
    assert at(5) == {LIFE: (1, 1), FAMILY: (1, 1), GENUS: (1, 1), SPECIES: (1, 0)}
    assert at(7) == {LIFE: (1, 1), FAMILY: (1, 1), GENUS: (1, 1), SPECIES: (1, 1)}
    assert at(9) == {LIFE: (2, 1), FAMILY: (2, 1), GENUS: (2, 1), SPECIES: (2, 1)}


def test_at_a_past_time_what_has_no_identifications_or_no_creation_time_stays_as_it_is(world: World) -> None:
    world.observe(1, SPECIES, SPECIES, created_at=day(1))
    world.observe(1, SPECIES, quality_grade="research", source="dump")
    assert counts(rows(world, at=day(3))[SPECIES]) == (2, 2, 2)


def test_identifications_tell_that_an_observation_of_no_creation_time_was_there(world: World) -> None:
    """The day it was seen, day 8, is a slip of the pen if it was identified before."""
    world.observe(1, SPECIES, SPECIES, observed_on=day(8).date())
    world.identify(1, SPECIES, created_at=day(2))
    world.observe(1, SISTER, SISTER, observed_on=day(8).date())
    assert {taxon: counts(row) for taxon, row in rows(world, at=day(3)).items()} == {
        LIFE: (1, 0, 1),
        FAMILY: (1, 0, 1),
        GENUS: (1, 0, 1),
        SPECIES: (1, 0, 1),
    }


@pytest.mark.parametrize(
    ("grade", "confirmed"),
    [("research", 1), ("needs_id", 1), ("casual", 0)],
)
def test_research_grade_at_a_past_time_follows_the_community_taxon(
    world: World, grade: str, confirmed: int
) -> None:
    """Two people named the species, then a third the genus: research grade it was, unless it is casual."""
    world.observe(1, GENUS, GENUS, quality_grade=grade, created_at=day(1))
    for number in (1, 2):
        world.identify(1, SPECIES, created_at=day(number))
    world.identify(1, GENUS, created_at=day(8), is_disagreement=True, previous_observation_taxon_id=SPECIES)
    then = rows(world, BY_GRADE, at=day(5))
    assert then[SPECIES]["community_confirmed"] == confirmed
    now = rows(world, BY_GRADE, at=day(9))
    assert now[GENUS]["community_confirmed"] == (grade == "research")
    assert SPECIES not in now


def test_research_grade_needed_a_species_at_a_past_time(world: World) -> None:
    world.observe(1, SPECIES, SPECIES, quality_grade="research", created_at=day(1))
    world.identify(1, GENUS, created_at=day(1))
    world.identify(1, SPECIES, created_at=day(2))
    world.identify(1, SPECIES, created_at=day(8))
    assert rows(world, BY_GRADE, at=day(5))[GENUS]["community_confirmed"] == 0
    assert rows(world, BY_GRADE, at=day(8))[GENUS]["community_confirmed"] == 1


def test_an_empty_lake_gives_no_rows() -> None:
    with connect() as con:
        table = readiness(con, INAT_2022)
    assert table.schema == SCHEMA
    assert table.num_rows == 0


SMALL_2022 = replace(INAT_2022, train_min=4, test_min=1, val_min=1, train_photos_per_observation=3)
SMALL_BY_GRADE = replace(
    BY_GRADE, train_min=4, test_min=1, val_min=1, min_observations=5, train_photos_per_observation=3
)
SMALL_2021 = replace(
    INAT_2021,
    min_observations=6,
    min_confirmed=3,
    train_min=4,
    test_min=1,
    val_min=1,
    train_photos_per_observation=3,
)
sometimes = st.sampled_from([None, False, False, False, False, True])


@st.composite
def taxa(draw: st.DrawFn, first_id: int = 1) -> list[Row]:
    """A forest of up to ten taxa of any ranks, some inactive or extinct, some without a row of their own."""
    count = draw(st.integers(1, 10))
    ids = draw(st.permutations(range(first_id, first_id + count)))
    lines: dict[int, str] = {}
    result = []
    for number, taxon in enumerate(ids):
        above = draw(st.sampled_from([None, *ids[:number]])) if number else None
        lines[taxon] = "" if above is None else f"{lines[above]}/{above}".lstrip("/")
        rank = draw(st.sampled_from([*RANK_LEVELS, "species", "species", "genus", None]))
        row = {
            "taxon_id": taxon,
            "ancestry": lines[taxon],
            "name": f"Taxon {taxon}",
            "rank": rank,
            "rank_level": None if rank is None else RANK_LEVELS[rank],
            "is_active": draw(st.sampled_from([None, True, True, True, False])),
            "is_extinct": draw(sometimes),
        }
        if draw(st.integers(0, 5)):
            result.append(row)
    return result


@st.composite
def observations(draw: st.DrawFn, first_id: int = 1) -> tuple[list[Row], list[Row]]:
    """Up to 30 observations of the taxa and of one that the lake does not know, with their photos."""
    any_taxon = st.one_of(st.none(), st.integers(first_id, first_id + 10))
    result, photos = [], []
    for number in range(first_id, first_id + draw(st.integers(0, 30))):
        taxon = draw(any_taxon)
        row = {
            "observation_id": number,
            "taxon_id": taxon,
            "community_taxon_id": draw(st.one_of(st.just(taxon), any_taxon)),
            "quality_grade": draw(st.sampled_from(["research", "needs_id", "casual"])),
            "is_flagged": draw(sometimes),
            "fails_quality_metric": draw(sometimes),
            "source": draw(st.sampled_from(["api", "api", "dump", "csv"])),
        }
        result.append(row)
        for photo in range(draw(st.integers(0, 5))):
            photos.append(
                {
                    "observation_id": number,
                    "photo_id": photo,
                    "is_flagged": draw(sometimes),
                    "is_hidden": draw(sometimes),
                }
            )
    return result, photos


def computed(criteria: Criteria, taxa: list[Row], observations: list[Row], photos: list[Row]) -> list[Row]:
    with connect(taxa=taxa, observations=observations, photos=photos) as con:
        return readiness(con, criteria).to_pylist()


@settings(max_examples=60)
@given(st.sampled_from([SMALL_2021, SMALL_2022, SMALL_BY_GRADE]), taxa(), observations())
def test_arrays_say_what_the_sentences_say(
    criteria: Criteria, taxa: list[Row], seen: tuple[list[Row], list[Row]]
) -> None:
    assert computed(criteria, taxa, *seen) == reference.readiness(criteria, taxa, *seen)


@settings(max_examples=20)
@given(taxa(), observations(), st.data())
def test_row_order_changes_nothing(
    taxa: list[Row], seen: tuple[list[Row], list[Row]], data: st.DataObject
) -> None:
    shuffled = [data.draw(st.permutations(rows)) for rows in (taxa, *seen)]
    assert computed(SMALL_2022, *shuffled) == computed(SMALL_2022, taxa, *seen)


@settings(max_examples=20)
@given(taxa(), observations(), taxa(first_id=1000), observations(first_id=1000))
def test_an_unrelated_clade_changes_nothing(
    taxa: list[Row],
    seen: tuple[list[Row], list[Row]],
    other_taxa: list[Row],
    others: tuple[list[Row], list[Row]],
) -> None:
    together = computed(SMALL_2022, taxa + other_taxa, seen[0] + others[0], seen[1] + others[1])
    assert [row for row in together if row["taxon_id"] < 1000] == computed(SMALL_2022, taxa, *seen)


def test_a_photo_on_another_host_does_not_count(world: World) -> None:
    world.observe(2, SPECIES, SPECIES, photos=2)
    world.photos[0]["host"] = "elsewhere"
    for photo in world.photos[2:]:
        photo["host"] = "elsewhere"
    result = rows(world)[SPECIES]
    assert (counts(result), result["incomplete_observations"]) == ((1, 1, 1), 0)


@pytest.mark.parametrize("unknown", [{"host": None}, {"extension": None}, {"extension": ""}])
def test_a_photo_without_an_address_counts_as_a_lower_bound(world: World, unknown: Row) -> None:
    world.observe(2, SPECIES, SPECIES, photos=2)
    world.photos[3] |= unknown
    result = rows(world)[SPECIES]
    assert (counts(result), result["incomplete_observations"]) == ((2, 2, 4), 1)
