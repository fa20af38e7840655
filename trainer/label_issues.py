"""Photos whose label is probably wrong, from probabilities that a model gave without training on them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.metrics import Outcomes
from trainer.snapshot import Floats, Ints


@dataclass(frozen=True)
class Issues:
    """Suspected labels, most suspect first. rows: of the photos; scores: 0 to 1; suggested: class ids."""

    rows: Ints
    scores: Floats
    suggested: Ints


def plain_issues(result: Outcomes) -> Issues:
    """The photos whose label another class beats, scored by the chance that it is wrong: 1 - p(label)."""
    rows = np.flatnonzero(~result.right)
    scores = 1 - result.true_probability[rows]
    order = np.argsort(-scores, kind="stable")
    return Issues(rows[order], scores[order], result.top[rows[order], 0])


def confident_issues(labels: Ints, probabilities: Any) -> Issues:
    """Those that confident learning prunes, by the margin between another class and the label.

    cleanlab's estimate of the joint distribution of given and true labels says how many of each class are
    wrong (Northcutt, Jiang and Chuang 2021, JAIR 70). probabilities: (n, classes).
    """
    from cleanlab.filter import find_label_issues

    # cleanlab takes classes 0 to k - 1, each of which has photos.
    present, renumbered = np.unique(labels, return_inverse=True)
    kept = np.asarray(probabilities, dtype=np.float64)[:, present]
    kept = kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-300)
    rows = find_label_issues(
        renumbered,
        kept,
        filter_by="prune_by_noise_rate",
        return_indices_ranked_by="normalized_margin",
        n_jobs=1,
    )
    others = kept[rows].copy()
    others[np.arange(len(rows)), renumbered[rows]] = -1
    return Issues(rows, 1 - kept[rows, renumbered[rows]], present[others.argmax(axis=1)])
