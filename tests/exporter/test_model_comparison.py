"""Two versions side by side, worked by hand."""

import numpy as np
import pytest

from exporter.model_comparison import Node, Results, Standings

#: A family 1 of two genera; genus 3 comes before genus 2 by name. 31 and 32 in it, 21 in the other.
TREE = {
    1: Node("Fam", 30.0, None, ()),
    2: Node("Zeta", 20.0, 7, (1,)),
    3: Node("Alpha", 20.0, 7, (1,)),
    21: Node("Zeta a", 10.0, 7, (1, 2)),
    31: Node("Alpha b", 10.0, 7, (1, 3)),
    32: Node("Alpha a", 10.0, 7, (1, 3)),
    40: Node("Other", 20.0, None, ()),
}


def results(*rows):
    columns = np.array([(*row, row[2]) for row in rows], dtype=np.int64).T
    return Results(*columns)


def rows(table, *names):
    return {row["taxon_id"]: tuple(row[name] for name in names) for row in table.to_pylist()}


NOW = results((31, 50, 40), (32, 50, 10), (40, 10, 9), (99, 10, 0))
BEFORE = results((31, 50, 10), (21, 20, 20), (40, 10, 8))


@pytest.fixture
def standings():
    return Standings(NOW, BEFORE, TREE)


def test_classes_stand_in_the_order_of_the_tree_by_name(standings):
    assert rows(standings.classes(), "place") == {99: (0,), 32: (1,), 31: (2,), 21: (3,), 40: (4,)}


def test_each_class_is_gained_lost_or_compared(standings):
    result = rows(standings.classes(), "change", "images", "right", "images_before", "right_before")
    assert result == {
        99: ("gained", 10, 0, None, None),
        32: ("gained", 50, 10, None, None),
        31: ("better", 50, 40, 50, 10),
        21: ("lost", None, None, 20, 20),
        40: ("same", 10, 9, 10, 8),
    }


def test_a_change_has_its_interval_and_its_rate_of_false_discoveries(standings):
    result = rows(standings.classes(), "difference", "difference_low", "difference_high", "q_value")
    assert result[31][0] == pytest.approx(0.6)
    assert 0.4 < result[31][1] < 0.6 < result[31][2] < 0.75
    assert result[31][3] < 1e-6
    # Two tests: the larger p is its own q. By chance 9 of 10 and 8 of 10 differ so much every time.
    assert result[40][3] == 1.0
    assert result[21] == (None,) * 4


def test_a_much_smaller_share_is_worse():
    result = Standings(results((31, 50, 10)), results((31, 50, 40)), TREE).classes()
    assert rows(result, "change") == {31: ("worse",)}


def test_the_first_version_is_compared_with_nothing():
    result = Standings(NOW, None, TREE).classes()
    assert set(result["change"].to_pylist()) == {""}
    assert result["difference"].null_count == 4


def test_a_class_without_photos_is_not_compared():
    result = Standings(results((31, 0, 0)), results((31, 50, 40)), TREE).classes()
    assert rows(result, "change", "low", "high", "q_value") == {31: ("", 0.0, 1.0, None)}


def test_clades_sum_their_classes(standings):
    confusions = iter([(np.array([31, 32, 32]), np.array([32, 31, 40]), np.array([4, 6, 3]))])
    table = standings.clades(confusions)
    names = (
        "first",
        "last",
        "classes",
        "images",
        "right",
        "images_before",
        "right_before",
        "gained",
        "lost",
        "stayed",
    )
    clades = rows(table.filter(table["is_group"].to_numpy() == False), *names)  # noqa: E712
    assert clades == {
        1: (1, 3, 2, 100, 50, 70, 30, 1, 1, 10),
        2: (3, 3, 0, 0, 0, 20, 20, 0, 1, 0),
        3: (1, 2, 2, 100, 50, 50, 10, 1, 0, 10),
        40: (4, 4, 1, 10, 9, 10, 8, 0, 0, 0),
    }
    groups = rows(table.filter(table["is_group"]), *names)
    # 99, which the tree does not have, and 40 are of no group.
    assert groups == {
        0: (None, None, 2, 20, 9, 10, 8, 1, 0, 0),
        7: (None, None, 2, 100, 50, 70, 30, 1, 1, 10),
    }


def test_a_confusion_with_what_is_no_class_stays_in_no_clade(standings):
    table = standings.clades(iter([(np.array([31]), np.array([5]), np.array([4]))]))
    assert set(table["stayed"].to_pylist()) == {0}


def test_classes_that_the_tree_lacks_are_counted(standings):
    assert standings.walk.unplaced() == 1
