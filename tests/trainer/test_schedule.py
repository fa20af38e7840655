"""The learning rate, step by step; the size of photos, epoch by epoch."""

import numpy as np
import pytest

from tests.trainer.world import small_config
from trainer.config import Training
from trainer.schedule import Rate, by_image_size, image_size, image_sizes


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


@pytest.mark.parametrize(
    ("epochs", "sizes"),
    [
        (1, [80]),
        (2, [48, 80]),
        (4, [32, 48, 64, 80]),
        (6, [32, 48, 48, 64, 80, 80]),
        (8, [32, 32, 48, 48, 64, 64, 80, 80]),
    ],
)
def test_photos_grow_in_four_steps_to_their_full_size(epochs: int, sizes: list[int]) -> None:
    settings = ("data.image_size=80", "data.short_side=80", f"training.epochs={epochs}")
    config = small_config(*settings, "training.first_image_size=32")
    assert [image_size(config, epoch) for epoch in range(epochs)] == sizes
    assert image_sizes(config) == [32, 48, 64, 80]
    for start in range(3 * epochs):  # wherever one goes on, at three steps an epoch
        shared = list(by_image_size(config, 3, range(start, 3 * epochs)))
        pairs = [(part.data.image_size, step) for part, steps in shared for step in steps]
        assert pairs == [(sizes[step // 3], step) for step in range(start, 3 * epochs)]
    always = small_config(*settings)
    assert {image_size(always, epoch) for epoch in range(epochs)} == {80}
