"""Wrong labels on purpose, and what they do."""

from typing import Any

import numpy as np
import pytest

from tests.trainer.experiments import made_up
from trainer.experiments.label_noise import (
    REFERENCE,
    SHARES,
    Noise,
    noises,
    run_draw,
    summarise,
    wrong_labels,
)

POOL = made_up.pool(40)
ROWS = np.arange(len(POOL.class_ids))


def given(kind: str, share: float, targets: list[int], *, is_everywhere: bool = False) -> np.ndarray:
    noise = Noise(kind, share, np.array(targets), is_everywhere)
    return wrong_labels(POOL, ROWS, noise, np.random.default_rng(1))


def test_a_target_gets_wrong_labels_beside_its_own() -> None:
    labels = given("uniform", 0.2, [2])
    moved = labels != POOL.class_ids
    # 10 of 50 labels are a fifth; the class's own 40 stay.
    assert moved.sum() == 10
    assert set(labels[moved].tolist()) == {2}
    assert (labels[POOL.class_ids == 2] == 2).all()
    assert len(np.unique(POOL.class_ids[moved])) > 2


def test_a_collapse_takes_from_relatives_alone_as_far_as_there_are_any() -> None:
    labels = given("collapse", 0.2, [0])
    moved = labels != POOL.class_ids
    assert (moved.sum(), set(POOL.class_ids[moved].tolist())) == (10, {1})
    assert (given("collapse", 0.6, [0]) != POOL.class_ids).sum() == 40


@pytest.mark.parametrize("share", SHARES)
def test_each_target_has_the_share_of_wrong_labels_that_was_meant(share: float) -> None:
    for kind, targets in (("uniform", [1, 4]), ("collapse", [0, 3])):
        labels = given(kind, share, targets)
        for target in targets:
            mine = labels == target
            assert abs((POOL.class_ids[mine] != target).mean() - share) < 0.01


def test_ways_have_one_target_of_each_group_of_relatives() -> None:
    ways = noises(POOL, np.random.default_rng(2))
    assert len(ways) == 4 * len(SHARES)
    for way in ways:
        if way.kind == "collapse":
            assert all(len(POOL.relatives(one)) for one in way.targets.tolist())
            assert not any(np.isin(POOL.relatives(one), way.targets).any() for one in way.targets.tolist())
    everywhere = [way.targets.tolist() for way in ways if way.kind == "uniform" and way.is_everywhere]
    assert everywhere == [list(range(6))] * len(SHARES)


def test_a_draw_judges_by_true_labels() -> None:
    result = run_draw(POOL, made_up.config(), 1)
    assert result["clean"]["top1"] == 1.0
    assert {row["false_clean"] for row in result["rows"]} == {0}
    assert all(
        0.75 * row["share"] < row["reached"] < 1.25 * row["share"]
        for row in result["rows"]
        if row["share"] >= 0.2
    )
    assert result == run_draw(POOL, made_up.config(), 1)


def test_wrong_labels_between_relatives_that_look_alike_raise_wrong_suggestions() -> None:
    blurred = made_up.pool(60, spread=1.5)
    rows = [row for number in (1, 2) for row in run_draw(blurred, made_up.config(), number)["rows"]]
    most = [row for row in rows if row["kind"] == "collapse" and row["share"] == SHARES[-1]]
    assert sum(row["false"] for row in most) > sum(row["false_clean"] for row in most)


def row(share: float, false: int, clean: int, top1: float, *, is_everywhere: bool) -> dict[str, Any]:
    figures = dict.fromkeys(
        (
            "expected_calibration_error",
            "expected_calibration_error_uncalibrated",
            "mean_confidence_uncalibrated",
            "log_loss",
            "wrong_to_relatives",
        ),
        0.5,
    )
    counts = {"reached": share, "false": false, "false_clean": clean, "photos": 100}
    return {
        "kind": "uniform",
        "share": share,
        "is_everywhere": is_everywhere,
        "top1": top1,
        **counts,
        **figures,
    }


def test_a_summary_sums_over_draws() -> None:
    results = []
    for number in (1, 2):
        rows = [
            row(share, 4 if share == REFERENCE else 8, 2, 0.5, is_everywhere=where)
            for share in SHARES
            for where in (True, False)
        ]
        clean = {name: value for name, value in rows[0].items() if name not in ("kind", "share")} | {
            "top1": 0.7
        }
        results.append({"draw": number, "clean": clean, "rows": rows})
    summary = summarise(results)
    assert list(summary["responses"]) == ["uniform"]
    first, second, third, *_ = summary["responses"]["uniform"]
    assert (first["wrong_share"], first["factor"], first["false_share"]) == (0.0, [0.5] * 3, [0.02] * 3)
    assert (second["wrong_share"], second["factor"], second["against_right"]) == (0.02, [2.0] * 3, [4.0] * 3)
    assert (third["wrong_share"], third["factor"], third["false"]) == (REFERENCE, [1.0] * 3, 8)
    right, wrong, *_ = summary["everywhere"]
    assert right["top1_change"] == [0.0, 0.0, 0.0]
    assert wrong["top1_change"] == pytest.approx([-0.2] * 3)
