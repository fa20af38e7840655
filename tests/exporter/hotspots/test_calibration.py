"""What makes predicted chances come true."""

import numpy as np
import pytest

from exporter.hotspots.calibration import Calibration, calibrate

#: What a review says that rejects a label, and one that does not: nearly everything.
REJECTED, KEPT = 7.0, -7.0


def said(number: int, rejected: int) -> np.ndarray:
    return np.repeat([REJECTED, KEPT], [rejected, number - rejected])


def test_what_comes_true_already_stays() -> None:
    result = calibrate(np.repeat([-2.0, 0.0], 500), np.append(said(500, 60), said(500, 250)), 0.0001)
    assert result.of(np.array([-2.0, 0.0])) == pytest.approx([0.12, 0.5], abs=0.02)
    assert (result.slope, result.shift) == pytest.approx((1.0, 0.0), abs=0.1)


def test_safe_labels_that_fall_now_and_then_raise_the_floor() -> None:
    """However safe: two in a hundred fall at -6 and at -12 alike."""
    log_odds = np.repeat([-12.0, -6.0, 0.0], 1000)
    result = calibrate(log_odds, np.concatenate([said(1000, 20), said(1000, 20), said(1000, 500)]), 0.0025)
    assert result.floor == pytest.approx(0.02, rel=0.2)
    assert result.of(np.array([-12.0, 0.0])) == pytest.approx([0.02, 0.5], rel=0.2)


def test_chances_that_are_too_high_are_brought_down() -> None:
    result = calibrate(np.repeat([-1.0, 1.0], 1000), np.append(said(1000, 50), said(1000, 270)), 0.0025)
    assert result.of(np.array([-1.0, 1.0])) == pytest.approx([0.05, 0.27], rel=0.2)


def test_without_reviews_everything_stays_as_believed() -> None:
    result = calibrate(np.array([-1.0, 2.0]), np.zeros(2), 0.01)
    assert (result.slope, result.shift, result.floor) == pytest.approx((1.0, 0.0, 0.01))


def test_the_floor_by_hand() -> None:
    assert Calibration(2.0, 0.0, 0.1).of(np.array([0.0]))[0] == pytest.approx(0.1 + 0.9 * 0.5)
