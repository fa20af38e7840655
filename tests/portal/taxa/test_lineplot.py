"""The line plot: where its blocks and its line lie, and what its table says."""

from math import log

import pytest

from portal.taxa.curves import Counted
from portal.taxa.lineplot import Block, Row, line_plot

COUNTED = Counted({1: [0, 0, 0, 10], 50: [0, 4, 0, 0], 100: [2, 0, 1, 0], 1000: [3, 0, 0, 0]}, near=5)


def height(photos, top):
    """From the top, on a scale of logarithms that begins at half a photo."""
    return round(100 * (1 - log(photos / 0.5) / log(top / 0.5)), 2)


def test_species_lie_side_by_side_and_every_other_step_is_turned_round():
    plot = line_plot(COUNTED, "inat-2022")
    assert plot.blocks == [
        Block("leaf", 0.0, 15.0, height(1000, 1300)),
        Block("dropped", 15.0, 5.0, height(100, 1300)),
        Block("leaf", 20.0, 10.0, height(100, 1300)),
        Block("rolled_up", 30.0, 20.0, height(50, 1300)),
        Block("short", 50.0, 50.0, height(1, 1300)),
    ]


def test_the_line_is_where_the_smallest_class_is():
    plot = line_plot(COUNTED, "inat-2022")
    assert (plot.needed, plot.line) == (100, height(100, 1300))
    assert (plot.species, plot.above, plot.classes, plot.most) == (20, 6, 5, 1000)


def test_the_table_begins_a_row_at_the_line():
    assert line_plot(COUNTED, "inat-2021").rows == [
        Row(1000, 10_000, [3, 0, 0, 0]),
        Row(100, 200, [2, 0, 1, 0]),
        Row(50, 100, [0, 4, 0, 0]),
        Row(1, 10, [0, 0, 0, 10]),
    ]


def test_the_line_is_in_the_picture_also_where_nothing_comes_near_it():
    plot = line_plot(Counted({3: [0, 0, 0, 1]}, near=0), "inat-2022")
    assert plot.line == pytest.approx(height(100, 260), abs=0.01)
    assert 0 < plot.line < 100
    assert plot.blocks == [Block("short", 0.0, 100.0, height(3, 260))]


def test_no_species_no_plot():
    assert line_plot(Counted({}, near=0), "inat-2022") is None
