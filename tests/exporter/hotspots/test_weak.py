import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.hotspots.weak import (
    AGREEMENT,
    ANOMALY,
    DISAGREEMENT,
    MOST_RARITY,
    RARITY,
    RESEARCH_GRADE,
    USUAL_NUMBER,
    Votes,
    suspicion,
)


def judged(
    agreements: int = 0,
    disagreements: int = 0,
    number: int = USUAL_NUMBER,
    *,
    is_research: bool = False,
    is_anomalous: bool = False,
) -> float:
    votes = Votes(
        np.array([is_research]),
        np.array([True]),
        np.array([agreements]),
        np.array([disagreements]),
        np.array([is_anomalous]),
    )
    return float(suspicion(votes, np.array([0.12]), np.array([number]))[0])


def log_odds(share: float) -> float:
    return float(np.log(share / (1 - share)))


@pytest.mark.parametrize(
    ("options", "moved"),
    [
        ({}, 0.0),
        ({"is_research": True}, RESEARCH_GRADE),
        ({"agreements": 2}, 2 * AGREEMENT),
        ({"agreements": 50}, 4 * AGREEMENT),
        ({"disagreements": 1, "agreements": 1}, AGREEMENT + DISAGREEMENT),
        ({"is_anomalous": True}, ANOMALY),
        ({"number": 2 * USUAL_NUMBER}, -RARITY * np.log(2)),
        ({"number": 1_000_000}, -MOST_RARITY),
    ],
)
def test_what_is_told_moves_the_log_odds(options: dict, moved: float) -> None:
    assert log_odds(judged(**options)) == pytest.approx(log_odds(0.12) + moved)


@given(st.integers(0, 10), st.integers(0, 10), st.integers(1, 1000))
def test_a_vote_against_never_lowers_and_a_vote_for_never_raises(
    agree: int, disagree: int, number: int
) -> None:
    here = judged(agree, disagree, number)
    assert judged(agree + 1, disagree, number) <= here <= judged(agree, disagree + 1, number)
