"""Figures of merit, by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.metrics import (
    chance_of_difference,
    confusions,
    expected_calibration_error,
    fit_temperature,
    grouping,
    interval,
    join,
    log_softmax,
    outcomes,
    reliability,
    roll_up,
)

PROBABILITIES = np.array(
    [[0.5, 0.3, 0.1, 0.05, 0.03, 0.02], [0.1, 0.2, 0.3, 0.2, 0.15, 0.05], [0.2, 0.5, 0.1, 0.1, 0.06, 0.04]]
)
LABELS = np.array([0, 5, 0])


def test_outcomes_of_three_photos() -> None:
    result = outcomes(LABELS, np.log(PROBABILITIES))
    assert result.top.tolist() == [[0, 1, 2, 3, 4], [2, 1, 3, 4, 0], [1, 0, 2, 3, 4]]
    assert result.right.tolist() == [True, False, False]
    assert result.right_in_top.tolist() == [True, False, True]
    assert np.allclose(result.top_probability, [0.5, 0.3, 0.5])
    assert np.allclose(result.true_probability, [0.5, 0.05, 0.2])


def test_of_equals_the_lower_class_comes_first() -> None:
    assert outcomes(np.array([0]), np.zeros((1, 7))).top.tolist() == [[0, 1, 2, 3, 4]]
    assert outcomes(np.array([0]), np.log([[0.2, 0.3, 0.2, 0.3]])).top.tolist() == [[1, 3, 0, 2]]


def test_outcomes_join_in_order() -> None:
    logs = np.log(PROBABILITIES)
    whole = outcomes(LABELS, logs)
    joined = join([outcomes(LABELS[:1], logs[:1]), outcomes(LABELS[1:], logs[1:])])
    assert joined.top.tolist() == whole.top.tolist()
    assert joined.labels.tolist() == whole.labels.tolist()


def test_confusions_most_frequent_first() -> None:
    likeliest = np.eye(3)[[1, 1, 2, 0, 0, 1]] * 0.9 + 0.03
    result = outcomes(np.array([0, 0, 0, 0, 1, 2]), np.log(likeliest))
    assert confusions(result) == [(0, 1, 2), (0, 2, 1), (1, 0, 1), (2, 1, 1)]


def test_calibration_of_ten_photos() -> None:
    confidence = np.array([0.95] * 5 + [0.55] * 5)
    right = np.array([True] * 4 + [False] + [True] * 2 + [False] * 3)
    assert reliability(confidence, right) == [
        {"confidence": pytest.approx(0.55), "accuracy": pytest.approx(0.4), "images": 5},
        {"confidence": pytest.approx(0.95), "accuracy": pytest.approx(0.8), "images": 5},
    ]
    assert expected_calibration_error(confidence, right) == pytest.approx(0.15)


def test_certainty_falls_into_the_last_bin() -> None:
    assert reliability(np.array([1.0]), np.array([True])) == [
        {"confidence": 1.0, "accuracy": 1.0, "images": 1}
    ]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(temperature: float) -> None:
    random = np.random.default_rng(1)
    logs = log_softmax(random.normal(0, 2, (20_000, 5)))
    labels = (np.exp(logs).cumsum(axis=1) < random.random((20_000, 1))).sum(axis=1)
    assert fit_temperature(labels, logs * temperature) == pytest.approx(temperature, rel=0.05)


def test_wilsons_interval_is_the_published_one() -> None:
    """Newcombe 1998 (Statist. Med. 17:857), table I, method 3."""
    low, high = interval(np.array([81, 15, 0, 1]), np.array([263, 148, 20, 29]))
    assert np.allclose(low, [0.2553, 0.0624, 0.0, 0.0061], atol=1e-4)
    assert np.allclose(high, [0.3662, 0.1605, 0.1611, 0.1718], atol=1e-4)


def test_an_interval_of_nothing_says_nothing() -> None:
    low, high = interval(0, 0)
    assert (float(low), float(high)) == (pytest.approx(0), pytest.approx(1))


def test_probabilities_roll_up_the_tree() -> None:
    sums = roll_up(PROBABILITIES, grouping(np.array([1, 0, 1, 0, 2, 2])))
    assert np.allclose(sums, [[0.35, 0.6, 0.05], [0.4, 0.4, 0.2], [0.6, 0.3, 0.1]])


@settings(max_examples=50)
@given(st.lists(st.lists(st.floats(-700, 700), min_size=4, max_size=4), min_size=1, max_size=5))
def test_log_softmax_sums_to_one_and_keeps_the_order(rows: list[list[float]]) -> None:
    logs = log_softmax(rows)
    assert np.allclose(np.exp(logs).sum(axis=1), 1)
    assert np.all(np.diff(np.take_along_axis(logs, np.argsort(rows, axis=1), axis=1), axis=1) >= 0)


def test_the_chance_of_a_difference_by_hand() -> None:
    """Of 8 photos 4 right, drawn into two fours: 70 ways; the smaller tail counts the split that was seen."""
    result = chance_of_difference(
        (np.array([3, 1, 4, 2]), np.full(4, 4)), (np.array([1, 3, 0, 2]), np.full(4, 4))
    )
    # 3 or more right of the first four: 16 + 1 ways; 1 or fewer as many; 4: one way; 2: more than half.
    assert result.tolist() == pytest.approx([34 / 70, 34 / 70, 2 / 70, 1.0])
