"""The learning rate, step by step."""

import numpy as np
import pytest

from trainer.config import Training
from trainer.schedule import Rate


def rates(steps: int, **changes: object) -> list[float]:
    """At two steps an epoch."""
    rate = Rate(Training.model_validate({"learning_rate": 0.1, **changes}, strict=False), 2)
    return [float(rate(step)) for step in range(steps)]


def test_published_steps() -> None:
    """Half after each two epochs, which are four steps."""
    result = rates(10, decay=0.5, decay_epochs=2)
    assert result == pytest.approx([0.1] * 4 + [0.05] * 4 + [0.025] * 2)


def test_half_a_cosine_after_a_straight_rise() -> None:
    """Four epochs, the first of them the rise: from 0.05 to 0.1 in two steps, then down in six."""
    result = rates(9, schedule="cosine", warmup_epochs=1, epochs=4)
    down = [0.05 * (1 + np.cos(np.pi * step / 6)) for step in range(7)]
    assert result == pytest.approx([0.05, 0.1, *down], abs=1e-8)


def test_the_published_steps_after_a_rise() -> None:
    result = rates(6, decay=0.5, decay_epochs=1, warmup_epochs=2)
    assert result == pytest.approx([0.025, 0.05, 0.0375, 0.05, 0.025, 0.025])
