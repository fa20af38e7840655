"""Simple observations: which are, by hand; and any has the label that weighing it gives."""

import random
from datetime import datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter import community
from exporter.community import labels
from exporter.simple_labels import DATED, Places
from exporter.tree import LARGEST_ID
from tests.exporter.world import Row, World, connect, day

FAMILY, GENUS, SPECIES, SISTER, SUBSPECIES = 3, 20, 300, 301, 4000
#: Its own id is larger than those in the table of places.
LARGE = LARGEST_ID + 1
#: Known by name alone.
PROVISIONAL = -(2**59)
INACTIVE = 302
#: Of another tree.
OUTSIDER = 9
LINES = {
    FAMILY: "",
    GENUS: "3",
    SPECIES: "3/20",
    SISTER: "3/20",
    INACTIVE: "3/20",
    SUBSPECIES: "3/20/300",
    OUTSIDER: "",
    LARGE: "3/20",
    PROVISIONAL: "3/20",
}
LEVELS = {FAMILY: 30.0, GENUS: 20.0, SUBSPECIES: 5.0}
TAXA: list[Row] = [
    {
        "taxon_id": taxon,
        "ancestry": line,
        "rank_level": LEVELS.get(taxon, 10.0),
        "is_active": taxon != INACTIVE,
    }
    for taxon, line in LINES.items()
]


def none_simple(
    con: duckdb.DuckDBPyConnection, at: datetime | None, identifications: str, _places: Places
) -> None:
    dated = con.sql(DATED.format(identifications=identifications), params={"at": at})
    con.register("others", dated.to_arrow_table())


def labelled(
    identifications: list[Row], at: datetime | None, monkeypatch: pytest.MonkeyPatch, *, weighs_all: bool
) -> list[Any]:
    with monkeypatch.context() as patch, connect(taxa=TAXA, identifications=identifications) as con:
        if weighs_all:
            patch.setattr(community, "label_simple", none_simple)
        return sorted(labels(con, at).fetchall())


def weighed(world: World, monkeypatch: pytest.MonkeyPatch, at: datetime | None = None) -> list[int]:
    """The observations that are not simple. All have the labels that weighing gives."""
    found: set[int] = set()
    weigh = community._weigh

    def watched(con: duckdb.DuckDBPyConnection, *arguments: Any) -> None:
        found.update(one for (one,) in con.execute("SELECT observation_id FROM others").fetchall())
        weigh(con, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(community, "_weigh", watched)
        result = labelled(world.identifications, at, patch, weighs_all=False)
    assert result == labelled(world.identifications, at, monkeypatch, weighs_all=True)
    return sorted(found)


@pytest.mark.parametrize(
    ("taxa", "is_simple"),
    [
        ([SPECIES], True),
        ([SPECIES] * 4, True),
        ([GENUS, SPECIES], True),
        ([SPECIES, GENUS], True),
        ([GENUS, SPECIES, SPECIES, SPECIES], True),
        ([GENUS, GENUS, GENUS, SPECIES], True),
        ([SUBSPECIES, SUBSPECIES, SPECIES], True),
        # The finer taxon is below species, and it matters which was named first.
        ([SPECIES, SUBSPECIES], True),
        ([SUBSPECIES, SPECIES], True),
        ([GENUS, GENUS, SPECIES, SPECIES], True),
        ([FAMILY, GENUS, SPECIES], False),
        # Beside each other: one passes, or what they have in common is the community taxon.
        ([SPECIES, SISTER], True),
        ([SPECIES, SPECIES, SPECIES, SISTER], True),
        ([SPECIES, SPECIES, SISTER], True),
        ([SISTER, SPECIES, SISTER, SISTER], True),
        ([SISTER, OUTSIDER, SISTER, SISTER], True),
        # Nothing in common, and none passes: the observer's own identification is looked for.
        ([SISTER, OUTSIDER, SISTER], False),
        ([SPECIES, SISTER, GENUS], False),
        ([SPECIES, SPECIES, INACTIVE], False),
        ([INACTIVE], False),
        ([LARGE], False),
        ([PROVISIONAL], False),
    ],
)
def test_at_most_two_taxa_in_one_line(
    taxa: list[int], is_simple: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    for taxon in taxa:
        world.identify(1, taxon)
    assert weighed(world, monkeypatch) == ([] if is_simple else [1])


@pytest.mark.parametrize(
    ("change", "is_simple"),
    [
        ({}, True),
        ({"is_current": False}, True),
        ({"is_hidden": True}, False),
        # It denies nothing that is known, or something that nobody named; then the finer taxon itself.
        ({"is_disagreement": True}, False),
        ({"is_disagreement": True, "previous_observation_taxon_id": SISTER}, False),
        ({"is_disagreement": True, "previous_observation_taxon_id": SPECIES}, True),
        ({"taxon_id": None}, False),
        # The first one need not say whether it disagrees.
        ({"is_disagreement": None}, True),
    ],
)
def test_what_an_identification_may_be(
    change: dict[str, Any], is_simple: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    world.identify(1, GENUS)
    world.identify(1, SPECIES)
    world.identifications[0].update(change)
    assert weighed(world, monkeypatch) == ([] if is_simple else [1])


@pytest.mark.parametrize(
    ("untold", "label"), [([1], (SPECIES, SPECIES)), ([1, 2], (SPECIES, SPECIES)), ([3], (GENUS, GENUS))]
)
def test_an_identification_that_leaves_disagreement_open(
    untold: list[int], label: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of the coarser taxon it speaks against the finer one if made after that: 2 to 1 is no community.
    world = World()
    for taxon in (GENUS, SPECIES, GENUS, SPECIES):
        world.identify(1, taxon, is_disagreement=False)
    for number in untold:
        world.identifications[number - 1]["is_disagreement"] = None
    assert weighed(world, monkeypatch) == []
    assert labelled(world.identifications, None, monkeypatch, weighs_all=False) == [(1, *label)]


@pytest.mark.parametrize(
    ("taxa", "label"),
    [
        # Two to one does not pass, three to one does; else what they have in common.
        ([SPECIES, SISTER], (GENUS, GENUS)),
        ([SPECIES, SPECIES, SISTER], (GENUS, GENUS)),
        ([SPECIES, SPECIES, SPECIES, SISTER], (SPECIES, SPECIES)),
        ([SUBSPECIES, SISTER], (GENUS, GENUS)),
        ([SISTER, OUTSIDER, SISTER, SISTER], (SISTER, SISTER)),
        ([SPECIES, SUBSPECIES], (SPECIES, SPECIES)),
        ([SUBSPECIES, SPECIES], (SPECIES, SUBSPECIES)),
    ],
)
def test_labels_of_two_taxa(taxa: list[int], label: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for taxon in taxa:
        world.identify(1, taxon)
    assert labelled(world.identifications, None, monkeypatch, weighs_all=False) == [(1, *label)]


@pytest.mark.parametrize(("denials", "label"), [(1, (SPECIES, SPECIES)), (2, (GENUS, GENUS))])
def test_explicit_disagreement_with_the_finer_taxon(
    denials: int, label: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    for _ in range(3):
        world.identify(1, SPECIES)
    for _ in range(denials):
        world.identify(1, GENUS, is_disagreement=True, previous_observation_taxon_id=SPECIES)
    assert weighed(world, monkeypatch) == []
    assert labelled(world.identifications, None, monkeypatch, weighs_all=False) == [(1, *label)]


@pytest.mark.parametrize(
    ("people", "is_simple"),
    [
        ([1, 2, 3], True),
        ([1, 1 + 64], True),  # alike in the first six bits,
        ([1, 2 + 64 * 64], True),  # in the next six,
        ([1, 1 + 64 * 64], False),  # in both
    ],
)
def test_people_whose_numbers_are_alike(
    people: list[int], is_simple: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    for person in people:
        world.identify(1, SPECIES, user_id=person)
    assert weighed(world, monkeypatch) == ([] if is_simple else [1])


def test_a_person_whose_two_identifications_both_stand_is_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.identify(1, SPECIES, user_id=7)
    world.identify(1, SPECIES, user_id=7)
    assert weighed(world, monkeypatch) == [1]


def test_a_replaced_identification_is_weighed_at_a_time_before_something_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    world.identify(1, SPECIES, user_id=7, is_current=False, created_at=day(1))
    world.identify(1, GENUS, user_id=7, created_at=day(3))
    assert {at: weighed(world, monkeypatch, at) for at in (None, day(1), day(2), day(3))} == {
        None: [],
        day(1): [1],
        day(2): [1],
        day(3): [],
    }


def history(seed: int) -> list[Row]:
    """Identifications of 150 observations, most of which are simple; a person may name several."""
    draw = random.Random(seed)
    chains = [
        [SPECIES],
        [GENUS, SPECIES],
        [GENUS, SUBSPECIES],
        [SPECIES, SUBSPECIES],
        [FAMILY, GENUS, SISTER],
        [SPECIES, SISTER],
        [SUBSPECIES, SISTER],
        [GENUS, OUTSIDER],
    ]
    rows: list[Row] = []
    for observation in range(1, 151):
        chain = draw.choice(chains)
        odd = draw.random() < 0.3
        for _ in range(draw.choice([1, 2, 2, 3, 4, 5])):
            is_stray = odd and draw.random() < 0.3
            rows.append(
                {
                    "observation_id": observation,
                    "identification_id": len(rows),
                    "user_id": None if draw.random() < 0.1 else draw.choice([1, 2, 3, 61, 62, 10**9]),
                    "taxon_id": draw.choice([*LINES, None]) if is_stray else draw.choice(chain),
                    "created_at": None if draw.random() < 0.05 else day(draw.randint(1, 6)),
                    "is_current": draw.choice([True, True, True, True, None, False]),
                    "is_own_observation": draw.random() < 0.4,
                    "is_hidden": draw.choice([None, False, odd]),
                    "is_disagreement": draw.choice([None, False, False, odd]),
                    "previous_observation_taxon_id": draw.choice([None, *chain, *LINES]),
                }
            )
    draw.shuffle(rows)
    return rows


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.one_of(st.none(), st.integers(1, 6).map(day)))
def test_any_observation_has_the_label_that_weighing_gives(seed: int, at: datetime | None) -> None:
    rows = history(seed)
    with pytest.MonkeyPatch.context() as monkeypatch:
        plain = labelled(rows, at, monkeypatch, weighs_all=True)
        assert labelled(rows, at, monkeypatch, weighs_all=False) == plain
