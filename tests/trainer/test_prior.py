"""Place and month, by hand."""

import numpy as np
import pytest

from tests.trainer.world import World, seal
from trainer.metrics import log_softmax
from trainer.prior import SHRINKAGE, Places, Prior, combine, fit_weight, read_places

NOBODY = np.array([], dtype=np.int64)


def places(*rows: tuple[float, float, int, int]) -> Places:
    """latitude, longitude, month, class; observations 1, 2, 3 ..."""
    columns = np.array(rows, dtype=float).T
    return Places(
        np.arange(1, len(rows) + 1), columns[0], columns[1], columns[2].astype(int), columns[3].astype(int)
    )


def shares(prior: Prior, observation: int) -> np.ndarray:
    """p(class | place, month) / p(class)."""
    return np.exp(prior.log_ratios(np.array([observation])))[0]


def test_a_cell_is_shrunk_towards_the_coarser_one_around() -> None:
    """Two classes, ten each, a quarter of the globe apart; in each step n = 10 against SHRINKAGE = 20."""
    rows = [(10.0, 10.0, 6, 0)] * 10 + [(-50.0, 100.0, 6, 1)] * 10
    expected = 0.5  # as over the whole Earth
    for _ in range(4):  # cells of 20, 5 and 2 degrees, and the month
        expected = (10 + SHRINKAGE * expected) / (10 + SHRINKAGE)
    found = shares(Prior(places(*rows), 2, NOBODY), 1)
    assert found.tolist() == pytest.approx([expected / 0.5, (1 - expected) / 0.5])


def test_months_tell_apart_what_places_do_not() -> None:
    rows = [(10.0, 10.0, 6, 0)] * 10 + [(10.0, 10.0, 12, 1)] * 10
    found = shares(Prior(places(*rows), 2, NOBODY), 1)
    expected = (10 + SHRINKAGE * 0.5) / (10 + SHRINKAGE)
    assert found.tolist() == pytest.approx([expected / 0.5, (1 - expected) / 0.5])


def test_the_observations_to_be_judged_are_not_counted() -> None:
    rows = [(10.0, 10.0, 6, 0)] + [(10.0, 10.0, 6, 1)] * 5
    with_it, without = (Prior(places(*rows), 2, np.array(left_out)) for left_out in ([], [1]))
    assert shares(without, 1)[0] < shares(with_it, 1)[0]
    assert without.log_ratios(np.array([1])).argmax() == 1


def test_an_unknown_place_changes_nothing(world: World) -> None:
    prior = Prior(read_places(world.snapshot()), 4, NOBODY)
    assert prior.log_ratios(np.array([999_999])).tolist() == [[0.0] * 4]


def test_places_without_coordinates_or_day(own_world: World) -> None:
    path = own_world.snapshot_folder / "spatial_data.csv"
    lines = path.read_text().splitlines()
    lines[1] = "1001,,,2024-06-01,0"
    lines[2] = "1002,30.0,5.0,,1"
    path.write_text("\n".join(lines) + "\n")
    seal(own_world.snapshot_folder)
    found = read_places(own_world.snapshot())
    assert 1001 not in found.observation_ids
    assert found.months[found.observation_ids == 1002].tolist() == [0]
    assert found.months[found.observation_ids == 1003].tolist() == [6]


def test_a_snapshot_without_places(own_world: World) -> None:
    path = own_world.snapshot_folder / "spatial_data.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    seal(own_world.snapshot_folder)
    prior = Prior(read_places(own_world.snapshot()), 4, NOBODY)
    assert prior.log_ratios(np.array([1001, 5])).tolist() == [[0.0] * 4] * 2


def test_the_weight_is_the_one_that_helps() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 3, 500)
    ratios = random.normal(0, 1, (500, 3))
    logs = log_softmax(random.normal(0, 0.1, (500, 3)))
    assert fit_weight(labels, logs, ratios) == 0.0
    assert fit_weight(labels, logs, np.eye(3)[labels]) == 1.0
    assert np.allclose(np.exp(combine(logs, ratios, 0.5)).sum(axis=1), 1)
