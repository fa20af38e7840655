"""The loss, by hand."""

import numpy as np
import pytest

from tests.trainer.world import World
from trainer.loss import SmoothedCrossEntropy, relatives

LOGITS = np.array([[2.0, 0.0, -1.0, 0.5], [0.0, 3.0, 1.0, -2.0]])
LABELS = np.array([0, 2])
GENERA = np.array([0, 0, 1, 1])


def by_target(target: np.ndarray) -> np.ndarray:
    logs = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
    return -(target * logs).sum(axis=1)


@pytest.mark.parametrize(
    ("smoothing", "to_relatives", "groups", "target"),
    [
        (0.0, 0.0, [], [[1, 0, 0, 0], [0, 0, 1, 0]]),
        (0.1, 0.0, [], [[0.925, 0.025, 0.025, 0.025], [0.025, 0.025, 0.925, 0.025]]),
        # Half of 0.2 to all (0.025 each), half to the genus (0.05 each of two).
        (0.2, 0.5, [GENERA], [[0.875, 0.075, 0.025, 0.025], [0.025, 0.025, 0.875, 0.075]]),
        # All of 0.2 to two levels: 0.05 each of a genus's two, 0.025 each of a family's four.
        (0.2, 1.0, [GENERA, GENERA * 0], [[0.875, 0.075, 0.025, 0.025], [0.025, 0.025, 0.875, 0.075]]),
    ],
)
def test_the_target_is_shared_as_said(
    smoothing: float, to_relatives: float, groups: list[np.ndarray], target: list[list[float]]
) -> None:
    losses = SmoothedCrossEntropy(smoothing, to_relatives, groups)(LABELS, LOGITS)
    assert np.allclose(losses, by_target(np.array(target)), atol=1e-6)


def test_half_precision_logits_lose_nothing_in_the_loss() -> None:
    losses = SmoothedCrossEntropy(0.1)(LABELS, LOGITS.astype(np.float16) * 1000)
    assert np.all(np.isfinite(losses))
    assert np.asarray(losses).dtype == np.float32


def test_relatives_are_the_groups_of_each_level(world: World) -> None:
    assert [level.tolist() for level in relatives(world.snapshot())] == [
        [0, 0, 1, 1],
        [0, 0, 0, 0],
        [0, 1, 2, 3],
        [0, 1, 2, 3],
    ]
