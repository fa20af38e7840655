import numpy as np
import pytest
from scipy.stats import norm

from exporter.hotspots.reviews import vision_q_values


def reviews(*cells: tuple[int, int, bool, bool, int]) -> tuple[np.ndarray, ...]:
    """Cells of (label, stratum, is it suggested, was it overturned, how many)."""
    rows = [cell[:4] for cell in cells for _ in range(cell[4])]
    label, stratum, suggested, overturned = (np.array(column) for column in zip(*rows, strict=True))
    return label, suggested, overturned, stratum


def test_mantel_haenszel_by_hand() -> None:
    """Of 10 suggested 8 are overturned, of 10 unaided 2: expected 5, variance 10*10*10*10 / (20^2 * 19)."""
    result = vision_q_values(
        *reviews(
            (3, 1, True, True, 8), (3, 1, True, False, 2), (3, 1, False, True, 2), (3, 1, False, False, 8)
        ),
        5,
    )
    assert result[3] == pytest.approx(norm.sf((8 - 5 - 0.5) / np.sqrt(10**4 / (400 * 19))))
    assert np.isnan(result[[0, 1, 2, 4]]).all()


def test_a_difference_between_strata_is_none_between_suggested_and_unaided() -> None:
    """In one month nearly all are suggested and overturned, in the other neither."""
    cells = ((1, 1, True, True, 40), (1, 1, False, True, 2), (1, 2, True, False, 2), (1, 2, False, False, 40))
    assert np.isnan(vision_q_values(*reviews(*cells), 2)[1])


def test_q_values_are_corrected_over_labels() -> None:
    """One label in ten stands out: its q-value is ten times its p-value (Benjamini and Hochberg 1995)."""
    quiet = [
        (label, 1, suggested, overturned, 5)
        for label in range(1, 10)
        for suggested in (True, False)
        for overturned in (True, False)
    ]
    loud = [(0, 1, True, True, 9), (0, 1, True, False, 1), (0, 1, False, True, 1), (0, 1, False, False, 9)]
    alone, among = vision_q_values(*reviews(*loud), 1)[0], vision_q_values(*reviews(*loud, *quiet), 10)
    assert among[0] == pytest.approx(10 * alone)
    assert (among[1:] > 0.5).all()
