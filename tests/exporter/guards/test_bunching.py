"""Bunching, on margins made up by hand."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from exporter.guards.bunching import against_controls, density, find_bunching
from exporter.readiness import Assessment
from exporter.tree import Tree


def flat(each: int) -> list[int]:
    """So many species at every margin from -60 to 59."""
    return [margin for margin in range(-60, 60) for _ in range(each)]


def test_a_flat_distribution_has_no_excess() -> None:
    """20 of 40 at one half: P(20 or more) = (1 + P(20)) / 2."""
    result = density(np.array(flat(4)), 0)
    assert (result.above, result.expected) == (20, pytest.approx(20, abs=1e-3))
    assert result.p_value == pytest.approx((1 + stats.binom.pmf(20, 40, 0.5)) / 2, rel=1e-3)


def test_an_excess_just_above_is_binomial() -> None:
    result = density(np.array([*flat(4), *[0, 1, 2, 3, 4] * 4]), 0)
    assert (result.above, result.expected) == (40, pytest.approx(20, abs=1e-3))
    assert result.p_value == pytest.approx(stats.binom.sf(39, 60, 0.5), rel=1e-2)


def test_a_slope_is_no_excess() -> None:
    """Densities fall away from zero margin: e to the minus margin / 20 at every bin."""
    margins = [m for m in range(-60, 60) for _ in range(round(100 * np.exp(-m / 20)))]
    result = density(np.array(margins), 0)
    assert result.expected == pytest.approx(result.above, rel=0.01)
    assert 0.3 < result.p_value < 0.7


@pytest.mark.parametrize("line", [-20, 0, 20])
def test_the_line_may_lie_anywhere(line: int) -> None:
    margins = np.array([*flat(4), 0, 0, 1, 2])
    assert density(margins + line, line) == density(margins, 0)


def test_without_species_nothing_is_odd() -> None:
    result = density(np.empty(0, dtype=np.int64), 0)
    assert (result.above, result.p_value) == (0, 1.0)
    assert result.expected < 0.1


@settings(max_examples=30)
@given(st.lists(st.integers(-20, 19), max_size=60), st.integers(0, 4))
def test_one_more_just_above_is_odder(margins: list[int], added: int) -> None:
    before = density(np.array(margins, dtype=np.int64), 0)
    after = density(np.array([*margins, added], dtype=np.int64), 0)
    assert after.p_value <= before.p_value * (1 + 1e-9)


@pytest.mark.parametrize(
    ("p_value", "controls", "expected"),
    [
        (0.001, [], 0.001),
        (0.001, [0.2, 0.5, 0.9, 0.01], 0.001),
        (0.001, [0.2, 0.5, 0.9, 0.0005], 0.25),
        (0.6, [0.2, 0.5, 0.9, 0.7], 0.6),
    ],
)
def test_controls_as_odd_as_the_line_discount_it(
    p_value: float, controls: list[float], expected: float
) -> None:
    assert against_controls(p_value, controls) == expected


def standing(margins: dict[int, int], **others: list[object]) -> Assessment:
    """Species with these margins by id."""
    rows = {
        "taxon_id": list(margins),
        "rank": ["species"] * len(margins),
        "status": ["short"] * len(margins),
        "margin": list(margins.values()),
    }
    table = pa.table({name: [*values, *others.get(name, [])] for name, values in rows.items()})
    tree = Tree(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    return Assessment(tree, np.empty(0, dtype=bool), np.empty(0, dtype=bool), table)


SPREAD = dict(enumerate(flat(2), start=1_000))


def test_species_that_cross_together_are_found_and_named() -> None:
    below = dict.fromkeys(range(1, 13), -3)
    quiet = standing(SPREAD | below)
    pushed = standing(SPREAD | dict.fromkeys(below, 1))
    result = find_bunching(pushed, [quiet] * 6)
    assert result.fired
    assert result.content["taxa"] == list(below)
    assert (result.content["crossed"], result.content["crossed_before"]) == (12, [0] * 5)
    assert result.content["just_above"] == 22
    assert result.content["excess_just_above"] == pytest.approx(12, abs=1)
    near, crossings = result.words
    assert near == {
        "code": "near_line", "above": 22, "most": 4, "expected": result.content["expected_just_above"],
    }  # fmt: skip
    assert crossings == {"code": "crossings", "crossed": 12, "windows": 5, "usual": 0.0}


def test_what_has_always_bunched_does_not_fire() -> None:
    """The same excess at the line on past dates: the place is odd, not the time."""
    crowded = standing(SPREAD | dict.fromkeys(range(1, 13), 1))
    result = find_bunching(crowded, [crowded] * 6)
    assert not result.fired
    assert result.content["taxa"] == []
    assert result.content["density_p_value"] == 10 / 12


def test_a_crowd_that_came_before_the_window_does_not_fire() -> None:
    """Ten more than usual came one window ago, and one leaves: 19 are left, and 9 of these are explained."""
    quiet = standing(SPREAD | dict.fromkeys(range(1, 11), -30))
    crowded = standing(SPREAD | dict.fromkeys(range(1, 11), 1))
    now = standing(SPREAD | dict.fromkeys(range(1, 10), 1) | {10: 30})
    arrived = find_bunching(crowded, [quiet] * 6)
    result = find_bunching(now, [crowded, *[quiet] * 5])
    assert (arrived.fired, arrived.content["excess_before"]) == (True, 0)
    assert (result.content["just_above"], result.content["excess_before"]) == (19, 10)
    assert not result.fired


def test_what_is_explained_already_is_taken_out() -> None:
    """40 above and 20 below, of which 20 above are explained: P(20 or more of 40) = (1 + P(20)) / 2."""
    result = density(np.array([*flat(4), *[0, 1, 2, 3, 4] * 4]), 0, 20)
    assert result.above == 40
    assert result.p_value == pytest.approx((1 + stats.binom.pmf(20, 40, 0.5)) / 2, rel=1e-2)
    assert density(np.array(flat(1)), 0, 100).p_value == 1.0


def test_genera_and_excluded_taxa_are_left_out() -> None:
    now = standing(
        {1: -1}, taxon_id=[2, 3], rank=["genus", "species"], status=["leaf", "excluded"], margin=[1, None]
    )
    result = find_bunching(now, [standing({1: -1})] * 4)
    assert result.content["taxa"] == []


def test_without_past_dates_crossings_are_not_judged() -> None:
    result = find_bunching(standing(SPREAD), [])
    assert (result.fired, result.content["crossed"], result.content["crossed_p_value"]) == (False, None, None)
    assert [one["code"] for one in result.words] == ["near_line", "crossings_unknown"]
    assert result.missing == [{"code": "no_crossings"}]
