import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.hotspots.figures import Share, bounds, percent


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # Brown, Cai and DasGupta (2001) give Wilson's formula; these were worked out by hand with z = 1.6449.
        (17, 120, 0.0975, 0.2015),
        (5, 10, 0.2694, 0.7306),
        (0, 10, 0.0, 0.2129),
        (10, 10, 0.7871, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_a_share_comes_with_wilson_s_90_per_cent_interval(count, of, low, high):
    share = Share(count, of)
    assert (share.low, share.high) == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))


@given(st.integers(0, 10**6).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_share_lies_in_its_interval(numbers):
    share = Share(*numbers)
    assert 0 <= share.low <= share.value <= share.high <= 1 or share.of == 0


@pytest.mark.parametrize(
    ("share", "said"), [(0, 0), (0.0005, 0), (0.002, 1), (0.143, 14), (0.996, 99), (0.9999, 100), (1, 100)]
)
def test_per_cent_are_whole_and_say_nothing_only_for_nothing(share, said):
    assert percent(share) == said


def test_bounds_are_rounded_outward():
    assert bounds(48.2, 77.1) == (48, 78)
