"""Influx: what counts as a confirmation, and the numbers worked by hand."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from exporter.guards.influx import Counts, disperse, expect, find_influx, judge
from tests.exporter.world import World, day

LIFE, FAMILY, GENUS, SPECIES, SISTER = 1, 10, 20, 300, 301
CUTOFF = day(400)
WEEK = timedelta(days=7)


def counts(*windows: list[int], families: list[int] | None = None, season: int = 4) -> Counts:
    """Taxa 1, 2, ... with these windows, newest first, all of one family unless told otherwise."""
    ids = np.arange(1, len(windows) + 1)
    return Counts(ids, np.array(families or [7] * len(windows)), np.array(windows), season)


def test_expected_without_a_year_of_past_is_the_mean() -> None:
    """12 in four windows, so 12 a year of four windows: 3 each; its family's mean is its own."""
    assert expect(counts([99, 1, 2, 3, 6]), 0) == pytest.approx([3.0])


def test_expected_by_season() -> None:
    """Years of 8 windows; all counts fell in the same window a year before, and those beside it.

    10 in the year; told 10, in season 10. All taxa: (10 + 3) / (10 + 8). Family: (10 + 20 x 13/18) / 30.
    Taxon: (10 + 20 x family) / 30. Three windows share it.
    """
    windows = [0, 0, 0, 0, 0, 0, 0, 2, 5, 3]
    of_family = (10 + 20 * 13 / 18) / 30
    # The year before the window holds 2 + 5; the window after the same one lies in the year before that.
    level, recorded = 7.0, 7
    of_all = (10 + 3) / (recorded + 8)
    of_family = (10 + 20 * of_all) / (recorded + 20)
    share = (10 + 20 * of_family) / (recorded + 20)
    assert expect(counts(windows, season=8), 0) == pytest.approx([level * share / 3])


def test_expected_of_an_earlier_window_uses_only_what_came_before_it() -> None:
    later = expect(counts([50, 9, 1, 2, 3, 6, 4]), 1)
    assert later == pytest.approx(expect(counts([9, 1, 2, 3, 6, 4]), 0))


def test_a_taxon_without_a_past_leans_on_its_family() -> None:
    """Family: 0 and 40 a year, mean 20; all: the same. (0 + 0.05 x 20) / 1.05 a year of four windows."""
    expected = expect(counts([5, 0, 0, 0, 0], [0, 10, 10, 10, 10]), 0)
    assert expected == pytest.approx([1 / 1.05 / 4, (40 + 1) / 1.05 / 4])


def test_dispersion_by_hand() -> None:
    """Residuals 10 and -10 at a mean of 20: surplus 160, square 800, so 0.2 alone and pooled."""
    assert disperse(np.array([[30, 10]]), np.array([[20.0, 20.0]])) == pytest.approx([0.2])


def test_dispersion_is_shrunk_to_that_of_all() -> None:
    """A taxon of residuals 0 (surplus -40) beside the one above: pooled (160 - 40) / 1600 = 0.075, so 0.1."""
    result = disperse(np.array([[30, 10], [20, 20]]), np.full((2, 2), 20.0))
    assert result == pytest.approx([(160 + 25 * 0.1) / 825, 0.1])


def test_p_values_are_a_negative_binomials() -> None:
    """Flat at 6 a window of four: expected 6, no growth, dispersion 0.1, so size 10."""
    judged = judge(counts([20, *[6] * 10]))
    assert judged.expected == pytest.approx([6.0])
    assert judged.p_values == pytest.approx([stats.nbinom.sf(19, 10, 10 / 16)])


def test_q_values_are_benjamini_and_hochbergs() -> None:
    judged = judge(counts([20, *[6] * 10], [6, *[6] * 10], [40, *[6] * 10]))
    p = judged.p_values
    assert judged.q_values == pytest.approx([p[0] * 3 / 2, p[1], p[2] * 3])
    assert judged.odd.tolist() == [2, 0]


def test_growth_of_all_raises_what_is_expected() -> None:
    """Six windows of 12 after years of 6: what the rule expects lags behind, and growth makes up for it."""
    flat = [12] * 7 + [6] * 20
    judged = judge(counts(flat))
    assert judged.expected[0] > expect(counts(flat), 0)[0]
    assert judged.odd.size == 0


def test_a_small_excess_is_left_alone_however_odd() -> None:
    rows = [[0, *[6] * 10] for _ in range(30)]
    assert judge(counts([4, *[0] * 10], *rows, families=[1, *[2] * 30])).odd.size == 0


@given(st.lists(st.integers(0, 30), min_size=10, max_size=30), st.integers(0, 60))
def test_one_more_is_odder(past: list[int], number: int) -> None:
    fewer, more = (judge(counts([one, *past])) for one in (number, number + 1))
    assert more.p_values[0] <= fewer.p_values[0]
    assert more.expected[0] == fewer.expected[0]


@pytest.fixture
def world() -> World:
    """A family of one genus with two species, each confirmed four times a week for half a year."""
    world = World()
    world.taxon(LIFE, None, "stateofmatter")
    world.taxon(FAMILY, LIFE, "family")
    world.taxon(GENUS, FAMILY, "genus")
    world.taxon(SPECIES, GENUS, "species")
    world.taxon(SISTER, GENUS, "species")
    for week in range(26):
        for taxon_id in (SPECIES, SISTER) * 4:
            confirm(world, taxon_id, CUTOFF - week * WEEK - timedelta(days=1))
    return world


def confirm(world: World, taxon_id: int, at: Any, user_id: int | None = None, **columns: Any) -> None:
    """A new observation, named by its observer a year before and by a second person now."""
    world.observe(1, None)
    observation_id = len(world.observations)
    world.identify(observation_id, taxon_id, created_at=at - timedelta(days=365))
    world.identify(observation_id, taxon_id, user_id, created_at=at, **columns)


def found(world: World) -> list[dict[str, Any]]:
    with world.connect() as con:
        finding = find_influx(con, CUTOFF, 7, {SPECIES, 12})
    assert finding.fired == bool(finding.content)
    return finding.content


def test_an_even_past_is_no_influx(world: World) -> None:
    assert found(world) == []


def test_a_rush_is_found_with_its_numbers(world: World) -> None:
    """4 usual ones and 40 more, 36 of them by two accounts, 30 of them on one day."""
    for number in range(40):
        user_id = {0: 7, 1: 8}.get(number // 18)
        at = CUTOFF - timedelta(days=3 if number < 30 else 4)
        confirm(world, SPECIES, at, user_id)
    [row] = found(world)
    assert row.pop("q_value") < 1e-6
    assert row == {
        "taxon_id": SPECIES,
        "identifications": 44,
        "expected": pytest.approx(4, abs=0.2),
        "accounts": 10,
        "busiest_accounts_share": round(37 / 44, 3),
        "busiest_day_identifications": 30,
        "crossed_line": True,
    }


@pytest.mark.parametrize(
    "columns",
    [
        {"is_hidden": True},
        {"is_taxon_change": True},
        {"previous_observation_taxon_id": SPECIES},
        {"created_at": CUTOFF + timedelta(hours=1)},
    ],
)
def test_what_is_not_counted(world: World, columns: dict[str, Any]) -> None:
    """Hidden, by a taxon change, coarser than the label (a genus on a species), after the cutoff."""
    for _ in range(40):
        world.observe(1, None)
        observation_id = len(world.observations)
        world.identify(observation_id, GENUS, created_at=CUTOFF - timedelta(days=365))
        made = {"created_at": CUTOFF - timedelta(days=2), **columns}
        world.identify(observation_id, GENUS, **made)
    assert found(world) == []


def test_one_observation_confirms_once(world: World) -> None:
    """A third, fourth, ... voice on one record is no influx; nor is one person's second identification."""
    confirm(world, SPECIES, CUTOFF - WEEK / 2)
    for _ in range(40):
        world.identify(len(world.observations), SPECIES, created_at=CUTOFF - WEEK / 7)
    for _ in range(40):
        world.observe(1, None)
        for back in (3, 2):
            at = CUTOFF - timedelta(days=back)
            world.identify(len(world.observations), SISTER, user_id=9, created_at=at)
    assert found(world) == []


def test_without_identifications_nothing_is_judged() -> None:
    with World().connect() as con:
        finding = find_influx(con, CUTOFF, 14)
    assert (finding.content, finding.fired) == ([], False)
    assert (finding.words, finding.missing) == (
        [{"code": "nobody_confirmed"}], [{"code": "no_confirmation"}],
    )  # fmt: skip


def test_a_short_past_is_not_judged(world: World) -> None:
    with world.connect() as con:
        finding = find_influx(con, CUTOFF, 28)
    assert (finding.content, finding.fired) == ([], False)
    assert finding.missing == [{"code": "past_too_short"}]
    [words] = finding.words
    assert (words["code"], words["days"], words["needed"]) == ("short_past", 28, 8)
