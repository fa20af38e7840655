import pytest

from portal.numbers import bounds, percent


@pytest.mark.parametrize(
    ("share", "said"), [(0, 0), (0.0005, 0), (0.002, 1), (0.143, 14), (0.996, 99), (0.9999, 100), (1, 100)]
)
def test_per_cent_are_whole_and_say_nothing_only_for_nothing(share, said):
    assert percent(share) == said


def test_bounds_are_rounded_outward():
    assert bounds(48.2, 77.1) == (48, 78)
