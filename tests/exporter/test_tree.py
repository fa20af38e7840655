"""The taxon tree as arrays."""

from datetime import UTC, datetime
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.tree import LARGEST_ID, NONE, CircleError, Ints, Tree, load_tree
from tests.exporter.odd_lakes import EXAMPLES, odd_lakes
from tests.exporter.world import Row, World, connect


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def parents(tree: Tree) -> dict[int, int | None]:
    """Each taxon's parent, by id."""
    return {
        int(taxon): int(tree.taxon_ids[above]) if above >= 0 else None
        for taxon, above in zip(tree.taxon_ids, tree.parent, strict=True)
    }


@pytest.fixture
def tree() -> Tree:
    """1 > (2 > (5, 4), 3 > 7) and 9 > 8."""
    return Tree(ints(1, 2, 3, 4, 5, 7, 8, 9), ints(-1, 1, 1, 2, 2, 3, 9, -1))


def test_taxa_are_in_preorder(tree: Tree) -> None:
    assert tree.taxon_ids.tolist() == [1, 2, 4, 5, 3, 7, 9, 8]
    assert tree.parent.tolist() == [-1, 0, 1, 1, 0, 4, -1, 6]
    assert tree.end.tolist() == [6, 4, 3, 4, 6, 6, 8, 8]


def test_positions_of_ids(tree: Tree) -> None:
    assert tree.positions(ints(3, 6, 9, 99, -1)).tolist() == [4, -1, 6, -1, -1]


@given(
    st.lists(st.integers(-5, 60) | st.integers(LARGEST_ID - 2, LARGEST_ID + 2), min_size=1, unique=True),
    st.lists(st.integers(-(2**60), 70) | st.integers(LARGEST_ID - 3, 2**60), max_size=30),
)
def test_many_ids_have_the_positions_of_few(taxa: list[int], others: list[int]) -> None:
    taxa = [taxon for taxon in taxa if taxon != NONE]
    tree = Tree(ints(*taxa), ints(*[NONE] * len(taxa)))
    asked = ints(*taxa, *others)
    many = np.tile(asked, 10_000 // len(asked) + 1) if len(asked) else np.zeros(10_001, dtype=np.int64)
    expected = [tree.taxon_ids.tolist().index(taxon) if taxon in taxa else NONE for taxon in asked.tolist()]
    assert tree.positions(many)[: len(asked)].tolist() == expected == tree.positions(asked).tolist()


def test_clade_sums(tree: Tree) -> None:
    ones_and_ids = np.stack([np.ones(8, dtype=np.int64), tree.taxon_ids], axis=1)
    assert tree.clade_sums(ones_and_ids).tolist() == [
        [6, 22],
        [3, 11],
        [1, 4],
        [1, 5],
        [2, 10],
        [1, 7],
        [2, 17],
        [1, 8],
    ]


def test_at_or_below(tree: Tree) -> None:
    marked = np.isin(tree.taxon_ids, [2, 4, 9])
    assert tree.taxon_ids[tree.at_or_below(marked)].tolist() == [2, 4, 5, 9, 8]


def test_common_ancestors(tree: Tree) -> None:
    pairs = [(4, 5, 2), (4, 7, 1), (2, 5, 2), (5, 2, 2), (3, 3, 3), (4, 8, None)]
    left, right = (tree.positions(ints(*side)) for side in list(zip(*pairs, strict=True))[:2])
    common = tree.common_ancestors(left, right)
    result = [int(tree.taxon_ids[position]) if position >= 0 else None for position in common]
    assert result == [common for _, _, common in pairs]


def test_children_towards(tree: Tree) -> None:
    above, below = tree.positions(ints(1, 1, 2, 9)), tree.positions(ints(7, 2, 5, 8))
    assert tree.taxon_ids[tree.children_towards(above, below)].tolist() == [3, 2, 5, 8]


def test_no_taxa() -> None:
    tree = Tree(ints(), ints())
    assert len(tree) == 0
    assert tree.positions(ints(1)).tolist() == [-1]
    assert tree.clade_sums(np.zeros((0, 3), dtype=np.int64)).shape == (0, 3)


def test_a_long_chain_needs_no_recursion() -> None:
    length = 5_000
    tree = Tree(np.arange(length), np.arange(length) - 1)
    assert tree.end.tolist() == [length] * length


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_arrays_say_what_climbing_says(choices: list[int], random: object) -> None:
    """Each taxon's parent is any taxon before it, or none; ids in random order."""
    ids = list(range(1, len(choices) + 1))
    random.shuffle(ids)  # type: ignore[attr-defined]
    above = {
        taxon: ids[choice] if choice < number else None
        for number, (taxon, choice) in enumerate(zip(ids, choices, strict=True))
    }
    tree = Tree(ints(*above), ints(*(-1 if parent is None else parent for parent in above.values())))

    def line(taxon: int | None) -> list[int]:
        return [] if taxon is None else [taxon, *line(above[taxon])]

    assert parents(tree) == above
    assert all(parent < position for position, parent in enumerate(tree.parent))
    pairs = [(left, right) for left in ids for right in ids]
    common = tree.common_ancestors(*(tree.positions(ints(*side)) for side in zip(*pairs, strict=True)))
    for (left, right), position in zip(pairs, common, strict=True):
        shared = [taxon for taxon in line(left) if taxon in line(right)]
        assert (int(tree.taxon_ids[position]) if position >= 0 else None) == (shared[0] if shared else None)


def test_ancestors_without_a_row_are_placed_by_those_below_them() -> None:
    con = connect(taxa=[{"taxon_id": 30, "ancestry": "1/2/3"}, {"taxon_id": 20, "ancestry": "1/2"}])
    assert parents(load_tree(con)) == {1: None, 2: 1, 3: 2, 20: 2, 30: 3}


def test_a_taxon_whose_ancestry_is_not_told_is_placed_by_those_below_it_or_is_a_root() -> None:
    con = connect(
        taxa=[
            {"taxon_id": 2, "ancestry": None},
            {"taxon_id": 3, "ancestry": "1/2"},
            {"taxon_id": 4, "ancestry": None},
        ]
    )
    assert parents(load_tree(con)) == {1: None, 2: 1, 3: 2, 4: None}


def test_other_ids_join_the_tree() -> None:
    con = connect(taxa=[{"taxon_id": 3, "ancestry": "1"}])
    assert parents(load_tree(con, ints(7, 1, 7))) == {1: None, 3: 1, 7: None}


def test_of_contradicting_ancestries_ones_own_holds_then_that_of_the_smallest_id() -> None:
    con = connect(
        taxa=[
            {"taxon_id": 1, "ancestry": ""},
            {"taxon_id": 2, "ancestry": "1"},
            {"taxon_id": 8, "ancestry": "1/2/5"},
            {"taxon_id": 7, "ancestry": "1/5/2"},
        ]
    )
    assert parents(load_tree(con)) == {1: None, 2: 1, 5: 1, 7: 2, 8: 5}


def row(taxon_id: int, ancestry: str, year: int | None = None, source: str = "api") -> Row:
    updated_at = None if year is None else datetime(year, 1, 1, tzinfo=UTC)
    return {"taxon_id": taxon_id, "ancestry": ancestry, "updated_at": updated_at, "source": source}


def ignored(caplog: pytest.LogCaptureFixture) -> list[str]:
    start = "The ancestry in the row of "
    return [message.partition(":")[0].removeprefix(start) for message in caplog.messages]


def test_a_circle_is_broken_at_the_older_row(caplog: pytest.LogCaptureFixture) -> None:
    """100 went below 200 in 2022; that 200 lies below 100 is from 2021. 100's own line places 200."""
    con = connect(taxa=[row(100, "1/20/200", 2022), row(200, "1/20/100", 2021)])
    assert parents(load_tree(con)) == {1: None, 20: 1, 200: 20, 100: 200}
    assert caplog.messages == [
        "The ancestry in the row of taxon 200 is ignored where it puts taxon 200 below taxon 100: by it and"
        " newer rows taxa would be their own ancestors (200 > 100 > 200). Load a newer record of taxon 200."
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (row(5, "6", None), row(6, "5", 1999)),
        (row(5, "6", 2020, "csv"), row(6, "5", 2020, "dump")),
        (row(5, "6", 2020), row(6, "5", 2020)),
    ],
)
def test_without_a_time_or_less_detailed_or_by_smaller_id_a_row_is_older(
    one: Row, other: Row, caplog: pytest.LogCaptureFixture
) -> None:
    assert parents(load_tree(connect(taxa=[other, one]))) == {5: None, 6: 5}
    assert ignored(caplog) == ["taxon 5 is ignored where it puts taxon 5 below taxon 6"]


def test_a_taxon_that_lists_itself_lies_below_what_it_lists_before(caplog: pytest.LogCaptureFixture) -> None:
    assert parents(load_tree(connect(taxa=[row(5, "1/5")]))) == {1: None, 5: 1}
    assert "(5 > 5)" in caplog.text


def test_several_circles_and_one_through_a_taxon_without_a_row(caplog: pytest.LogCaptureFixture) -> None:
    """30 has no row: 4 says that it lies below 6. 8 and 9 name each other."""
    con = connect(
        taxa=[
            row(4, "6/30", 2020),
            row(6, "4", 2021),
            row(8, "9", 2020),
            row(9, "8", 2019),
            row(10, "9", 2000),
        ]
    )
    assert parents(load_tree(con)) == {30: None, 4: 30, 6: 4, 8: 9, 9: None, 10: 9}
    assert ignored(caplog) == [
        "taxon 4 is ignored where it puts taxon 30 below taxon 6",
        "taxon 9 is ignored where it puts taxon 9 below taxon 8",
    ]


def test_many_rows_that_say_the_same_are_ignored_about_that_alone(caplog: pytest.LogCaptureFixture) -> None:
    """A hundred species of 2020 put 6 below 500; in 2022 500 came below 6. The species stay in genus 20."""
    species = [row(number, "500/6/20", 2020) for number in range(100, 200)]
    result = parents(load_tree(connect(taxa=[*species, row(500, "6", 2022)])))
    assert result == {6: None, 500: 6, 20: 6} | dict.fromkeys(range(100, 200), 20)
    assert ignored(caplog) == ["taxon 100 is ignored where it puts taxon 6 below taxon 500"]


def test_a_row_of_no_known_source_is_older_than_any_other(caplog: pytest.LogCaptureFixture) -> None:
    con = connect(taxa=[row(5, "6", 2020, "taxonomy"), row(6, "5", 2020) | {"source": None}])
    assert parents(load_tree(con)) == {5: 6, 6: None}
    assert ignored(caplog) == ["taxon 6 is ignored where it puts taxon 6 below taxon 5"]


def test_of_many_ancestries_that_are_ignored_some_are_named_and_the_others_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """23 pairs of taxa name each other, 2 below 1, 4 below 3 and so on: 20 are named in order of id."""
    pairs = [(2 * number - 1, 2 * number) for number in range(1, 24)]
    rows = [row(one, str(other)) for pair in pairs for one, other in (pair, pair[::-1])]
    assert parents(load_tree(connect(taxa=rows))) == {
        taxon: above for one, other in pairs for taxon, above in ((one, None), (other, one))
    }
    assert ignored(caplog) == [
        *(
            f"taxon {one} is ignored where it puts taxon {one} below taxon {other}"
            for one, other in pairs[:20]
        ),
        "3 more ancestries are ignored likewise.",
    ]


@given(odd_lakes(), st.randoms(use_true_random=False))
@settings(max_examples=EXAMPLES)
def test_any_ancestries_give_one_tree_whatever_the_order_of_the_rows(lake: World, random: Random) -> None:
    shuffled = random.sample(lake.taxa, len(lake.taxa))
    result = parents(load_tree(connect(taxa=lake.taxa), ints(77)))
    assert {row["taxon_id"] for row in lake.taxa} | {77} <= result.keys()
    assert parents(load_tree(connect(taxa=shuffled), ints(77))) == result


def test_arrays_of_a_circle_are_refused() -> None:
    with pytest.raises(CircleError, match="taxon 5 is its own ancestor") as error:
        Tree(ints(4, 5, 6), ints(5, 6, 5))
    assert error.value.taxon_ids.tolist() == [5, 6]
