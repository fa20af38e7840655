"""A run's network with all that a decision needs, in one folder that depends on nothing else.

bundle.json         what it is: format, network, side of a photo in pixels, how photos are made small, its
                    snapshot
model.keras         photos (n, side, side, 3), 0 to 255, to logits; a later run can start from it
saved_model/        photos to calibrated probabilities; so do the next four
model.tflite        TensorFlow Lite, float32
model_16bit.tflite  TensorFlow Lite, weights in 16 bits: half the size, probabilities within 0.01
model_8bit.tflite   TensorFlow Lite, weights in 8 bits: a quarter, and off by up to 0.2 for some networks
model.onnx          ONNX
classes.csv         the taxon of each class
taxonomy.csv        the tree, as the snapshot has it
calibration.json    crop, temperature, weights and thresholds (`trainer.calibration`)
prior.npz           what place and date say, and geomodel.keras beside it where that was learned
MODEL_CARD.md       for people
manifest.json       SHA-256 of every file
"""

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from trainer.calibration import GEOMODEL_NAME, PRIOR_NAME, Calibration
from trainer.calibration import NAME as CALIBRATION_NAME
from trainer.errors import DataError
from trainer.files import read_json, write_json, write_text
from trainer.model_card import model_card
from trainer.predict import load_learner
from trainer.results import read_results
from trainer.runs import CLASSES_NAME, Run, open_run, write_classes
from trainer.start import MODEL_NAME

NAME = "bundle.json"
FORMAT = 1
FOLDER = "bundle"
TAXONOMY_NAME = "taxonomy.csv"

_ADVICE = "run evaluate first"


def export_bundle(run_folder: Path, target: Path | None = None) -> Path:
    """Write the bundle of the checkpoint that was judged, whole or not at all; return its folder.

    ``target``: that folder; by default ``bundle`` in the run's. One that is there is replaced. DataError if
    the run has not been evaluated.
    """
    run = open_run(run_folder)
    calibration = read_calibration(run.folder)
    results = read_results(run.results)
    target = target or run.folder / FOLDER
    if target.exists() and not (target / NAME).is_file():
        raise DataError(f"{target}: is there and is no bundle; give another --out")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        _write(run, calibration, results, temporary)
        temporary.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def read_calibration(folder: Path) -> Calibration:
    """Read what was fitted on validation photos, in a run's or a bundle's folder.

    DataError if it is not there.
    """
    document = read_json(folder / CALIBRATION_NAME, _ADVICE)
    try:
        return Calibration(**document)
    except TypeError:
        raise DataError(f"{folder / CALIBRATION_NAME}: of another version; {_ADVICE}") from None


def _write(run: Run, calibration: Calibration, results: dict[str, Any], folder: Path) -> None:
    learner, _, _ = load_learner(run, calibration.checkpoint)
    learner.model.save(folder / MODEL_NAME)
    write_formats(with_probabilities(learner.model, calibration.temperature), folder)
    write_classes(folder / CLASSES_NAME, run.snapshot)
    shutil.copyfile(run.snapshot.folder / TAXONOMY_NAME, folder / TAXONOMY_NAME)
    for name in (CALIBRATION_NAME, PRIOR_NAME, GEOMODEL_NAME):
        if (run.folder / name).is_file():
            shutil.copyfile(run.folder / name, folder / name)
    write_json(folder / NAME, _describe(run))
    write_text(folder / "MODEL_CARD.md", model_card(run, calibration, results, licence_counts(run)))
    write_json(folder / "manifest.json", {"files": _digests(folder)})


def _describe(run: Run) -> dict[str, Any]:
    data = run.config.data
    return {
        "format": FORMAT,
        "network": run.config.network.name,
        "data": data.model_dump(mode="json"),
        "input": f"photos, (n, {data.image_size}, {data.image_size}, 3), float32 from 0 to 255",
        "output": "calibrated probabilities by class id, (n, classes); model.keras gives logits",
        "snapshot_digest": run.snapshot.digest,
        "is_simulated": run.snapshot.is_simulated,
    }


def with_probabilities(model: keras.Model, temperature: float) -> keras.Model:
    """The network with the temperature and a softmax behind it."""
    inputs = keras.Input(model.input_shape[1:], name="photos")
    scaled = keras.layers.Rescaling(1 / temperature, dtype="float32")(model(inputs))
    outputs = keras.layers.Softmax(dtype="float32", name="probabilities")(scaled)
    return keras.Model(inputs, outputs, name="probabilities")


def write_formats(model: keras.Model, folder: Path) -> None:
    """Write a network for TensorFlow, TensorFlow Lite in 32, 16 and 8 bits, and ONNX."""
    saved = os.fspath(folder / "saved_model")
    model.export(saved, verbose=False)
    for name, optimizations, types in (
        ("model", [], []),
        ("model_16bit", [tf.lite.Optimize.DEFAULT], [tf.float16]),
        ("model_8bit", [tf.lite.Optimize.DEFAULT], []),
    ):
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        converter.optimizations, converter.target_spec.supported_types = optimizations, types
        (folder / f"{name}.tflite").write_bytes(converter.convert())
    model.export(os.fspath(folder / "model.onnx"), format="onnx", verbose=False)


def licence_counts(run: Run) -> dict[str, int]:
    """How many training photos are under each licence; "none" where the snapshot has none."""
    photo_ids = run.snapshot.photos("train").photo_ids.tolist()
    known = run.snapshot.licences(photo_ids)
    counts = Counter(known.get(photo_id, "none") for photo_id in photo_ids)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _digests(folder: Path) -> dict[str, dict[str, Any]]:
    result = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        result[path.relative_to(folder).as_posix()] = {"sha256": digest, "bytes": path.stat().st_size}
    return result


def check_bundle(folder: Path) -> dict[str, Any]:
    """Read ``bundle.json`` and compare every file with its digest. DataError if one is missing or changed."""
    document = read_json(folder / NAME, "give a run's folder or an export's")
    if document.get("format") != FORMAT:
        raise DataError(f"{folder / NAME}: format {document.get('format')}, not {FORMAT}; export it again")
    selected = read_json(folder / "manifest.json", "export it again")["files"]
    result = _digests(folder)
    for name, entry in selected.items():
        if result.get(name) != entry:
            raise DataError(f"{folder / name}: not as manifest.json says; export or copy the bundle again")
    return document
