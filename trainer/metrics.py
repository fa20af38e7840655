"""Figures of merit, in NumPy: they take any model's probabilities."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse, stats

from trainer.snapshot import Floats, Ints

Bools: TypeAlias = NDArray[np.bool_]

TOP = 5
RELIABILITY_BINS = 15
_TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True)
class Outcomes:
    """What a model said of n photos.

    labels: (n,), class ids. top: (n, up to 5), class ids, likeliest first. top_probability: (n,), that of
    the first. true_probability: (n,), that of the label.
    """

    labels: Ints
    top: Ints
    top_probability: Floats
    true_probability: Floats

    @property
    def right(self) -> Bools:
        """Whether the likeliest class is the label."""
        right: Bools = self.top[:, 0] == self.labels
        return right

    @property
    def right_in_top(self) -> Bools:
        """Whether the label is among the likeliest five."""
        right: Bools = (self.top == self.labels[:, None]).any(axis=1)
        return right

    def take(self, rows: Ints) -> "Outcomes":
        """Return some of them, in the order given."""
        return Outcomes(
            self.labels[rows], self.top[rows], self.top_probability[rows], self.true_probability[rows]
        )


def outcomes(labels: Ints, log_probabilities: Floats) -> Outcomes:
    """What a batch came to; log_probabilities: (n, classes). Of equals, the lower class id comes first."""
    rows = np.arange(len(labels))
    # A maximum for each place is far less work than sorting tens of thousands of classes.
    rest = log_probabilities.copy()
    top = np.empty((len(labels), min(TOP, rest.shape[1])), dtype=np.int64)
    for place in range(top.shape[1]):
        top[:, place] = rest.argmax(axis=1)
        rest[rows, top[:, place]] = -np.inf
    return Outcomes(
        labels=labels,
        top=top,
        top_probability=np.exp(log_probabilities[rows, top[:, 0]]),
        true_probability=np.exp(log_probabilities[rows, labels]),
    )


def join(parts: list[Outcomes]) -> Outcomes:
    """Outcomes of several batches as one."""
    columns = ("labels", "top", "top_probability", "true_probability")
    return Outcomes(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in columns})


def log_softmax(logits: Any) -> Floats:
    """(n, classes), float64."""
    values = np.asarray(logits, dtype=np.float64)
    values = values - values.max(axis=1, keepdims=True)
    normalised: Floats = values - np.log(np.exp(values).sum(axis=1, keepdims=True))
    return normalised


def fit_temperature(labels: Ints, log_probabilities: Any) -> float:
    """The temperature by which dividing log-probabilities makes the labels likeliest.

    Guo et al. 2017 (ICML, "On calibration of modern neural networks"), section 4.2.
    """

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(np.asarray(log_probabilities, dtype=np.float64) / np.exp(log_temperature))
        return -float(scaled[np.arange(len(labels)), labels].mean())

    low, high = np.log(_TEMPERATURES)
    return float(np.exp(optimize.minimize_scalar(loss, bounds=(low, high), method="bounded").x))


def reliability(confidence: Floats, right: Bools) -> list[dict[str, float]]:
    """Mean confidence and share of right answers in bins of equal width; empty bins are left out."""
    bins = np.minimum((confidence * RELIABILITY_BINS).astype(np.int64), RELIABILITY_BINS - 1)
    return [
        {
            "confidence": float(confidence[bins == number].mean()),
            "accuracy": float(right[bins == number].mean()),
            "images": int((bins == number).sum()),
        }
        for number in np.unique(bins)
    ]


def expected_calibration_error(confidence: Floats, right: Bools) -> float:
    """The mean gap between confidence and accuracy over the bins of `reliability`, by their photos."""
    gaps = [
        one["images"] * abs(one["confidence"] - one["accuracy"]) for one in reliability(confidence, right)
    ]
    return float(sum(gaps) / len(confidence))


def interval(right: Any, number: Any) -> tuple[Floats, Floats]:
    """Wilson's 95 % interval for the share of ``right`` out of ``number`` (both arrays); 0 to 1 for none."""
    z = stats.norm.ppf(0.975)
    counts = np.maximum(np.asarray(number, dtype=np.float64), 1e-9)
    share = np.asarray(right, dtype=np.float64) / counts
    centre = (share + z**2 / (2 * counts)) / (1 + z**2 / counts)
    half = z / (1 + z**2 / counts) * np.sqrt(share * (1 - share) / counts + z**2 / (4 * counts**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def difference_interval(now: tuple[Any, Any], before: tuple[Any, Any]) -> tuple[Floats, Floats]:
    """The 95 % interval for how much the share ``now`` is above that ``before``; each (right, number > 0).

    Newcombe's hybrid of two Wilson intervals (Stat. Med. 17:873, 1998, method 10).
    """
    (share, low, high), (past, past_low, past_high) = (
        (np.asarray(right, dtype=np.float64) / np.asarray(number), *interval(right, number))
        for right, number in (now, before)
    )
    difference = share - past
    return (
        difference - np.hypot(share - low, past_high - past),
        difference + np.hypot(high - share, past - past_low),
    )


def chance_of_difference(now: tuple[Any, Any], before: tuple[Any, Any]) -> Floats:
    """How likely shares that differ so much are by chance: Fisher's exact test, the smaller tail doubled."""
    (right, number), (past_right, past_number) = (
        tuple(np.asarray(values, dtype=np.int64) for values in one) for one in (now, before)
    )
    result = stats.hypergeom(number + past_number, right + past_right, number)
    p_values: Floats = np.minimum(2 * np.minimum(result.cdf(right), result.sf(right - 1)), 1.0)
    return p_values


def grouping(groups: Ints) -> Any:
    """For `roll_up`: a sparse matrix, (classes, groups); ``groups`` has each class's group, from 0."""
    classes = len(groups)
    return sparse.csr_array((np.ones(classes), (np.arange(classes), groups)))


def roll_up(probabilities: Floats, groups: Any) -> Floats:
    """Probabilities of groups of classes, (n, groups), from those of classes, (n, classes)."""
    sums: Floats = probabilities @ groups
    return sums


def confusions(result: Outcomes) -> list[tuple[int, int, int]]:
    """Label, likeliest class and number of photos, where they differ; most frequent first."""
    wrong = ~result.right
    pairs, counts = np.unique(
        np.stack([result.labels[wrong], result.top[wrong, 0]], axis=1), axis=0, return_counts=True
    )
    order = np.argsort(-counts, kind="stable")
    rows = zip(pairs[order].tolist(), counts[order].tolist(), strict=True)
    return [(label, predicted, count) for (label, predicted), count in rows]
