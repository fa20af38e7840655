"""Shares with their uncertainty, against hand-worked and published figures."""

import numpy as np
import pytest

from portal.training.accuracy import Accuracy, Difference, difference, differences, p_values, q_values, wilson


def test_wilson_s_interval():
    """Newcombe 1998 (Stat. Med. 17:857), table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29])
    assert low.round(4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert high.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


def test_without_a_photo_everything_is_possible():
    assert [float(end) for end in wilson(0, 0)] == [0.0, 1.0]
    assert (Accuracy(0, 0).share, Accuracy(0, 0).low, Accuracy(0, 0).high) == (0.0, 0.0, 1.0)
    assert difference(Accuracy(3, 4), Accuracy(0, 0)) is None


def test_all_right_reaches_one():
    assert (Accuracy(25, 25).high, Accuracy(0, 25).low) == (1.0, 0.0)


def test_a_difference_with_its_interval():
    """Newcombe 1998 (Stat. Med. 17:873), table II, method 10: 56 of 70 against 48 of 80."""
    found = difference(Accuracy(56, 70), Accuracy(48, 80))
    assert found == Difference(
        pytest.approx(0.2), pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4)
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
