"""What a trained network can do: the results document of a run, from photos that it never saw.

What is fitted (`trainer.calibration`) is fitted on the validation set; every figure is of the test set.
Photos are judged in passes, and what is said of each is kept (`trainer.predictions`): the figures are
computed from that alone. So a killed evaluation goes on where it stopped, and several processes can share the
passes.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from trainer import predictions
from trainer.answers import Tree
from trainer.calibration import NAME as CALIBRATION_NAME
from trainer.calibration import Calibration, Expectations, calibrate, expectations
from trainer.checkpoints import Progress
from trainer.config import with_evaluation
from trainer.continents import continents
from trainer.figures import figures, ranks_of
from trainer.files import read_json, write_json
from trainer.folds import NAME as FOLDS_NAME
from trainer.hardware import Machine
from trainer.label_issues import plain_issues
from trainer.metrics import outcomes, roll_up
from trainer.page import NAME as PAGE_NAME
from trainer.page import write_page
from trainer.paired import compare_pairs
from trainer.predict import checkpoint_path, load_learner, log_probabilities
from trainer.predictions import Part, Predictions
from trainer.prior import Places, combine, read_places
from trainer.results import Document, compare, describe_issues
from trainer.runs import Run, open_run
from trainer.shards import Shards, open_shards
from trainer.snapshot import SETS, Floats, Ints
from trainer.steps import Learner

_MOST_ISSUES = 20_000
_JUDGED = ("val", "test")

Say = Callable[[str], None]


def evaluate(
    run_folder: Path,
    *,
    previous: Path | None = None,
    changes: tuple[str, ...] = (),
    share: tuple[int, int] = (1, 1),
    say: Say = print,
) -> Document | None:
    """Judge a run's checkpoint on its test set: ``results.json``, ``report.html``; return that.

    ``previous``: the results of an earlier model, to compare with. ``changes``: of the config's [evaluation]
    and [hardware], like ``evaluation.views=2``. ``share``: (2, 4) judges every fourth pass from the second
    on, and leaves the document to a call without it, once all passes are there: then None. DataError if the
    run has no checkpoint.
    """
    run = open_run(run_folder)
    run = replace(run, config=with_evaluation(run.config, changes))
    learner, progress, machine = load_learner(run)
    shards = {name: open_shards(run.snapshot, name, run.shards, run.config.data) for name in SETS}
    judge = _Judge(run, learner, shards)
    number, of = share
    for part in judge.parts()[number - 1 :: of]:
        judge.keep(part, say)
    if of > 1:
        say(
            f"evaluate: passes {number}, {number + of} ... are judged; after all, run evaluate without --part"
        )
        return None
    predictions.remove_others(run.folder, judge.parts())
    document = _document(run, judge, progress, machine)
    document["compared"] = None
    if previous is not None:
        tables = run.folder, previous.parent
        document["compared"] = compare(document["taxa"], previous) | compare_pairs(*tables, run.snapshot)
    write_json(run.results, document)
    write_page(run.folder / PAGE_NAME, document, run.snapshot, shards["test"])
    overall = document["overall"]
    say(
        f"evaluate: {overall['images']:,} test photos: top-1 {overall['top1']:.1%}"
        f" ({overall['top1_low']:.1%} to {overall['top1_high']:.1%}), top-5 {overall['top5']:.1%},"
        f" central {judge.calibration.crop:g}; {run.results}"
    )
    return document


class _Judge:
    """Judges photos of a run, pass by pass."""

    def __init__(self, run: Run, learner: Learner, shards: dict[str, Shards]) -> None:
        self._run = run
        self._learner = learner
        self.shards = shards
        self.ranks = ranks_of(run.snapshot)
        self._tree = Tree.over(run.snapshot.taxa, run.snapshot.class_taxon_ids)
        self._places = read_places(run.snapshot)
        judged = [shards[name].photos.observation_ids for name in _JUDGED]
        self._known: Expectations | None = expectations(run, judged)
        self.calibration = self._calibrate()
        self._made_from = predictions.digest(
            {
                "checkpoint": _checkpoint_digest(run),
                "calibration": self.calibration.describe(),
                "evaluation": run.config.evaluation.model_dump(mode="json"),
                "photos": {name: shards[name].digest for name in _JUDGED},
            }
        )

    def parts(self) -> list[Part]:
        """All passes over validation and test photos."""
        size = self._run.config.evaluation.pass_photos
        return [
            part
            for name in _JUDGED
            for part in predictions.parts(self._run.folder, name, len(self.shards[name]), size)
        ]

    def keep(self, part: Part, say: Say) -> None:
        """Judge the photos of a pass and write its file, unless it is there."""
        if predictions.is_made(part, self._made_from):
            return
        shards, rows = self.shards[part.set_name], np.array(part.rows)
        batches = list(self._batches(shards, rows))
        columns = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
        predictions.write_part(part, _as_columns(columns), self._made_from)
        say(f"evaluate: {part.set_name}, {part.rows.stop:,} of {len(shards):,} photos")

    def _calibrate(self) -> Calibration:
        run = self._run
        result = calibrate(run, self._learner, self.shards["val"], self._known, self._places.spots)
        write_json(run.folder / CALIBRATION_NAME, result.describe())
        return result

    def _batches(self, shards: Shards, rows: Ints) -> Iterator[dict[str, Any]]:
        config, calibration = self._run.config, self.calibration
        class_taxon_ids = self._run.snapshot.class_taxon_ids
        for some, logs in log_probabilities(self._learner, shards, rows, config, calibration.crop):
            photos = shards.photos.take(some)
            calibrated = calibration.calibrated(logs)
            result = outcomes(photos.class_ids, calibrated)
            probabilities = np.exp(calibrated)
            groups = [
                rank.taxon_ids[roll_up(probabilities, rank.matrix).argmax(axis=1)] for rank in self.ranks
            ]
            yield {
                "photo_id": photos.photo_ids,
                "observation_id": photos.observation_ids,
                "label_taxon_id": class_taxon_ids[photos.class_ids],
                "taxon_ids": class_taxon_ids[result.top],
                "probabilities": _chosen(probabilities, result.top),
                "label_probability": result.true_probability,
                "raw_probability": np.exp(logs[np.arange(len(some)), result.top[:, 0]]),
                "rank_taxon_ids": np.array(groups, dtype=np.int64).reshape(len(groups), len(some)).T,
                "answer_taxon_ids": self._answers(probabilities, calibration.thresholds),
                **self._with_prior(photos.class_ids, photos.observation_ids, calibrated),
                **_where_and_when(self._places, photos.observation_ids),
            }

    def _with_prior(self, labels: Ints, observation_ids: Ints, calibrated: Floats) -> dict[str, Any]:
        if self._known is None:
            return {}
        ratios = self._known.ratios(self._places.spots(observation_ids))
        logs = combine(calibrated, ratios, self.calibration.weights)
        result, probabilities = outcomes(labels, logs), np.exp(logs)
        return {
            "prior_taxon_ids": self._run.snapshot.class_taxon_ids[result.top],
            "prior_probabilities": _chosen(probabilities, result.top),
            "prior_label_probability": result.true_probability,
            "prior_answer_taxon_ids": self._answers(probabilities, self.calibration.prior_thresholds),
        }

    def _answers(self, probabilities: Floats, thresholds: list[float]) -> Ints:
        sums = self._tree.sums(probabilities)
        taxa = [self._tree.taxa_of(self._tree.answers(sums, threshold)) for threshold in thresholds]
        return np.stack(taxa, axis=1)


def _chosen(probabilities: Floats, top: Ints) -> Floats:
    result: Floats = np.take_along_axis(probabilities, top, axis=1)
    return result


def _as_columns(columns: dict[str, Any]) -> dict[str, Any]:
    """Arrays as Parquet's columns; what was not requested is null."""
    rows = len(columns["photo_id"])
    result = {
        name: predictions.lists(values) if np.ndim(values) == 2 else values.tolist()
        for name, values in columns.items()
    }
    return {name: result.get(name, [None] * rows) for name in predictions.SCHEMA.names}


def _where_and_when(places: Places, observation_ids: Ints) -> dict[str, Any]:
    spots = places.spots(observation_ids)
    # The first of January of a year without a leap day is day 0: good enough for a month.
    dates = np.datetime64("2023-01-01") + np.clip(spots.days, 0, 364)
    months = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return {
        "continent": np.array(continents(spots.latitudes, spots.longitudes), dtype=object),
        "month": np.where(spots.days < 0, 0, months),
    }


def _checkpoint_digest(run: Run) -> str:
    with checkpoint_path(run, run.config.evaluation.checkpoint).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _document(run: Run, judge: _Judge, progress: Progress, machine: Machine) -> Document:
    snapshot, calibration = run.snapshot, judge.calibration
    tables = {
        name: Predictions(predictions.read_set(run.folder, name), snapshot.class_taxon_ids)
        for name in _JUDGED
    }
    return {
        "run": _describe_run(run, progress, machine, judge.shards),
        **figures(tables["test"], snapshot, calibration, judge.ranks),
        **_describe_issues(run, tables),
    }


def _describe_issues(run: Run, tables: dict[str, Predictions]) -> Document:
    """The suspected labels of both held-out sets, and those of training from `trainer.folds`."""
    path = run.folder / FOLDS_NAME
    result = read_json(path, "delete it") if path.is_file() else {"label_issues": [], "label_issues_from": []}
    rows = list(result["label_issues"])
    for one in tables.values():
        rows += describe_issues(plain_issues(one.outcomes()), one.photos, run.snapshot)
    rows.sort(key=lambda row: (-row["score"], row["photo_id"]))
    number = sum(one.table.num_rows for one in tables.values())
    held_out = {"method": "plain", "sets": list(tables), "photos": number}
    return {
        "label_issues": rows[:_MOST_ISSUES],
        "label_issues_from": [*result["label_issues_from"], held_out],
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
