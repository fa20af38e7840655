"""Where the cells of the tree's picture lie."""

import pytest

from portal.taxa import icicle
from portal.taxa.models import Readiness
from portal.taxa.queries.clades import Branch, Clade, clade_of


def row(taxon_id, photos, **values):
    return Readiness(**{"taxon_id": taxon_id, "photos": photos, "branches": 0, "branch_photos": 0} | values)


def placed(cells):
    return [(cell.row and cell.row.taxon_id, cell.level, cell.y, cell.height, cell.others) for cell in cells]


def test_cells_lie_within_the_one_above_them_with_heights_by_photos():
    genus = row(2, 300, branches=2, branch_photos=150)
    grown = [Branch(genus, [Branch(row(3, 100)), Branch(row(4, 50))]), Branch(row(5, 50))]
    clade = clade_of(row(1, 400, branches=2, branch_photos=350))
    # 640 pixels for 400 photos. Half of the genus's, and 50 of the clade's, are known no finer.
    assert placed(icicle.cells(clade, grown)) == [
        (2, 1, 0.0, 480.0, 0),
        (3, 2, 0.0, 160.0, 0),
        (4, 2, 160.0, 80.0, 0),
        (5, 1, 480.0, 80.0, 0),
    ]


def test_what_is_too_small_is_one_cell_of_others():
    clade = Clade(None, photos=400, branches=7, branch_photos=400)
    cells = icicle.cells(clade, [Branch(row(2, 390))])
    assert placed(cells) == [(2, 1, 0.0, 624.0, 0), (None, 1, 624.0, 16.0, 6)]
    assert cells[1].within is None


def test_others_that_would_be_no_pixel_high_are_left_out():
    clade = Clade(None, photos=6400, branches=2, branch_photos=6400)
    assert placed(icicle.cells(clade, [Branch(row(2, 6395))])) == [(2, 1, 0.0, 639.5, 0)]


def test_an_observation_that_counts_twice_makes_no_cell_stick_out():
    clade = Clade(None, photos=100, branches=2, branch_photos=128)
    cells = icicle.cells(clade, [Branch(row(2, 78)), Branch(row(3, 50))])
    assert placed(cells) == [(2, 1, 0.0, 390.0, 0), (3, 1, 390.0, 250.0, 0)]


def test_the_levels_that_there_are_fill_the_width():
    shallow = [icicle.Cell(row(2, 1), None, 1, 0.0, 640.0)]
    assert icicle.level_width(shallow) == 95.0
    assert icicle.level_width([*shallow, icicle.Cell(row(3, 1), None, 3, 0.0, 640.0)]) == 31.667


def test_the_smallest_cell_holds_as_many_photos_as_it_is_high():
    assert icicle.least_photos(Clade(None, photos=6400, branches=1, branch_photos=100)) == 40
    assert icicle.least_photos(Clade(None, photos=100, branches=1, branch_photos=6400)) == 40


def test_the_part_that_serves_classes():
    cell = icicle.Cell(row(2, 300, class_photos=75, status="covered"), None, 3, 0.0, 200.0)
    assert (cell.served, cell.is_covered, cell.is_last) == (50.0, True, True)


@pytest.mark.parametrize(
    ("wrong", "shade"),
    [(0, 0), (0.01, 1), (10, 1), (10.1, 2), (20, 2), (50, 3), (100, 4), (101, 5), (999, 5)],
)
def test_a_shade_is_a_step_of_the_expected_wrong_share(wrong, shade):
    assert icicle.shade(row(2, 1, observations=1000, expected_wrong=wrong)) == shade
