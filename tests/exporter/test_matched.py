"""Pairs of classes by hand, and whether intervals hold what they should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.matched import CALIPER, LEAST_PAIRS, Before, Estimate, change, pairs


def before(*classes: tuple[int, int, int]) -> Before:
    images, right, group = (np.array(column) for column in zip(*classes, strict=True))
    return Before(images, right, group)


def bools(text: str) -> np.ndarray:
    return np.array([letter == "x" for letter in text])


def test_each_is_paired_with_one_known_as_well_on_as_many_photos() -> None:
    classes = before((100, 50, 1), (100, 90, 1), (100, 91, 2), (100, 51, 2), (100, 10, 1), (9, 4, 1))
    treated, partner = pairs(classes, bools("xx----"), bools("xxxxxx"))
    assert list(zip(treated.tolist(), partner.tolist(), strict=True)) == [(0, 3), (1, 2)]


def test_of_equal_partners_one_of_the_group_is_taken() -> None:
    classes = before((100, 50, 1), (100, 50, 2), (100, 50, 1), (100, 99, 1))
    assert [each.tolist() for each in pairs(classes, bools("x---"), bools("xxxx"))] == [[0], [2]]


def test_nobody_is_paired_twice_nor_with_one_that_may_not_be() -> None:
    classes = before((100, 50, 1), (100, 50, 1), (100, 50, 1), (100, 50, 1), (100, 1, 1))
    treated, partner = pairs(classes, bools("xx---"), bools("---xx"))
    assert (len(treated), partner.tolist()) == (1, [3])


def test_without_anybody_near_there_is_no_pair() -> None:
    far = before((100, 99, 1), (100, 1, 1))
    assert [each.tolist() for each in pairs(far, bools("x-"), bools("xx"))] == [[], []]
    assert [each.tolist() for each in pairs(far, bools("--"), bools("xx"))] == [[], []]
    assert [each.tolist() for each in pairs(far, bools("xx"), bools("xx"))] == [[], []]
    unseen = before((0, 0, 1), (100, 1, 1))
    assert [each.tolist() for each in pairs(unseen, bools("x-"), bools("xx"))] == [[], []]


classes = st.tuples(st.integers(1, 60), st.floats(0, 1), st.integers(0, 3), st.booleans(), st.booleans())


@given(st.lists(classes, min_size=1, max_size=40))
def test_pairs_are_of_a_treated_one_and_another_within_the_caliper(rows: list[tuple]) -> None:
    images = np.array([row[0] for row in rows])
    right = np.array([int(row[1] * row[0]) for row in rows])
    group, is_treated, may_pair = (np.array([row[at] for row in rows]) for at in (2, 3, 4))
    treated, partner = pairs(Before(images, right, group), is_treated, may_pair)
    assert is_treated[treated].all()
    assert (may_pair & ~is_treated)[partner].all()
    assert len(set(treated.tolist())) == len(treated) == len(set(partner.tolist()))
    log_odds = np.log((right + 0.5) / (images - right + 0.5))
    if spread := log_odds.std():
        assert (np.abs(log_odds[treated] - log_odds[partner]) <= CALIPER * spread + 1e-9).all()


def test_the_change_is_that_of_the_treated_less_that_of_their_partners() -> None:
    """Ten pairs: the treated gain 0.2 and 0.4 in turn, their partners 0.1. Student's t: 1.8331."""
    known = np.zeros(20)
    now = np.array([0.2, 0.4] * 5 + [0.1] * 10)
    treated, partner = np.arange(10), np.arange(10, 20)
    reach = 1.8331129 * np.sqrt(0.1 / 9) / np.sqrt(10)
    expected = Estimate(0.2, 0.2 - reach, 0.2 + reach)
    result = change(now, known, treated, partner)
    assert result is not None
    assert vars(result) == pytest.approx(vars(expected))
    assert change(now, known, treated[1:], partner[1:]) is None
    assert LEAST_PAIRS == 10


def test_where_nothing_was_done_the_interval_holds_nothing_at_its_rate() -> None:
    """The worst classes are treated: they gain by chance, and so do their partners."""
    draw = np.random.default_rng(7)
    held, naive = 0, 0.0
    rounds = 200
    for _ in range(rounds):
        truth = draw.beta(8, 4, size=300)
        images = draw.integers(10, 60, size=300)
        right = draw.binomial(images, truth)
        known, now = right / images, draw.binomial(images, truth) / images
        is_treated = np.zeros(300, dtype=np.bool_)
        is_treated[np.argsort(known, kind="stable")[:40:2]] = True
        group = np.zeros(300, dtype=np.int64)
        treated, partner = pairs(Before(images, right, group), is_treated, ~is_treated)
        result = change(now, known, treated, partner)
        assert result is not None
        held += result.low <= 0.0 <= result.high
        naive += (now - known)[is_treated].mean() - (now - known)[~is_treated].mean()
    assert 0.84 <= held / rounds <= 0.96
    assert naive / rounds > 0.05
