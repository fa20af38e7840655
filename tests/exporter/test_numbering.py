"""Numbers along a walk of the tree: clades are ranges of them, and they stay what they were."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from exporter import numbering
from exporter.numbering import NUMBERS, numbers
from exporter.tree import NONE, Tree


def tree(parents: dict[int, int]) -> Tree:
    return Tree(np.array(list(parents), dtype=np.int64), np.array(list(parents.values()), dtype=np.int64))


def by_taxon(walk: Tree, result: np.ndarray) -> dict[int, int]:
    return dict(zip(walk.taxon_ids.tolist(), result.tolist(), strict=True))


def table(known: dict[int, int]) -> pa.Table:
    return pa.table([pa.array(list(known), pa.int64()), pa.array(list(known.values()), pa.int64())], NUMBERS)


def numbered(parents: dict[int, int], known: dict[int, int]) -> dict[int, int]:
    walk = tree(parents)
    return by_taxon(walk, numbers(walk, table(known)))


def test_at_first_they_are_far_apart():
    walk = tree({1: NONE, 3: 1, 2: 1})
    assert by_taxon(walk, numbers(walk)) == {1: 1000, 2: 2000, 3: 3000}


def test_a_new_taxon_falls_between_its_neighbours():
    known = {1: 1000, 2: 2000, 4: 3000}
    assert numbered({1: NONE, 2: 1, 4: 1, 3: 1}, known) == known | {3: 2500}
    assert numbered({1: NONE, 2: 1, 4: 1, 5: 1}, known) == known | {5: 4000}
    assert numbered({0: NONE, 1: NONE, 2: 1, 4: 1}, known) == known | {0: 500}


def test_a_taxon_that_moves_gets_another_number_and_the_rest_keep_theirs():
    assert numbered({1: NONE, 2: 1, 3: 1, 4: 2}, {1: 1000, 2: 2000, 3: 3000, 4: 4000}) == {
        1: 1000, 2: 2000, 4: 2500, 3: 3000,
    }  # fmt: skip


def test_where_there_is_no_room_all_get_new_ones():
    assert numbered({1: NONE, 2: 1, 3: 1}, {1: 7, 3: 8}) == {1: 1000, 2: 2000, 3: 3000}


def test_of_no_taxa_there_are_no_numbers():
    assert numbers(tree({}), table({1: 5})).tolist() == []


def test_however_many_taxa_there_are_they_fit_into_a_database_s_integer(monkeypatch):
    monkeypatch.setattr(numbering, "_LARGEST", 20)
    walk = tree(dict.fromkeys(range(1, 8), NONE))
    assert numbers(walk).tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert numbers(walk, table({7: 20})).tolist() == [2, 5, 8, 11, 14, 17, 20]
    assert numbers(walk, table({1: 20})).tolist() == [1, 2, 3, 4, 5, 6, 7]


TREES = st.lists(st.integers(0, 40), max_size=40, unique=True).flatmap(
    lambda ids: st.tuples(*(st.sampled_from([NONE, *ids[:place]]) for place in range(len(ids)))).map(
        lambda parents: dict(zip(ids, parents, strict=True))
    )
)


@given(trees=st.lists(TREES, min_size=1, max_size=4))
def test_through_any_changes_clades_are_ranges(trees):
    """A taxon's clade is what lies between its number and its last taxon's, whatever was there before."""
    known: dict[int, int] = {}
    for parents in trees:
        walk = tree(parents)
        result = numbers(walk, table(known))
        assert (np.diff(result) > 0).all()
        if len(walk):
            assert result[0] > 0
        again = by_taxon(walk, result)
        assert numbered(parents, again) == again
        known = again
