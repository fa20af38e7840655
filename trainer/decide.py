"""One decision for a photo: calibrated probabilities of classes, and one answer at a stated accuracy."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from trainer.answers import ACCURACIES, NOTHING, Tree
from trainer.augment import plain_views
from trainer.batches import decode_view
from trainer.bundle import NAME as BUNDLE_NAME
from trainer.bundle import TAXONOMY_NAME, check_bundle, read_calibration
from trainer.calibration import Calibration, Expectations, load_expectations
from trainer.config import Data
from trainer.errors import DataError
from trainer.images import ImageError
from trainer.metrics import TOP, log_softmax
from trainer.predict import load_learner
from trainer.prior import Spots, combine, days_of_year
from trainer.runs import open_run
from trainer.shards import small_photo
from trainer.snapshot import Floats, Ints, Taxon, class_taxon_ids, read_taxa
from trainer.start import MODEL_NAME


@dataclass(frozen=True)
class Spot:
    """Where a photo was taken, in degrees, and when; None: not known."""

    latitude: float
    longitude: float
    date: datetime.date | None = None

    def spots(self) -> Spots:
        """As the prior asks for it."""
        date = np.array([np.datetime64("NaT") if self.date is None else np.datetime64(self.date)])
        days = days_of_year(date.astype("datetime64[D]"))
        return Spots(np.array([self.latitude]), np.array([self.longitude]), days)


class Decider:
    """A network and all that was fitted to it: of a run or of a bundle."""

    def __init__(
        self,
        model: keras.Model,
        data: Data,
        taxa: dict[int, Taxon],
        calibration: Calibration,
        known: Expectations | None,
    ) -> None:
        self._model = model
        self._data = data
        self._taxa = taxa
        self._class_taxon_ids: Ints = class_taxon_ids(taxa)
        self._tree = Tree.over(taxa, self._class_taxon_ids)
        self._calibration = calibration
        self._known = known

    @classmethod
    def load(cls, folder: Path) -> "Decider":
        """Read a run that has been evaluated, or a bundle. DataError if the folder is neither."""
        if (folder / BUNDLE_NAME).is_file():
            document = check_bundle(folder)
            model = keras.models.load_model(folder / MODEL_NAME, compile=False)
            data, taxa = Data.model_validate(document["data"]), read_taxa(folder / TAXONOMY_NAME)
        else:
            run = open_run(folder)
            model = load_learner(run, read_calibration(folder).checkpoint)[0].model
            data, taxa = run.config.data, run.snapshot.taxa
        return cls(model, data, taxa, read_calibration(folder), load_expectations(folder))

    def probabilities(self, content: bytes, spot: Spot | None = None) -> Floats:
        """Calibrated probabilities of the classes, (classes,). ImageError if the content is no usable photo.

        DataError if the place is given and the model knows nothing of places.
        """
        logs = self._calibration.calibrated(self._logs(content))
        if spot is not None:
            if self._known is None:
                raise DataError("--lat, --lon: this model knows nothing of places; leave them out")
            logs = combine(logs, self._known.ratios(spot.spots()), self._calibration.weights)
        result: Floats = np.exp(logs[0])
        return result

    def decide(
        self, content: bytes, spot: Spot | None = None, *, accuracy: float = 0.95, top: int = TOP
    ) -> dict[str, Any]:
        """The one answer at that accuracy, and the likeliest classes; see `probabilities` for its errors."""
        probabilities = self.probabilities(content, spot)
        calibration = self._calibration
        thresholds = calibration.thresholds if spot is None else calibration.prior_thresholds
        sums = self._tree.sums(probabilities[None])
        [number] = self._tree.answers(sums, thresholds[ACCURACIES.index(accuracy)]).tolist()
        answer: dict[str, Any] = {"taxon_id": None, "name": None, "rank": None, "probability": 1.0}
        if number != NOTHING:
            answer = self._describe(int(self._tree.taxon_ids[number]), float(sums[0, number]))
        order = np.argsort(-probabilities, kind="stable")[:top]
        return {
            "answer": answer | {"accuracy": accuracy},
            "classes": [
                self._describe(int(self._class_taxon_ids[row]), float(probabilities[row]))
                for row in order.tolist()
            ],
            "with_place": spot is not None,
            "with_date": spot is not None and spot.date is not None,
        }

    def _describe(self, taxon_id: int, probability: float) -> dict[str, Any]:
        taxon = self._taxa[taxon_id]
        return {"taxon_id": taxon_id, "name": taxon.name, "rank": taxon.rank, "probability": probability}

    def _logs(self, content: bytes) -> Floats:
        """As `trainer.predict.log_probabilities` has it for a photo in shards; (1, classes)."""
        jpeg, height, width = small_photo(content, self._data)
        result = []
        for view in range(self._calibration.views):
            views = plain_views(np.array([height]), np.array([width]), view, self._calibration.crop)
            geometry = np.append(views.boxes[0], views.mirrored[0]).astype(np.int32)
            colours = np.append(views.colours[0], 0).astype(np.float32)
            view_of = (tf.constant(jpeg), tf.constant(geometry), tf.constant(colours))
            image = decode_view(*view_of, self._data.image_size)
            logits = self._model(keras.ops.cast(image[None], "float32"), training=False)
            result.append(log_softmax(logits))
        mean: Floats = np.logaddexp.reduce(result) - np.log(len(result))
        return mean


def decide_photos(
    decider: Decider, paths: Sequence[Path], spot: Spot | None, *, accuracy: float
) -> tuple[list[dict[str, Any]], list[str]]:
    """Decisions for files in their order, and a line for each that cannot be read."""
    decisions, problems = [], []
    for path in paths:
        try:
            decisions.append(
                {"photo": str(path), **decider.decide(path.read_bytes(), spot, accuracy=accuracy)}
            )
        except ImageError as error:
            problems.append(f"{path}: {error}; give another photo")
        except OSError as error:
            problems.append(f"{path}: {error.strerror}; give another photo")
    return decisions, problems


def as_text(decisions: list[dict[str, Any]]) -> str:
    """Decisions for people: a line for the answer, and one for each of the likeliest classes."""
    return "\n".join(line for one in decisions for line in (f"{one['photo']}: {_answer(one)}", *_rows(one)))


def _answer(decision: dict[str, Any]) -> str:
    answer = decision["answer"]
    source = "from photo, place and date" if decision["with_date"] else "from photo and place"
    if not decision["with_place"]:
        source = "from the photo alone"
    if answer["taxon_id"] is None:
        return f"no taxon is likely enough for {answer['accuracy']:.0%} accuracy, {source}"
    return (
        f"{answer['name']} ({answer['rank']}), probability {answer['probability']:.1%}, {source};"
        f" chosen to be right {answer['accuracy']:.0%} of the time"
    )


def _rows(decision: dict[str, Any]) -> list[str]:
    return [
        f"  {row['probability']:6.1%}  {row['name']} ({row['rank']}, {row['taxon_id']})"
        for row in decision["classes"]
    ]
