"""What a trained network can do: the results document of a run, from photos that it never saw.

The temperature and the weight of place and month are fitted on the validation set; every figure is of the
test set. Suspected labels come from both, for the network was trained on neither.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer.checkpoints import Progress
from trainer.files import read_json, write_json
from trainer.folds import NAME as FOLDS_NAME
from trainer.hardware import Machine
from trainer.label_issues import plain_issues
from trainer.metrics import (
    Outcomes,
    expected_calibration_error,
    fit_temperature,
    grouping,
    join,
    log_softmax,
    outcomes,
    reliability,
    roll_up,
)
from trainer.page import NAME as PAGE_NAME
from trainer.page import write_page
from trainer.predict import load_learner, log_probabilities
from trainer.prior import Prior, combine, fit_weight, read_places
from trainer.results import (
    Document,
    compare,
    describe_clades,
    describe_confusions,
    describe_issues,
    describe_overall,
    describe_taxa,
)
from trainer.runs import Run, open_run
from trainer.shards import Shards, open_shards
from trainer.snapshot import SETS, Floats, Ints, Snapshot
from trainer.steps import Learner

#: Probabilities held in memory at once, to fit the temperature and the prior's weight.
_MOST_VALUES = 50_000_000
_MOST_ISSUES = 20_000

Tell = Callable[[str], None]


@dataclass(frozen=True)
class _Calibration:
    """What was fitted on the validation set. weight: of the prior."""

    temperature: float
    prior: Prior | None = None
    weight: float = 0.0


@dataclass(frozen=True)
class _Rank:
    """A level of the tree: each class's group there, from 0, and how many groups there are.

    matrix: for `trainer.metrics.roll_up`.
    """

    level: float
    name: str
    groups: Ints
    number: int
    matrix: Any


@dataclass(frozen=True)
class _Judged:
    """A set's outcomes: calibrated, as the network gave them, and with the prior.

    right_at: (n, ranks), 1 where the likeliest group is the label's.
    """

    calibrated: Outcomes
    raw: Outcomes
    with_prior: Outcomes
    right_at: Floats


def evaluate(run_folder: Path, *, previous: Path | None = None, tell: Tell = print) -> Document:
    """Judge a run's newest checkpoint on its test set: ``results.json``, ``report.html``; gives the document.

    ``previous``: the results of an earlier model, to compare with. DataError if the run has no checkpoint.
    """
    run = open_run(run_folder)
    learner, progress, machine = load_learner(run)
    shards = {name: open_shards(run.snapshot, name, run.shards, run.config.data) for name in SETS}
    ranks = _ranks(run.snapshot)
    calibration = _calibrate(run, learner, shards)
    judged = {name: _judge(run, learner, shards[name], calibration, ranks) for name in ("val", "test")}
    document = {
        "run": _describe_run(run, progress, machine, shards),
        **_describe_test(run.snapshot, shards["test"], judged["test"], calibration, ranks),
        **_describe_issues(run, shards, judged),
    }
    document["compared"] = None if previous is None else compare(document["taxa"], previous)
    write_json(run.results, document)
    write_page(run.folder / PAGE_NAME, document, run.snapshot, shards["test"])
    overall = document["overall"]
    tell(
        f"evaluate: {overall['images']:,} test photos: top-1 {overall['top1']:.1%}"
        f" ({overall['top1_low']:.1%} to {overall['top1_high']:.1%}), top-5 {overall['top5']:.1%};"
        f" {run.results}"
    )
    return document


def _calibrate(run: Run, learner: Learner, shards: dict[str, Shards]) -> _Calibration:
    """Fit the temperature, then the prior's weight, on validation photos drawn by the seed."""
    val = shards["val"]
    classes = len(run.snapshot.class_taxon_ids)
    number = min(run.config.evaluation.calibration_photos, max(_MOST_VALUES // classes, 1), len(val))
    rows = np.sort(np.random.default_rng(run.config.seed).choice(len(val), number, replace=False))
    logs = np.concatenate(
        [
            values
            for _, values in log_probabilities(
                learner, val, rows, run.config, run.config.evaluation.training_crop
            )
        ]
    )
    labels = val.photos.class_ids[rows]
    temperature = fit_temperature(labels, logs)
    if not run.config.evaluation.prior:
        return _Calibration(temperature)
    judged = [shards[name].photos.observation_ids for name in ("val", "test")]
    prior = Prior(read_places(run.snapshot), classes, without=np.concatenate(judged))
    ratios = prior.log_ratios(val.photos.observation_ids[rows])
    return _Calibration(temperature, prior, fit_weight(labels, log_softmax(logs / temperature), ratios))


def _judge(
    run: Run, learner: Learner, shards: Shards, calibration: _Calibration, ranks: list[_Rank]
) -> _Judged:
    parts: list[_Judged] = []
    for rows, logs in log_probabilities(
        learner, shards, np.arange(len(shards)), run.config, run.config.evaluation.training_crop
    ):
        labels = shards.photos.class_ids[rows]
        calibrated = log_softmax(logs / calibration.temperature)
        with_prior = calibrated
        if calibration.prior is not None:
            ratios = calibration.prior.log_ratios(shards.photos.observation_ids[rows])
            with_prior = combine(calibrated, ratios, calibration.weight)
        probabilities = np.exp(calibrated)
        right_at = np.array([_right_at(rank, labels, probabilities) for rank in ranks])
        parts.append(
            _Judged(
                calibrated=outcomes(labels, calibrated),
                raw=outcomes(labels, logs),
                with_prior=outcomes(labels, with_prior),
                right_at=right_at.reshape(len(ranks), -1).T,
            )
        )
    return _Judged(
        calibrated=join([part.calibrated for part in parts]),
        raw=join([part.raw for part in parts]),
        with_prior=join([part.with_prior for part in parts]),
        right_at=np.concatenate([part.right_at for part in parts]),
    )


def _right_at(rank: _Rank, labels: Ints, probabilities: Floats) -> Floats:
    best = roll_up(probabilities, rank.matrix).argmax(axis=1)
    right: Floats = (best == rank.groups[labels]).astype(np.float64)
    return right


def _ranks(snapshot: Snapshot) -> list[_Rank]:
    """The levels of the tree above the finest class that have a taxon over some class, fine to coarse."""
    above = {
        (taxon.rank_level, taxon.rank)
        for taxon_id in snapshot.class_taxon_ids.tolist()
        for taxon in snapshot.ancestors(taxon_id)
    }
    ranks = []
    for level in sorted({level for level, _ in above}):
        names = sorted(name for at, name in above if at == level)
        taxa, groups = np.unique(snapshot.groups_at(level), return_inverse=True)
        if len(taxa) > 1:
            ranks.append(_Rank(level, names[0], groups, len(taxa), grouping(groups)))
    return ranks


def _describe_test(
    snapshot: Snapshot, shards: Shards, judged: _Judged, calibration: _Calibration, ranks: list[_Rank]
) -> Document:
    found = judged.calibrated
    taxa = describe_taxa(found, snapshot)
    raw_error = expected_calibration_error(judged.raw.top_probability, judged.raw.right)
    with_prior = {**describe_overall(judged.with_prior), "weight": calibration.weight}
    return {
        "overall": {
            **describe_overall(found),
            "expected_calibration_error_uncalibrated": raw_error,
            "temperature": calibration.temperature,
        },
        "with_prior": None if calibration.prior is None else with_prior,
        "ranks": [
            {"rank_level": rank.level, "rank": rank.name, "groups": rank.number, "top1": float(right)}
            for rank, right in zip(ranks, judged.right_at.mean(axis=0), strict=True)
        ],
        "taxa": taxa,
        "clades": describe_clades(taxa, snapshot),
        "confusions": describe_confusions(found, shards.photos.photo_ids, snapshot),
        "reliability": reliability(found.top_probability, found.right),
    }


def _describe_issues(run: Run, shards: dict[str, Shards], judged: dict[str, _Judged]) -> Document:
    """The suspected labels of both held-out sets, and those of training that `trainer.folds` found."""
    path = run.folder / FOLDS_NAME
    found = read_json(path, "delete it") if path.is_file() else {"label_issues": [], "label_issues_from": []}
    rows = list(found["label_issues"])
    for name, one in judged.items():
        rows += describe_issues(plain_issues(one.calibrated), shards[name].photos, run.snapshot)
    rows.sort(key=lambda row: (-row["score"], row["photo_id"]))
    number = sum(len(one.calibrated.labels) for one in judged.values())
    held_out = {"method": "plain", "sets": list(judged), "photos": number}
    return {
        "label_issues": rows[:_MOST_ISSUES],
        "label_issues_from": [*found["label_issues_from"], held_out],
    }


def _describe_run(run: Run, progress: Progress, machine: Machine, shards: dict[str, Shards]) -> Document:
    return {
        "snapshot_digest": run.snapshot.digest,
        "is_simulated": run.snapshot.is_simulated,
        "config": run.config.model_dump(mode="json"),
        **machine.describe(),
        "epochs": len(progress.history),
        "steps": progress.step,
        "images_per_second": progress.images / progress.seconds if progress.seconds else None,
        "wall_seconds": progress.seconds,
        "history": progress.history,
        "photos": {name: len(one) for name, one in shards.items()},
        "skipped": {name: len(one.skipped) for name, one in shards.items()},
    }
