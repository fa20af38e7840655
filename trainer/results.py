"""The results document: what a run has to say, in one JSON object.

    run            what was trained, on what, how: snapshot_digest, config (every key), precision, device,
                   devices, strategy, xla, deterministic, is_simulated, images_per_second, epochs, steps,
                   wall_seconds, history (one entry an epoch: epoch, loss, top1, learning_rate, val_loss,
                   val_top1), photos and skipped (missing or broken), by set
    overall        images, top1, top5, mean_class_top1, top1_low, top1_high (Wilson, 95 %), log_loss,
                   expected_calibration_error (after temperature scaling, and _uncalibrated), temperature
    with_prior     as overall, with place and date; weights: of the gridded prior and, if there is one, the
                   learned one; weight: the first. null if it was not requested
    calibration    what was fitted on validation photos: crop (the central part that is judged), views,
                   temperature, weights, and of each stated accuracy in answers (and answers_with_prior):
                   accuracy, threshold, held (how often the one answer holds the label), held_low, held_high,
                   to_a_class (how often it is a class), to_nothing
    ranks          rank_level, rank, top1, of the likeliest group when probabilities are summed up the tree
    taxa           taxon_id, images, top1, top5, mean_true_probability, top1_low, top1_high: one per class
                   with test photos
    clades         taxon_id, name, rank, classes, images, top1, top5: taxa with two classes or more below them
    continents     continent, images, top1, top1_low, top1_high, top5, top1_with_prior; months likewise
    (month,
                   1 to 12): of the photos whose place or date the snapshot has
    confusions     true_taxon_id, predicted_taxon_id, count, photo_ids (up to three): most frequent first
    reliability    confidence, accuracy, images: bins of the calibrated confidence
    label_issues   photo_id, observation_id, label_taxon_id, suggested_taxon_id, score (probability that the
                   label is wrong, as the model sees it): most suspect first, out of sample
    label_issues_from   a list: method, sets, photos (how many were judged), and folds for training photos
    compared       null, or previous (its file's digest), taxa (taxon_id, top1, previous_top1, difference,
                   difference_low, difference_high (Newcombe, 95 %), p_value (Fisher), q_value
                   (Benjamini-Hochberg)), taxa_only_here, taxa_only_before, and over the taxa of both:
                   top1, previous_top1; pairs: null, or of the photos that both were judged on: photos, top1,
                   previous_top1, right_only_here, right_only_before, difference, difference_low,
                   difference_high (Newcombe), p_value (McNemar, exact), and in clades the same of each taxon
                   over two classes or more, with q_value

Shares are 0 to 1; ``top1`` of a taxon is the share of its test photos whose likeliest class it is. Ids are
iNaturalist's. Figures are of the test set, which nothing was fitted on, and are computed from
`trainer.predictions` alone.
"""

import gzip
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from trainer.errors import DataError
from trainer.files import read_json
from trainer.label_issues import Issues
from trainer.metrics import (
    Outcomes,
    chance_of_difference,
    confusions,
    difference_interval,
    expected_calibration_error,
    interval,
)
from trainer.snapshot import Floats, Ints, Photos, Snapshot

CONFUSION_EXAMPLES = 3

Document = dict[str, Any]

_ADVICE = "run evaluate first"


def read_results(path: Path) -> Document:
    """A results document. DataError if it is none."""
    document = read_json(path, _ADVICE)
    if missing := {"run", "overall", "taxa", "confusions", "label_issues"} - document.keys():
        raise DataError(f"{path}: no results document (lacks {', '.join(sorted(missing))}); {_ADVICE}")
    return document


def packed(document: Document) -> bytes:
    """The document as it is sent: JSON in gzip, the same bytes each time."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def describe_overall(result: Outcomes, raw_probability: Floats) -> Document:
    """The figures of all test photos together.

    ``raw_probability``: of the likeliest, before temperature scaling.
    """
    raw_error = expected_calibration_error(raw_probability, result.right)
    return describe_outcomes(result) | {"expected_calibration_error_uncalibrated": raw_error}


def describe_outcomes(result: Outcomes) -> Document:
    """The figures of one way to judge all test photos."""
    number = len(result.labels)
    low, high = interval(result.right.sum(), number)
    sums = _ClassSums(result, int(result.labels.max()) + 1)
    has_any = sums.images > 0
    return {
        "images": number,
        "top1": float(result.right.mean()),
        "top1_low": float(low),
        "top1_high": float(high),
        "top5": float(result.right_in_top.mean()),
        "mean_class_top1": float((sums.right[has_any] / sums.images[has_any]).mean()),
        "log_loss": -float(np.log(np.maximum(result.true_probability, 1e-300)).mean()),
        "expected_calibration_error": expected_calibration_error(result.top_probability, result.right),
    }


class _ClassSums:
    """Sums over the photos of each class, by class id."""

    def __init__(self, result: Outcomes, classes: int) -> None:
        def sums(weights: Any = None) -> Floats:
            return np.bincount(result.labels, weights=weights, minlength=classes).astype(np.float64)

        self.images = sums()
        self.right = sums(result.right)
        self.right_in_top = sums(result.right_in_top)
        self.true_probability = sums(result.true_probability)


def describe_taxa(result: Outcomes, snapshot: Snapshot) -> list[Document]:
    """A row for each class with test photos."""
    sums = _ClassSums(result, len(snapshot.class_taxon_ids))
    low, high = interval(sums.right, sums.images)
    return [
        {
            "taxon_id": int(snapshot.class_taxon_ids[number]),
            "images": int(sums.images[number]),
            "top1": float(sums.right[number] / sums.images[number]),
            "top5": float(sums.right_in_top[number] / sums.images[number]),
            "mean_true_probability": float(sums.true_probability[number] / sums.images[number]),
            "top1_low": float(low[number]),
            "top1_high": float(high[number]),
        }
        for number in np.flatnonzero(sums.images).tolist()
    ]


def describe_clades(taxa: list[Document], snapshot: Snapshot) -> list[Document]:
    """A row for each taxon with two classes or more below it."""
    rows: dict[int, Document] = {}
    for taxon in taxa:
        for above in snapshot.ancestors(taxon["taxon_id"]):
            row = rows.setdefault(
                above.taxon_id,
                {"taxon_id": above.taxon_id, "name": above.name, "rank": above.rank, "classes": 0}
                | {"images": 0, "top1": 0.0, "top5": 0.0},
            )
            row["classes"] += 1
            row["images"] += taxon["images"]
            for name in ("top1", "top5"):
                row[name] += taxon[name] * taxon["images"]
    several = [row for row in rows.values() if row["classes"] > 1]
    for row in several:
        row |= {name: row[name] / row["images"] for name in ("top1", "top5")}
    return sorted(several, key=lambda row: (-row["images"], row["taxon_id"]))


def describe_confusions(result: Outcomes, photo_ids: Ints, snapshot: Snapshot) -> list[Document]:
    """A row for each pair of label and likeliest class that differ."""
    examples: dict[tuple[int, int], list[int]] = {}
    wrong = np.flatnonzero(~result.right)
    for row in wrong[np.argsort(-result.top_probability[wrong], kind="stable")].tolist():
        examples.setdefault((int(result.labels[row]), int(result.top[row, 0])), []).append(
            int(photo_ids[row])
        )
    taxon_ids = snapshot.class_taxon_ids
    return [
        {
            "true_taxon_id": int(taxon_ids[label]),
            "predicted_taxon_id": int(taxon_ids[predicted]),
            "count": count,
            "photo_ids": examples[label, predicted][:CONFUSION_EXAMPLES],
        }
        for label, predicted, count in confusions(result)
    ]


def describe_issues(issues: Issues, photos: Photos, snapshot: Snapshot) -> list[Document]:
    """A row for each suspected label, most suspect first."""
    some = photos.take(issues.rows)
    taxon_ids = snapshot.class_taxon_ids
    return [
        {
            "photo_id": photo_id,
            "observation_id": observation_id,
            "label_taxon_id": label,
            "suggested_taxon_id": suggested,
            "score": score,
        }
        for photo_id, observation_id, label, suggested, score in zip(
            some.photo_ids.tolist(),
            some.observation_ids.tolist(),
            taxon_ids[some.class_ids].tolist(),
            taxon_ids[issues.suggested].tolist(),
            issues.scores.tolist(),
            strict=True,
        )
    ]


def compare(taxa: list[Document], previous: Path) -> Document:
    """The taxa of this run and a previous one, side by side; each was judged on its own test photos."""
    before = {row["taxon_id"]: row for row in read_results(previous)["taxa"]}
    both = [(row, before[row["taxon_id"]]) for row in taxa if row["taxon_id"] in before]
    now, past = _counts([new for new, _ in both]), _counts([old for _, old in both])
    p_values = chance_of_difference(now, past)
    q_values = stats.false_discovery_control(p_values) if both else p_values
    low, high = difference_interval(now, past)
    figures = (values.tolist() for values in (low, high, p_values, q_values))
    return {
        "previous": hashlib.sha256(previous.read_bytes()).hexdigest(),
        "top1": _pooled([new for new, _ in both]),
        "previous_top1": _pooled([old for _, old in both]),
        "taxa_only_here": len(taxa) - len(both),
        "taxa_only_before": len(before) - len(both),
        "taxa": [
            {
                "taxon_id": new["taxon_id"],
                "top1": new["top1"],
                "previous_top1": old["top1"],
                "difference": new["top1"] - old["top1"],
                "difference_low": lowest,
                "difference_high": highest,
                "p_value": p_value,
                "q_value": q_value,
            }
            for (new, old), lowest, highest, p_value, q_value in zip(both, *figures, strict=True)
        ],
    }


def _counts(rows: list[Document]) -> tuple[Ints, Ints]:
    """Of each taxon the photos named right, and all."""
    images = np.array([row["images"] for row in rows], dtype=np.int64)
    return np.rint(np.array([row["top1"] for row in rows]) * images).astype(np.int64), images


def _pooled(rows: list[Document]) -> float | None:
    images = Counter[str]()
    for row in rows:
        images["all"] += row["images"]
        images["right"] += round(row["top1"] * row["images"])
    return images["right"] / images["all"] if images["all"] else None
