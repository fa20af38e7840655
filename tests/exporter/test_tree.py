"""The taxon tree as arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.errors import DataError
from exporter.tree import Ints, Tree, load_tree
from tests.exporter.world import connect


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
    found = [int(tree.taxon_ids[position]) if position >= 0 else None for position in common]
    assert found == [common for _, _, common in pairs]


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


@pytest.mark.parametrize(
    "taxa",
    [
        [{"taxon_id": 5, "ancestry": "1/5"}],
        [
            {"taxon_id": 5, "ancestry": "1/6"},
            {"taxon_id": 6, "ancestry": "5"},
            {"taxon_id": 4, "ancestry": "5"},
        ],
    ],
)
def test_a_taxon_that_is_its_own_ancestor_is_named(taxa: list[dict[str, object]]) -> None:
    with pytest.raises(DataError, match="taxon 5 is its own ancestor"):
        load_tree(connect(taxa=taxa))
