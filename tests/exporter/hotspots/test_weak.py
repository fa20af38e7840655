"""What votes and grades say where no identification is known."""

import numpy as np
import pytest

from exporter.hotspots.weak import ANOMALY, Votes


def votes(
    is_research: bool = False, agreements: int = 0, disagreements: int = 0, is_anomalous: bool = False
) -> Votes:
    return Votes(
        np.array([is_research]),
        np.array([True]),
        np.array([agreements]),
        np.array([disagreements]),
        np.array([is_anomalous]),
    )


def evidence(**columns: object) -> float:
    return float(votes(**columns).evidence(0.7)[0])


def test_nothing_says_nothing() -> None:
    assert evidence() == 0.0


def test_each_who_agrees_would_have_overturned_a_wrong_label_in_seven_of_ten_cases() -> None:
    assert evidence(agreements=1) == pytest.approx(np.log(0.3 / 0.999))
    assert evidence(agreements=3) == pytest.approx(3 * np.log(0.3 / 0.999))


def test_research_grade_takes_one_who_agrees_and_no_second() -> None:
    assert evidence(is_research=True) == pytest.approx(np.log(0.3 / 0.999))
    assert evidence(is_research=True, agreements=2) == evidence(agreements=2)


def test_an_objection_is_in_vain_one_time_in_ten() -> None:
    assert evidence(disagreements=1) == pytest.approx(np.log(7.0))


def test_beyond_four_votes_nothing_is_added() -> None:
    assert evidence(agreements=9, disagreements=9) == evidence(agreements=4, disagreements=4)


def test_an_unusual_place_adds_a_fixed_amount() -> None:
    assert evidence(is_anomalous=True) == ANOMALY
