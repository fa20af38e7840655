import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from exporter.shares import Share, wilson


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


def test_wilson_s_interval_of_many_shares():
    """Newcombe 1998 (Stat. Med. 17:857), table I, method 3, 95 %: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29], z=1.959964)
    assert low.round(4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert high.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


@given(st.integers(1, 10**6).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_one_share_and_many_have_the_same_interval(numbers):
    result = stats.binomtest(*numbers).proportion_ci(0.9, "wilson")
    share, many = Share(*numbers), wilson(*numbers)
    assert (share.low, share.high) == pytest.approx((result.low, result.high), abs=1e-9)
    assert (float(many[0]), float(many[1])) == pytest.approx((result.low, result.high), abs=1e-9)


def test_where_nothing_was_seen_everything_is_possible():
    assert [float(end) for end in wilson(0, 0)] == [0.0, 1.0]
