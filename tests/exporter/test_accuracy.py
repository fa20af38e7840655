"""Shares with their uncertainty, against hand-worked and published figures."""

import numpy as np
import pytest

from exporter.accuracy import Difference, difference, differences, p_values, q_values
from exporter.shares import Share


def test_without_a_photo_there_is_nothing_to_compare():
    assert difference(Share(3, 4), Share(0, 0)) is None


def test_a_difference_with_its_interval():
    """Newcombe 1998 (Stat. Med. 17:873), table II, method 10, at 95 %: 56 of 70 against 48 of 80."""
    result = differences(56, 70, 48, 80, z=1.959964)
    assert [float(end) for end in result] == pytest.approx([0.2, 0.0524, 0.3339], abs=1e-4)


def test_a_difference_is_shown_with_its_90_per_cent_interval():
    """By hand with z = 1.6449: Wilson's intervals are 0.7100 to 0.8673 and 0.5077 to 0.6852."""
    assert difference(Share(56, 70), Share(48, 80)) == Difference(
        pytest.approx(0.2), pytest.approx(0.0761, abs=5e-4), pytest.approx(0.3141, abs=5e-4)
    )


def test_a_difference_reads_the_other_way_round_with_its_sign_changed():
    one, other = differences([56], [70], [48], [80]), differences([48], [80], [56], [70])
    assert [float(end[0]) for end in one] == pytest.approx([-float(other[place][0]) for place in (0, 2, 1)])


def test_how_likely_a_difference_is_by_chance():
    """3 of 3 against 0 of 3: one of the 20 ways to choose 3 of 6, doubled."""
    assert p_values([3, 1], [3, 2], [0, 1], [3, 2]).tolist() == pytest.approx([0.1, 1.0])


def test_q_values_are_those_of_benjamini_and_hochberg():
    """Three tests: p times 3 over its rank, never more than that of a larger p."""
    assert q_values(np.array([0.01, 0.04, 0.03])).tolist() == pytest.approx([0.03, 0.04, 0.04])
    assert q_values(np.array([])).tolist() == []
