"""Place and date, by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.world import World, seal
from trainer.metrics import log_softmax
from trainer.prior import SHRINKAGE, Places, Prior, Spots, combine, fit_weights, read_places

NOBODY = np.array([], dtype=np.int64)


def places(*rows: tuple[float, float, int, int]) -> Places:
    """latitude, longitude, day of the year (-1: not known), class; observations 1, 2, 3 ..."""
    columns = np.array(rows, dtype=float).T
    return Places(
        np.arange(1, len(rows) + 1), columns[0], columns[1], columns[2].astype(int), columns[3].astype(int)
    )


def shares(prior: Prior, latitude: float, longitude: float, day: int) -> np.ndarray:
    """p(class | place, date) / p(class)."""
    return np.exp(prior.log_ratios(spot(latitude, longitude, day)))[0]


def spot(latitude: float, longitude: float, day: int) -> Spots:
    return Spots(np.array([latitude]), np.array([longitude]), np.array([day]))


def test_a_cell_is_shrunk_towards_the_coarser_one_around() -> None:
    """Two classes, ten each, a quarter of the globe apart; in each step n = 10 against SHRINKAGE = 20."""
    rows = [(10.0, 10.0, -1, 0)] * 10 + [(-50.0, 100.0, -1, 1)] * 10
    expected = 0.5  # as over the whole Earth
    for _ in range(3):  # cells of 20, 5 and 2 degrees
        expected = (10 + SHRINKAGE * expected) / (10 + SHRINKAGE)
    result = shares(Prior.count(places(*rows), 2, NOBODY), 10.0, 10.0, -1)
    assert result.tolist() == pytest.approx([expected / 0.5, (1 - expected) / 0.5])


def test_a_season_of_the_whole_earth_is_felt_where_nobody_has_been() -> None:
    """Forty observations in two windows half a year apart, all in one place.

    Elsewhere the Earth's season counts.
    """
    rows = [(10.0, 10.0, 100, 0)] * 20 + [(10.0, 10.0, 282, 1)] * 20
    prior = Prior.count(places(*rows), 2, NOBODY)
    expected = (20 + SHRINKAGE * 0.5) / (20 + SHRINKAGE)
    assert shares(prior, -60.0, -100.0, 100).tolist() == pytest.approx(
        [expected / 0.5, (1 - expected) / 0.5], rel=1e-6
    )
    assert shares(prior, -60.0, -100.0, 282)[1] == pytest.approx(expected / 0.5, rel=1e-6)
    # Without a date, and without a place, nothing is known there.
    assert shares(prior, -60.0, -100.0, -1).tolist() == pytest.approx([1, 1])
    assert shares(prior, np.nan, np.nan, 100).tolist() == [1, 1]


def test_the_year_is_a_circle() -> None:
    """The last days of December and the first of January are next to each other."""
    rows = [(10.0, 10.0, 362, 0)] * 30 + [(10.0, 10.0, 180, 1)] * 30
    prior = Prior.count(places(*rows), 2, NOBODY)
    january, february, june = (shares(prior, 10.0, 10.0, day)[0] for day in (2, 40, 178))
    assert january > 1.5 > february > 1 > june
    assert january == pytest.approx(shares(prior, 10.0, 10.0, 357)[0], rel=0.02)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(-1, 365))
def test_shares_are_shares(seed: int, day: int) -> None:
    """Whatever was seen: none is negative, and they add up to one."""
    random = np.random.default_rng(seed)
    number = int(random.integers(1, 60))
    some = Places(
        np.arange(number),
        random.uniform(-90, 90, number),
        random.uniform(-180, 180, number),
        random.integers(-1, 366, number),
        random.integers(0, 3, number),
    )
    prior = Prior.count(some, 3, NOBODY)
    overall = (np.bincount(some.class_ids, minlength=3) + 1) / (number + 3)
    result = shares(prior, float(some.latitudes[0]), float(some.longitudes[0]), day) * overall
    assert np.all(result > 0)
    assert result.sum() == pytest.approx(1)


def test_the_observations_to_be_judged_are_not_counted() -> None:
    rows = [(10.0, 10.0, 6, 0)] + [(10.0, 10.0, 6, 1)] * 5
    with_it, without = (Prior.count(places(*rows), 2, np.array(left_out)) for left_out in ([], [1]))
    assert shares(without, 10.0, 10.0, 6)[0] < shares(with_it, 10.0, 10.0, 6)[0]
    assert without.log_ratios(spot(10.0, 10.0, 6)).argmax() == 1


def test_an_unknown_place_changes_nothing(world: World) -> None:
    known = read_places(world.snapshot())
    prior = Prior.count(known, 4, NOBODY)
    assert prior.log_ratios(known.spots(np.array([999_999]))).tolist() == [[0.0] * 4]


def test_places_without_coordinates_or_day(own_world: World) -> None:
    path = own_world.snapshot_folder / "spatial_data.csv"
    lines = path.read_text().splitlines()
    lines[1] = "1001,,,2024-06-01,0"
    lines[2] = "1002,30.0,5.0,,1"
    path.write_text("\n".join(lines) + "\n")
    seal(own_world.snapshot_folder)
    result = read_places(own_world.snapshot())
    assert 1001 not in result.observation_ids
    assert result.days[result.observation_ids == 1002].tolist() == [-1]
    assert result.days[result.observation_ids == 1003].tolist() == [152]  # 1 June 2024


def test_a_snapshot_without_places(own_world: World) -> None:
    path = own_world.snapshot_folder / "spatial_data.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    seal(own_world.snapshot_folder)
    known = read_places(own_world.snapshot())
    prior = Prior.count(known, 4, NOBODY)
    assert prior.log_ratios(known.spots(np.array([1001, 5]))).tolist() == [[0.0] * 4] * 2


def test_seasons_of_the_whole_earth_are_found_among_many_classes() -> None:
    """Forty classes in pairs that only the season tells apart, 4,000 observations spread over the Earth.

    Two degrees hold one observation or none: how little such cells say is fitted, so that the season is
    heard.
    """
    random = np.random.default_rng(1)
    number = 4400
    class_ids = random.integers(0, 40, number)
    some = Places(
        np.arange(number),
        np.degrees(np.arcsin(random.uniform(-1, 1, number))),
        random.uniform(-180, 180, number),
        np.mod(np.where(class_ids % 2 == 0, 20, 200) + random.integers(-40, 41, number), 365),
        class_ids,
    )
    judged = np.arange(400)
    prior = Prior.count(some, 40, judged)
    ratios = prior.log_ratios(some.spots(judged))
    own, other = ratios[judged, class_ids[:400]], ratios[judged, class_ids[:400] ^ 1]
    assert np.mean(own > other) > 0.95
    again = Prior(40, prior.arrays)
    assert np.array_equal(again.log_ratios(some.spots(judged[:5])), ratios[:5])


def test_the_weights_are_those_that_help() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 3, 500)
    ratios = random.normal(0, 1, (500, 3))
    logs = log_softmax(random.normal(0, 0.1, (500, 3)))
    assert fit_weights(labels, logs, [ratios])[0] < 0.2
    assert fit_weights(labels, logs, [ratios, np.eye(3)[labels]]) == [pytest.approx(0, abs=0.2), 1.5]
    # Where the ratios are the whole truth, they weigh one.
    truth = np.log(random.dirichlet(np.ones(3), 20_000))
    drawn = np.array([random.choice(3, p=np.exp(row)) for row in truth])
    assert fit_weights(drawn, np.zeros_like(truth), [truth]) == [pytest.approx(1, abs=0.05)]
    assert np.allclose(np.exp(combine(logs, [ratios, ratios], [0.5, 0.2])).sum(axis=1), 1)
