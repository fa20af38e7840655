"""What is fitted on validation photos, so that what a network says can be acted on.

The central part of the photo that is judged, the temperature, the weights of place and date, and the
thresholds by which one answer is chosen. Kept as ``calibration.json`` in a run's folder; test photos have no
part in it.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trainer.answers import Counted, Tree
from trainer.checkpoints import Choice
from trainer.config import CROPS
from trainer.files import whole_file
from trainer.geomodel import GeoModel
from trainer.metrics import fit_temperature, log_softmax
from trainer.predict import log_probabilities
from trainer.prior import Prior, Spots, combine, fit_weights, read_places
from trainer.runs import Run
from trainer.shards import Shards
from trainer.snapshot import Floats, Ints
from trainer.steps import Learner

NAME = "calibration.json"
#: What place and date say: the gridded prior and the learned one.
PRIOR_NAME, GEOMODEL_NAME = "prior.npz", "geomodel.keras"
#: Probabilities held in memory at once.
_MOST_VALUES = 50_000_000
_BATCH = 256

Say = Callable[[str], None]


@dataclass(frozen=True)
class Calibration:
    """What was fitted.

    crop: the central part that is judged, as a share of each side. weights: of the gridded prior and, if
    there is one, of the learned one; none without places. thresholds, prior_thresholds: for each of
    `trainer.answers.ACCURACIES`, of the photo alone and with place and date. checkpoint: whose figures
    these are.
    """

    crop: float
    views: int
    temperature: float
    weights: list[float]
    thresholds: list[float]
    prior_thresholds: list[float]
    checkpoint: Choice = "newest"

    def describe(self) -> dict[str, Any]:
        """As files have it; `Calibration(**...)` reads it."""
        return asdict(self)

    def calibrated(self, logs: Floats) -> Floats:
        """Log-probabilities of the photo alone, from those of the network; (n, classes)."""
        return log_softmax(logs / self.temperature)


class Expectations:
    """What place and date say.

    The gridded prior and, where there was enough to learn from, the learned one.
    """

    def __init__(self, prior: Prior, learned: GeoModel | None) -> None:
        self.prior = prior
        self.learned = learned

    def ratios(self, spots: Spots) -> list[Floats]:
        """Log-ratios, (n, classes), of each."""
        result = [self.prior.log_ratios(spots)]
        return result if self.learned is None else [*result, self.learned.log_ratios(spots)]


def save_expectations(known: Expectations | None, folder: Path, made_from: str) -> None:
    """Keep them in a folder: ``prior.npz`` and ``geomodel.keras``; remove what is there if there are none."""
    for name in (PRIOR_NAME, GEOMODEL_NAME):
        (folder / name).unlink(missing_ok=True)
    if known is None:
        return
    arrays = dict(known.prior.arrays)
    if known.learned is not None:
        known.learned.save(folder / GEOMODEL_NAME)
        arrays["learned_log_shares"] = known.learned.log_shares
    with whole_file(folder / PRIOR_NAME) as stream:
        np.savez(stream, allow_pickle=False, **arrays, made_from=np.array(made_from))


def load_expectations(folder: Path, made_from: str | None = None) -> Expectations | None:
    """What `save_expectations` kept; None if there is nothing, or it is made from something else."""
    path = folder / PRIOR_NAME
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in kept.files}
    if made_from not in (None, str(arrays.pop("made_from"))):
        return None
    log_shares = arrays.pop("learned_log_shares", None)
    if log_shares is None:
        learned = None
    elif (folder / GEOMODEL_NAME).is_file():
        learned = GeoModel.load(folder / GEOMODEL_NAME, log_shares)
    else:
        return None
    return Expectations(Prior(len(arrays["overall"]), arrays), learned)


def expectations(run: Run, judged: list[Ints]) -> Expectations | None:
    """Count and learn from the snapshot's places without the observations ``judged``.

    None if it is switched off, or if the snapshot has no places. They are kept in the run's folder, and taken
    from there when they were made from the same.
    """
    settings = run.config.evaluation
    without = np.concatenate(judged)
    facts = [
        run.snapshot.digest,
        run.config.seed,
        settings.geomodel,
        hashlib.sha256(without.tobytes()).hexdigest(),
    ]
    made_from = json.dumps(facts)
    known = load_expectations(run.folder, made_from) if settings.prior else None
    if known is not None:
        return known
    places, classes = read_places(run.snapshot), len(run.snapshot.class_taxon_ids)
    if settings.prior and len(places.observation_ids):
        learned = GeoModel.fit(places, classes, without, run.config.seed) if settings.geomodel else None
        known = Expectations(Prior.count(places, classes, without), learned)
    save_expectations(known, run.folder, made_from)
    return known


def calibrate(
    run: Run, learner: Learner, val: Shards, known: Expectations | None, spots: Callable[[Ints], Spots]
) -> Calibration:
    """Fit it all on validation photos drawn by the seed. ``spots``: from observations to where and when."""
    settings, classes = run.config.evaluation, len(run.snapshot.class_taxon_ids)
    number = min(settings.calibration_photos, max(_MOST_VALUES // classes, 1), len(val))
    rows = np.sort(np.random.default_rng(run.config.seed).choice(len(val), number, replace=False))
    labels = val.photos.class_ids[rows]
    crop = _best_crop(run, learner, val, rows) if settings.crop == "auto" else settings.crop
    logs = _logs(run, learner, val, rows, crop)
    temperature = fit_temperature(labels, logs)
    logs = log_softmax(logs / temperature)
    tree = Tree.over(run.snapshot.taxa, run.snapshot.class_taxon_ids)
    thresholds = _thresholds(tree, labels, logs)
    if known is None:
        return Calibration(crop, settings.views, temperature, [], thresholds, thresholds, settings.checkpoint)
    ratios = known.ratios(spots(val.photos.observation_ids[rows]))
    weights = fit_weights(labels, logs, ratios)
    prior_thresholds = _thresholds(tree, labels, combine(logs, ratios, weights))
    return Calibration(
        crop, settings.views, temperature, weights, thresholds, prior_thresholds, settings.checkpoint
    )


def _best_crop(run: Run, learner: Learner, val: Shards, rows: Ints) -> float:
    """The one of CROPS under which the labels are likeliest, each at its own temperature; else the larger.

    Judged by one view, whatever the config says: what matters is how large things are in the picture.
    """
    labels = val.photos.class_ids[rows]
    at = np.arange(len(rows))
    losses = []
    one_view = run.config.evaluation.model_copy(update={"views": 1})
    config = run.config.model_copy(update={"evaluation": one_view})
    for crop in CROPS:
        logs = np.concatenate([some for _, some in log_probabilities(learner, val, rows, config, crop)])
        scaled = log_softmax(logs / fit_temperature(labels, logs))
        losses.append(-float(scaled[at, labels].mean()))
    return CROPS[int(np.argmin(losses))]


def _logs(run: Run, learner: Learner, val: Shards, rows: Ints, crop: float) -> Floats:
    parts = log_probabilities(learner, val, rows, run.config, crop)
    result: Floats = np.concatenate([some for _, some in parts])
    return result


def _thresholds(tree: Tree, labels: Ints, logs: Floats) -> list[float]:
    counted = Counted(tree)
    for start in range(0, len(labels), _BATCH):
        counted.add(labels[start : start + _BATCH], np.exp(logs[start : start + _BATCH]))
    return counted.thresholds()
