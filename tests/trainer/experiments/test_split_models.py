"""One model against a model for each clade."""

from typing import Any

import numpy as np
import pytest

from tests.trainer.experiments import made_up
from trainer.experiments.split_models import PAIRS, WAYS, run_draw, summarise

GROUPS = np.array([0, 0, 1, 1, 2, 2])


def test_photos_that_lie_apart_are_known_in_every_way() -> None:
    pool = made_up.pool(40)
    result = run_draw(pool, GROUPS, made_up.config(), 1, 2)
    assert sum(result["test"]) == len(pool.draw(1).test)
    assert len(result["seeds"]) == 2
    for seed in result["seeds"]:
        assert seed["right"] == dict.fromkeys(WAYS, result["test"])
        assert seed["routed"] == result["test"]
        assert seed["pairs"] == [[sum(result["test"]), 0, 0]] * len(PAIRS)


def test_a_clade_of_one_class_is_right_wherever_the_router_sends_it() -> None:
    pool = made_up.pool(60, spread=2.0)
    groups = np.array([0, 0, 1, 1, 2, 3])
    result = run_draw(pool, groups, made_up.config(), 1, 1)
    [seed] = result["seeds"]
    for alone in (2, 3):
        assert seed["right"]["split_oracle"][alone] == result["test"][alone]
        assert seed["right"]["one_masked"][alone] == result["test"][alone]
        assert seed["right"]["split_router"][alone] == seed["routed"][alone]


def test_knowing_the_clade_never_loses_a_photo() -> None:
    pool = made_up.pool(60, spread=2.5)
    [seed] = run_draw(pool, GROUPS, made_up.config(), 2, 1)["seeds"]
    masked = PAIRS.index(("one_masked", "one"))
    assert seed["pairs"][masked][2] == 0
    assert seed["pairs"][masked][1] > 0
    assert sum(seed["right"]["split_router"]) <= sum(seed["routed"])


def draw(one: list[int], other: int) -> dict[str, Any]:
    """A draw of 100 test photos in two clades; ``one``: right by the one model, for each seed."""
    return {
        "test": [60, 40],
        "seeds": [
            {
                "right": {way: [right - 10, 10] for way in WAYS} | {"split_router": [other - 10, 10]},
                "routed": [54, 36],
                "pairs": [[other, 0, right - other]] * len(PAIRS),
            }
            for right in one
        ],
    }


def test_a_summary_of_two_draws() -> None:
    summary = summarise([draw([70, 74], 60), draw([76, 80], 68)])
    assert summary["ways"]["one"][0] == pytest.approx(0.75)
    assert summary["router"] == pytest.approx([0.9, 0.9, 0.9])
    first = summary["pairs"][0]
    # 72 - 60 and 78 - 68 of 100: deviation 1.41 points, t of one degree of freedom 12.706.
    assert first["difference"] == pytest.approx([-0.11, -0.11 - 0.12706, -0.11 + 0.12706], abs=1e-4)
    assert (first["clearly_better"], first["clearly_worse"]) == (0, 2)
    # Ten that only the one model knows: p = 2 / 1024.
    assert first["draws"][0]["p_value"] == pytest.approx(2 / 1024)
    assert summary["groups"][1] == {"test_photos": 80, **dict.fromkeys(WAYS, 0.25), "routed": 0.9}


def test_the_spread_takes_seeds_and_draws_apart() -> None:
    spread = summarise([draw([70, 74], 60), draw([76, 80], 68)])["spread"]
    # Within: variance 8 of each. Between the means 72 and 78: 18, in which are 8 / 2.
    assert spread["seeds"] == pytest.approx(8**0.5 / 100)
    assert spread["draws"] == pytest.approx((18 + 4) ** 0.5 / 100)
    assert spread["two_releases"] == pytest.approx(1.96 * (2 * 22) ** 0.5 / 100)
    assert spread["test_photos"] == pytest.approx((0.75 * 0.25 / 100) ** 0.5)
