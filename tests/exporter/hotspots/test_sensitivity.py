"""How often people overturn wrong labels, worked out by hand."""

import numpy as np
import pytest

from exporter.hotspots.sensitivity import FALSE_ALARM, Pairs, aided_share, estimate, log_odds_of_review


def test_a_person_is_shrunk_to_all_and_a_family_to_the_person() -> None:
    """One person: of 8 wrong labels of one family 8 overturned, of 8 of another none."""
    person, family = np.zeros(16, dtype=np.int64), np.repeat([3, 5], 8)
    result = estimate(Pairs.among(person, family), np.repeat([True, False], 8), np.ones(16))
    usual = (8 + 20 * 0.7) / (16 + 20)
    everywhere = (8 + 4 * usual) / (16 + 4)
    values = [(8 + 4 * everywhere) / 12, 4 * everywhere / 12]
    assert result.usual == pytest.approx(usual)
    assert result.of(np.array([0, 0]), np.array([3, 5])).tolist() == pytest.approx(values)
    assert result.attentive == pytest.approx(values[0])
    assert result.of(np.array([7]), np.array([3])).tolist() == pytest.approx([usual])


def test_labels_that_are_right_say_nothing_of_a_person() -> None:
    pairs = Pairs.among(np.zeros(100, dtype=np.int64), np.zeros(100, dtype=np.int64))
    result = estimate(pairs, np.zeros(100, dtype=np.bool_), np.zeros(100))
    assert result.of(np.array([0]), np.array([0])).tolist() == pytest.approx([0.7])


def test_agreement_is_worth_what_its_maker_would_have_overturned() -> None:
    caught = np.array([0.02, 0.5, 0.98])
    worth = log_odds_of_review(caught, np.zeros(3, dtype=np.bool_), 0.1)
    assert worth.tolist() == pytest.approx(np.log([0.98 / 0.999, 0.5 / 0.999, 0.02 / 0.999]).tolist())
    assert log_odds_of_review(caught[1:2], np.array([True]), 0.1).tolist() == pytest.approx([np.log(5.0)])


def test_a_rejection_by_a_suggestion_is_worth_what_suggestions_are() -> None:
    """Of 50 reviews 2 overturn by a suggestion: a right label falls so in 4 of 100 cases at most."""
    is_aided, is_overturned = np.arange(50) < 5, np.arange(50) % 3 == 0
    aided = aided_share(is_aided, is_overturned)
    assert aided == pytest.approx(2 / 50)
    worth = log_odds_of_review(np.array([0.5, 0.5]), np.array([True, True]), np.array([aided, FALSE_ALARM]))
    assert worth.tolist() == pytest.approx(np.log([0.5 / 0.04, 0.5 / 0.001]).tolist())


def test_without_a_rejection_by_a_suggestion_one_would_be_worth_any_other() -> None:
    assert aided_share(np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.bool_)) == FALSE_ALARM
    assert aided_share(np.array([True, False]), np.array([False, True])) == FALSE_ALARM
