"""What clades hold, summed up: every figure is worked by hand."""

import numpy as np
import pyarrow as pa
import pytest

from exporter.clades import partly_loaded, summed_up
from exporter.tree import Tree

ORDER, SUBFAMILY, TRIBE, GENUS_1, GENUS_2, SPECIES_1, SPECIES_2, SUBSPECIES, UNSEEN, UNRANKED = range(1, 11)

#: order > subfamily > (tribe, a class > genus 1 > species 1; genus 2 > (species 2 > subspecies, unseen)); a
#: taxon of unknown rank right below the order.
PARENTS = {
    ORDER: -1,
    SUBFAMILY: ORDER,
    TRIBE: SUBFAMILY,
    GENUS_1: TRIBE,
    SPECIES_1: GENUS_1,
    GENUS_2: SUBFAMILY,
    SPECIES_2: GENUS_2,
    SUBSPECIES: SPECIES_2,
    UNSEEN: GENUS_2,
    UNRANKED: ORDER,
}
LEVELS = {
    ORDER: 40.0,
    SUBFAMILY: 27.0,
    TRIBE: 25.0,
    GENUS_1: 20.0,
    SPECIES_1: 10.0,
    GENUS_2: 20.0,
    SPECIES_2: 10.0,
    SUBSPECIES: 5.0,
    UNSEEN: 10.0,
    UNRANKED: None,
}
#: Taxon, status, class, photos. Five photos lie in both the tribe and genus 2, two in the subfamily alone.
FOUND = (
    (ORDER, "covered", None, 207),
    (SUBFAMILY, "covered", None, 200),
    (TRIBE, "leaf", TRIBE, 120),
    (GENUS_1, "rolled_up", TRIBE, 110),
    (GENUS_2, "dropped", None, 83),
    (SPECIES_1, "rolled_up", TRIBE, 110),
    (SPECIES_2, "dropped", None, 80),
    (SUBSPECIES, "excluded", None, 3),
    (UNRANKED, "excluded", None, 7),
)


@pytest.fixture
def rows():
    names = ("taxon_id", "status", "leaf_taxon_id", "photos")
    result = pa.table(dict(zip(names, zip(*FOUND, strict=True), strict=True)))
    tree = Tree(np.array([*PARENTS]), np.array([*PARENTS.values()]))
    levels = pa.table({"taxon_id": [*LEVELS], "rank_level": pa.array(LEVELS.values(), pa.float64())})
    hotspots = {
        "taxon_id": [SPECIES_1, SUBFAMILY, SPECIES_2],
        "expected_wrong": [1.5, 0.1, 20.0],
        "expected_wrong_low": [0.5, 0.0, 10.0],
        "expected_wrong_high": [4.0, 1.0, 35.0],
    }
    summed = summed_up(tree, levels, result, pa.table(hotspots))
    assert summed.select([*names]) == result
    return {row["taxon_id"]: row for row in summed.to_pylist()}


def column(rows, *names):
    return {taxon_id: tuple(row[name] for name in names) for taxon_id, row in rows.items()}


def test_main_ranks_and_classes_are_drawn_below_the_next_one_that_is(rows):
    assert column(rows, "is_drawn", "stem_id") == {
        ORDER: (True, None),
        SUBFAMILY: (False, ORDER),
        TRIBE: (True, ORDER),
        GENUS_1: (True, TRIBE),
        GENUS_2: (True, ORDER),
        SPECIES_1: (True, GENUS_1),
        SPECIES_2: (True, GENUS_2),
        SUBSPECIES: (True, SPECIES_2),
        UNRANKED: (True, ORDER),
    }


def test_branches_are_counted_with_their_photos_for_taxa_that_are_not_drawn_too(rows):
    assert column(rows, "branches", "branch_photos") == {
        ORDER: (3, 120 + 83 + 7),
        SUBFAMILY: (2, 120 + 83),
        TRIBE: (1, 110),
        GENUS_1: (1, 110),
        GENUS_2: (1, 80),
        SPECIES_1: (0, 0),
        SPECIES_2: (1, 3),
        SUBSPECIES: (0, 0),
        UNRANKED: (0, 0),
    }


def test_photos_serve_the_class_above_below_or_none(rows):
    assert column(rows, "classes", "class_photos") == {
        ORDER: (1, 120),
        SUBFAMILY: (1, 120),
        TRIBE: (1, 120),
        GENUS_1: (0, 110),
        GENUS_2: (0, 0),
        SPECIES_1: (0, 110),
        SPECIES_2: (0, 0),
        SUBSPECIES: (0, 0),
        UNRANKED: (0, 0),
    }


def test_expected_wrong_labels_add_up_with_the_ends_of_their_intervals(rows):
    assert column(rows, "expected_wrong", "expected_wrong_low", "expected_wrong_high") == {
        ORDER: (21.6, 10.5, 40.0),
        SUBFAMILY: (21.6, 10.5, 40.0),
        TRIBE: (1.5, 0.5, 4.0),
        GENUS_1: (1.5, 0.5, 4.0),
        GENUS_2: (20.0, 10.0, 35.0),
        SPECIES_1: (1.5, 0.5, 4.0),
        SPECIES_2: (20.0, 10.0, 35.0),
        SUBSPECIES: (0.0, 0.0, 0.0),
        UNRANKED: (0.0, 0.0, 0.0),
    }


def test_no_photo_is_said_to_serve_two_classes():
    result = pa.table(
        {"taxon_id": [1, 2, 3], "status": ["covered", "leaf", "leaf"], "leaf_taxon_id": [None, 2, 3]}
    ).append_column("photos", pa.array([210, 110, 105]))
    tree = Tree(np.array([1, 2, 3]), np.array([-1, 1, 1]))
    levels = pa.table({"taxon_id": [1, 2, 3], "rank_level": [20.0, 10.0, 10.0]})
    none = {name: pa.array([], pa.float64()) for name in ("", "_low", "_high")}
    hotspots = {f"expected_wrong{end}": empty for end, empty in none.items()}
    hotspots["taxon_id"] = pa.array([], pa.int64())
    summed = summed_up(tree, levels, result, pa.table(hotspots)).to_pylist()
    assert [row["class_photos"] for row in summed] == [210, 110, 105]


@pytest.mark.parametrize(
    ("parts", "whole", "known_in_part"),
    [
        ([GENUS_2], [], {GENUS_2, SPECIES_2, SUBSPECIES, UNSEEN, SUBFAMILY, ORDER}),
        ([GENUS_2], [SPECIES_2], {GENUS_2, UNSEEN, SUBFAMILY, ORDER}),
        ([GENUS_2], [SUBFAMILY], set()),
        ([GENUS_2], [GENUS_2], set()),
        ([GENUS_2, SPECIES_1], [GENUS_2], {SPECIES_1, GENUS_1, TRIBE, SUBFAMILY, ORDER}),
        ([99], [], set()),
        ([], [ORDER], set()),
    ],
)
def test_what_is_loaded_from_some_places_only_and_what_lies_above_it_is_known_in_part(
    parts, whole, known_in_part
):
    tree = Tree(np.array([*PARENTS]), np.array([*PARENTS.values()]))
    marked = partly_loaded(tree, np.array(parts, dtype=np.int64), np.array(whole, dtype=np.int64))
    assert set(tree.taxon_ids[marked].tolist()) == known_in_part


def test_of_no_taxa_none_is_known_in_part():
    nothing = np.array([], dtype=np.int64)
    assert partly_loaded(Tree(nothing, nothing), np.array([1]), np.array([2])).tolist() == []
