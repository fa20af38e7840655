"""Every figure of a test set, from the predictions kept of it alone."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.answers import ACCURACIES, NOTHING
from trainer.calibration import Calibration
from trainer.metrics import Outcomes, grouping, interval, reliability
from trainer.predictions import Predictions
from trainer.results import (
    Document,
    describe_clades,
    describe_confusions,
    describe_outcomes,
    describe_overall,
    describe_taxa,
)
from trainer.snapshot import Ints, Snapshot


@dataclass(frozen=True)
class Rank:
    """A level of the tree.

    Taxon_ids: of its groups; matrix: for `trainer.metrics.roll_up`; groups: of classes.
    """

    level: float
    name: str
    taxon_ids: Ints
    groups: Ints
    matrix: Any


def figures(test: Predictions, snapshot: Snapshot, calibration: Calibration, ranks: list[Rank]) -> Document:
    """Every figure of the test set, from the predictions kept of it alone."""
    result = test.outcomes()
    has_prior = bool(calibration.weights)
    with_prior = test.outcomes("prior_") if has_prior else None
    taxa = describe_taxa(result, snapshot)
    raw = test.table["raw_probability"].to_numpy()
    return {
        "overall": describe_overall(result, raw) | {"temperature": calibration.temperature},
        "with_prior": None
        if with_prior is None
        else describe_outcomes(with_prior)
        | {"weight": calibration.weights[0], "weights": calibration.weights},
        "calibration": _describe_calibration(test, snapshot, calibration),
        "ranks": _describe_ranks(test, ranks),
        "taxa": taxa,
        "clades": describe_clades(taxa, snapshot),
        "continents": _describe_groups("continent", test.table["continent"], result, with_prior),
        "months": _describe_groups("month", test.table["month"], result, with_prior),
        "confusions": describe_confusions(result, test.photos.photo_ids, snapshot),
        "reliability": reliability(result.top_probability, result.right),
    }


def _describe_ranks(test: Predictions, ranks: list[Rank]) -> list[Document]:
    """A row for each level; none where no level divides the classes."""
    if not ranks:
        return []
    said = test.ids("rank_taxon_ids")
    return [
        {
            "rank_level": rank.level,
            "rank": rank.name,
            "groups": len(rank.taxon_ids),
            "top1": float((said[:, number] == rank.taxon_ids[rank.groups[test.labels]]).mean()),
        }
        for number, rank in enumerate(ranks)
    ]


def _describe_groups(name: str, column: Any, result: Outcomes, with_prior: Outcomes | None) -> list[Document]:
    """A row for each value of a column that is known: a continent, a month."""
    values = np.array(column.to_pylist())
    rows = []
    for value in sorted(set(values.tolist()) - {"", 0, None}):
        mine = values == value
        low, high = interval(result.right[mine].sum(), mine.sum())
        rows.append(
            {
                name: value,
                "images": int(mine.sum()),
                "top1": float(result.right[mine].mean()),
                "top1_low": float(low),
                "top1_high": float(high),
                "top5": float(result.right_in_top[mine].mean()),
                "top1_with_prior": None if with_prior is None else float(with_prior.right[mine].mean()),
            }
        )
    return rows


def _describe_calibration(test: Predictions, snapshot: Snapshot, calibration: Calibration) -> Document:
    """What was fitted on validation photos, and how often the one answer holds in the test."""
    described = calibration.describe()
    result: Document = {name: described[name] for name in ("crop", "views", "temperature", "weights")}
    result["answers"] = _answers(test, snapshot, "", calibration.thresholds)
    if calibration.weights:
        result["answers_with_prior"] = _answers(test, snapshot, "prior_", calibration.prior_thresholds)
    return result


def _answers(test: Predictions, snapshot: Snapshot, prefix: str, thresholds: list[float]) -> list[Document]:
    said, labels = test.ids(f"{prefix}answer_taxon_ids"), test.table["label_taxon_id"].to_numpy()
    lines = {taxon_id: _line(snapshot, taxon_id) for taxon_id in np.unique(labels).tolist()}
    rows = []
    for number, (accuracy, threshold) in enumerate(zip(ACCURACIES, thresholds, strict=True)):
        answers = said[:, number].tolist()
        held = [answer in lines[label] for answer, label in zip(answers, labels.tolist(), strict=True)]
        low, high = interval(np.sum(held), len(held))
        rows.append(
            {
                "accuracy": accuracy,
                "threshold": threshold,
                "held": float(np.mean(held)),
                "held_low": float(low),
                "held_high": float(high),
                "to_a_class": float(np.isin(said[:, number], snapshot.class_taxon_ids).mean()),
                "to_nothing": float((said[:, number] == NOTHING).mean()),
            }
        )
    return rows


def _line(snapshot: Snapshot, taxon_id: int) -> set[int]:
    return {NOTHING, taxon_id, *(taxon.taxon_id for taxon in snapshot.ancestors(taxon_id))}


def ranks_of(snapshot: Snapshot) -> list[Rank]:
    """The levels of the tree above the finest class that divide the classes, fine to coarse."""
    above = {
        (taxon.rank_level, taxon.rank)
        for taxon_id in snapshot.class_taxon_ids.tolist()
        for taxon in snapshot.ancestors(taxon_id)
    }
    result = []
    for level in sorted({level for level, _ in above}):
        names = sorted(name for at, name in above if at == level)
        taxa, groups = np.unique(snapshot.groups_at(level), return_inverse=True)
        if len(taxa) > 1:
            result.append(Rank(level, names[0], taxa, groups, grouping(groups)))
    return result
