"""The line a class must cross, and what becomes of every taxon."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.criteria import INAT_2021, INAT_2022, Criteria
from exporter.leaves import Line, is_tried, leaf_positions, measure, select_leaves, statuses
from exporter.tree import Tree
from tests.exporter import reference


def histogram(photos: list[int]) -> np.ndarray:
    counts = np.zeros((1, 5), dtype=np.int64)
    for number in photos:
        counts[0, min(number, 5) - 1] += 1
    return counts


def measured(criteria: Criteria, confirmed: list[int], unconfirmed: list[int]) -> Line:
    return measure(criteria, histogram(confirmed), histogram(confirmed + unconfirmed))


def figures(line: Line) -> tuple[bool, int, int, int, int]:
    return (
        bool(line.passes[0]),
        int(line.short_observations[0]),
        int(line.short_confirmed[0]),
        int(line.short_photos[0]),
        int(line.margin[0]),
    )


@pytest.mark.parametrize(
    ("confirmed", "unconfirmed", "expected"),
    [
        # 50 for test and validation, 10 x 5 photos for training: the smallest class.
        ([1] * 50, [5] * 10, (True, 0, 0, 0, 0)),
        # 59 hold 45 training photos at most.
        ([1] * 50, [5] * 9, (False, 1, 0, 5, -1)),
        ([1] * 49, [5] * 11, (False, 1, 1, 0, -1)),
        # The fewest photos go first: 50 singles are set aside, and 10 x 5 confirmed ones train.
        ([5] * 10 + [1] * 50, [], (True, 0, 0, 0, 0)),
        # All confirmed have 5 photos, of which 4 are used nowhere.
        ([5] * 59, [], (False, 1, 0, 5, -1)),
        ([5] * 60, [], (True, 0, 0, 0, 0)),
        # A sixth photo of an observation is never used.
        ([1] * 50, [9] * 9, (False, 1, 0, 5, -1)),
        # Photos alone do not help: ten more are needed for test and validation.
        ([1] * 40, [1] * 500, (False, 10, 10, 0, -10)),
        ([1] * 40, [], (False, 20, 10, 50, -20)),
        ([], [], (False, 60, 50, 50, -60)),
        # 30 more than confirmed are needed, and training could lose 80 // 5 observations.
        ([1] * 80, [1] * 100, (True, 0, 0, 0, 16)),
    ],
)
def test_the_line_of_2022(
    confirmed: list[int], unconfirmed: list[int], expected: tuple[bool, int, int, int, int]
) -> None:
    assert figures(measured(INAT_2022, confirmed, unconfirmed)) == expected


@pytest.mark.parametrize(
    ("confirmed", "unconfirmed", "expected"),
    [
        # 50 confirmed ones of 100, however many photos they have.
        ([1] * 50, [1] * 50, (True, 0, 0, 0, 0)),
        ([1] * 50, [5] * 10, (False, 40, 0, 0, -40)),
        ([1] * 50, [1] * 49, (False, 1, 0, 0, -1)),
        ([1] * 49, [1] * 51, (False, 1, 1, 0, -1)),
        ([1] * 30, [1] * 40, (False, 30, 20, 0, -30)),
        # 70 confirmed ones and 60 others may go before either number is too small.
        ([1] * 120, [5] * 40, (True, 0, 0, 0, 60)),
        ([1] * 120, [1] * 400, (True, 0, 0, 0, 70)),
    ],
)
def test_the_line_of_2021(
    confirmed: list[int], unconfirmed: list[int], expected: tuple[bool, int, int, int, int]
) -> None:
    assert figures(measured(INAT_2021, confirmed, unconfirmed)) == expected


SMALL = replace(INAT_2022, train_min=7, test_min=2, val_min=1)
numbers_of_photos = st.lists(st.integers(1, 7), max_size=12)


@given(
    numbers_of_photos,
    numbers_of_photos,
    st.integers(0, 12),
    st.integers(0, 7),
)
def test_short_observations_is_the_least_that_would_do(
    confirmed: list[int], unconfirmed: list[int], min_observations: int, min_confirmed: int
) -> None:
    """Adding confirmed observations with five photos one by one, the line is crossed just there."""
    criteria = replace(SMALL, min_observations=min_observations, min_confirmed=min_confirmed)
    line = measured(criteria, confirmed, unconfirmed)
    least = next(n for n in range(100) if reference.passes(criteria, confirmed + [5] * n, unconfirmed))
    assert line.short_observations[0] == least
    assert line.passes[0] == (least == 0)


@given(numbers_of_photos, numbers_of_photos, st.integers(0, 12), st.data())
def test_a_class_survives_any_loss_within_its_margin(
    confirmed: list[int], unconfirmed: list[int], min_observations: int, data: st.DataObject
) -> None:
    criteria = replace(SMALL, min_observations=min_observations)
    line = measured(criteria, confirmed, unconfirmed)
    if not line.passes[0]:
        assert line.margin[0] == -line.short_observations[0]
        return
    everyone = [(True, photos) for photos in confirmed] + [(False, photos) for photos in unconfirmed]
    left = data.draw(st.permutations(everyone))[line.margin[0] :]
    kept_confirmed = [photos for is_confirmed, photos in left if is_confirmed]
    kept_others = [photos for is_confirmed, photos in left if not is_confirmed]
    assert reference.passes(criteria, kept_confirmed, kept_others)


def tree_of(parents: dict[int, int]) -> Tree:
    return Tree(np.array(list(parents)), np.array(list(parents.values())))


#: 1 > 10 > (100 > (1000, 1001), 101 > 1002), 11 > 102
LINE_OF_RANKS = {1: -1, 10: 1, 11: 1, 100: 10, 101: 10, 102: 11, 1000: 100, 1001: 100, 1002: 101}


def chosen(
    candidates: set[int], barred: set[int] = frozenset(), unranked: set[int] = frozenset()
) -> dict[int, str]:  # type: ignore[assignment]
    tree = tree_of(LINE_OF_RANKS)
    leaves = select_leaves(tree, np.isin(tree.taxon_ids, list(candidates)))
    became = statuses(
        tree,
        leaves,
        np.isin(tree.taxon_ids, list(barred)),
        np.isin(tree.taxon_ids, list(unranked)),
    )
    return dict(sorted(zip(tree.taxon_ids.tolist(), became.tolist(), strict=True)))


def test_the_lowest_candidates_are_leaves() -> None:
    tree = tree_of(LINE_OF_RANKS)
    leaves = select_leaves(tree, np.isin(tree.taxon_ids, [1, 10, 100, 1000, 102]))
    assert tree.taxon_ids[leaves].tolist() == [1000, 102]


def test_each_taxon_finds_the_leaf_above_it() -> None:
    tree = tree_of(LINE_OF_RANKS)
    result = leaf_positions(tree, np.isin(tree.taxon_ids, [100, 102]))
    leaf_of = {
        taxon: int(tree.taxon_ids[leaf]) if leaf >= 0 else None
        for taxon, leaf in zip(tree.taxon_ids.tolist(), result, strict=True)
    }
    assert leaf_of == {
        1: None,
        10: None,
        100: 100,
        1000: 100,
        1001: 100,
        101: None,
        1002: None,
        11: None,
        102: 102,
    }


def test_no_leaf_at_all_leaves_everything_short() -> None:
    assert set(chosen(set()).values()) == {"short"}


def test_statuses_around_a_leaf() -> None:
    assert chosen({1000}) == {
        1: "covered",
        10: "covered",
        11: "dropped",
        100: "covered",
        101: "dropped",
        102: "short",
        1000: "leaf",
        1001: "dropped",
        1002: "short",
    }


def test_what_lies_below_a_leaf_is_rolled_up() -> None:
    assert chosen({10}) == {
        1: "covered",
        10: "leaf",
        11: "dropped",
        100: "rolled_up",
        101: "rolled_up",
        102: "short",
        1000: "rolled_up",
        1001: "rolled_up",
        1002: "rolled_up",
    }


def test_a_barred_ancestor_is_no_hope() -> None:
    """101 can never be a class, and 10 above it is covered: 1002 goes unused. An unranked 101 might."""
    assert chosen({1000}, barred={101})[1002] == "dropped"
    assert chosen({1000}, unranked={101})[1002] == "short"
    assert chosen({1000}, barred={101})[101] == chosen({1000}, unranked={101})[101] == "excluded"


def test_only_barred_ancestors_are_no_cover() -> None:
    assert chosen({1000}, barred={1, 11})[102] == "short"


@pytest.mark.parametrize(
    ("clades", "leaves", "expected"),
    [
        ((), (), [*LINE_OF_RANKS]),
        # A clade is tried, and what is above it.
        ((100,), (), [1, 10, 100, 1000, 1001]),
        ((1002, 11), (), [1, 10, 101, 1002, 11, 102]),
        # Nothing below a custom leaf is tried, at any distance.
        ((), (10,), [1, 10, 11, 102]),
        ((), (1,), [1]),
        ((), (100, 1002), [1, 10, 100, 101, 1002, 11, 102]),
        ((10,), (100,), [1, 10, 100, 101, 1002]),
        # Ids that are nowhere in the tree choose nothing and bar nothing.
        ((999,), (), []),
        ((102, 999), (999,), [1, 11, 102]),
    ],
)
def test_which_taxa_are_tried(clades: tuple[int, ...], leaves: tuple[int, ...], expected: list[int]) -> None:
    tree = tree_of(LINE_OF_RANKS)
    tried = is_tried(tree, replace(INAT_2022, clades=clades, leaves=leaves))
    assert sorted(tree.taxon_ids[tried].tolist()) == sorted(expected)
