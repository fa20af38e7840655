"""Suspected labels, by hand and where the wrong ones are known."""

import numpy as np

from trainer.label_issues import confident_issues, plain_issues
from trainer.metrics import outcomes

PROBABILITIES = np.array([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.05, 0.05, 0.9], [0.4, 0.3, 0.3]]) + 1e-9


def test_plain_issues_of_four_photos() -> None:
    issues = plain_issues(outcomes(np.array([1, 0, 2, 1]), np.log(PROBABILITIES)))
    assert issues.rows.tolist() == [0, 1, 3]
    assert np.allclose(issues.scores, [0.9, 0.8, 0.7])
    assert issues.suggested.tolist() == [0, 1, 0]


def test_both_find_labels_that_were_exchanged_and_no_others() -> None:
    random = np.random.default_rng(1)
    truth = random.integers(0, 4, 400)
    given = truth.copy()
    given[:20] = (truth[:20] + 1) % 4
    probabilities = np.eye(4)[truth] * 0.8 + random.dirichlet(np.ones(4), 400) * 0.2
    plain = plain_issues(outcomes(given, np.log(probabilities)))
    confident = confident_issues(given, probabilities)
    assert sorted(plain.rows.tolist()) == list(range(20))
    assert set(confident.rows.tolist()) < set(range(20))  # it estimates how many there are: 18
    assert len(confident.rows) == 18
    for issues in (plain, confident):
        assert np.array_equal(issues.suggested, truth[issues.rows])


def test_confident_learning_leaves_out_classes_without_photos() -> None:
    probabilities = np.full((40, 5), 0.02)
    labels = np.repeat([1, 3], 20)
    probabilities[np.arange(40), labels] = 0.92
    probabilities[0] = [0.02, 0.02, 0.02, 0.92, 0.02]
    issues = confident_issues(labels, probabilities)
    assert (issues.rows.tolist(), issues.suggested.tolist()) == ([0], [3])
