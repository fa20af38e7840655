"""The matrix of a genus: labels against what they really are."""

import pytest

from portal.hotspots import matrix as room
from portal.hotspots.matrix import Cell, matrix
from portal.taxa.models import Taxon
from tests.portal.hotspots.findings import (
    AXYRIDIS,
    BOMBUS,
    GRISEOCOLLIS,
    IMPATIENS,
    IMPATIENS_HOTSPOT,
    TERRESTRIS,
    make_found,
)
from tests.portal.taking_over import take_over_hotspots

RULE = "inat-2022"
GRISEOCOLLIS_HOTSPOT = IMPATIENS_HOTSPOT | {
    "rank": 2,
    "taxon_id": GRISEOCOLLIS,
    "labels": 80,
    "expected_wrong": 3.0,
    "expected_wrong_low": 0.5,
    "expected_wrong_high": 9.0,
    "tree_left": 12,
}


def of(taxon_id):
    return matrix(Taxon.objects.get(id=taxon_id), RULE)


def test_a_label_whose_wrong_ones_nobody_can_name_has_a_row(hotspots):
    take_over_hotspots(hotspots, {RULE: make_found([IMPATIENS_HOTSPOT], confused=())})
    result = of(BOMBUS)
    assert [(row.taxon.id, row.labels, row.elsewhere) for row in result.rows] == [(IMPATIENS, 540, 61.4)]


def test_a_label_with_less_than_one_wrong_has_none(hotspots):
    little = IMPATIENS_HOTSPOT | {"expected_wrong": 0.9, "expected_wrong_low": 0.1}
    take_over_hotspots(hotspots, {RULE: make_found([little], confused=())})
    assert of(BOMBUS).rows == []


def test_rows_are_labels_and_columns_what_they_really_are(hotspots):
    confused = (
        (IMPATIENS, GRISEOCOLLIS, 44.0, 33.0, 57.0),
        (IMPATIENS, AXYRIDIS, 1.4, 0.1, 3.0),
        (GRISEOCOLLIS, IMPATIENS, 4.0, 1.0, 8.0),
    )
    take_over_hotspots(
        hotspots, {RULE: make_found([IMPATIENS_HOTSPOT, GRISEOCOLLIS_HOTSPOT], confused=confused)}
    )
    result = of(BOMBUS)
    griseocollis, impatiens = result.taxa
    assert (griseocollis.id, impatiens.id, result.others) == (GRISEOCOLLIS, IMPATIENS, 0)
    first, second = result.rows
    # 80 labels: 4 are impatiens, although only 3 count as wrong for the export; 76 are right.
    assert (first.taxon, first.labels, first.elsewhere) == (griseocollis, 80, 0)
    assert first.cells == [
        Cell(griseocollis, 76.0, 76.0, 76.0, 0.95, is_right=True),
        Cell(impatiens, 4.0, 1.0, 8.0, 0.05),
    ]
    # 540 labels: 61.4 are wrong, 44 of them griseocollis; the rest lie outside the genus or are not named.
    assert (second.taxon, second.labels, second.elsewhere) == (impatiens, 540, pytest.approx(17.4))
    assert second.cells[0] == Cell(griseocollis, 44.0, 33.0, 57.0, 44 / 540)
    assert second.cells[1].expected == pytest.approx(478.6)


def test_an_unknown_cell_is_empty_and_what_is_no_label_has_no_row(hotspots):
    result = of(BOMBUS)
    assert [taxon.id for taxon in result.taxa] == [GRISEOCOLLIS, IMPATIENS, TERRESTRIS]
    assert [row.taxon.id for row in result.rows] == [IMPATIENS]
    take_over_hotspots(hotspots, {RULE: make_found([IMPATIENS_HOTSPOT, GRISEOCOLLIS_HOTSPOT])})
    assert of(BOMBUS).rows[0].cells[2] is None


def test_only_the_most_confused_are_shown(hotspots, monkeypatch):
    monkeypatch.setattr(room, "SIZE", 2)
    result = of(BOMBUS)
    assert ([taxon.id for taxon in result.taxa], result.others) == ([GRISEOCOLLIS, IMPATIENS], 1)
    assert result.rows[0].elsewhere == pytest.approx(61.4 - 44.0)


def test_where_nothing_is_confused_there_are_no_rows(hotspots):
    assert of(900003).rows == []


@pytest.mark.parametrize(
    ("share", "shade"), [(0, 0), (0.004, 0), (0.005, 1), (0.03, 2), (0.1, 3), (0.2, 4), (1, 5)]
)
def test_a_larger_share_is_darker(share, shade):
    assert Cell(Taxon(), 1.0, 1.0, 1.0, share).shade == shade
