"""A run's network as a file that other programs load: Keras's own, or TensorFlow Lite for phones."""

import os
import tempfile
from pathlib import Path
from typing import Literal

import keras
import tensorflow as tf

from trainer.bundle import read_calibration
from trainer.calibration import NAME as CALIBRATION_NAME
from trainer.files import whole_file
from trainer.predict import load_learner
from trainer.runs import CLASSES_NAME, open_run, write_classes

Format = Literal["keras", "tflite"]


def export(run_folder: Path, file_format: Format) -> Path:
    """Write ``model.keras`` or ``model.tflite`` into the run's folder, with ``classes.csv``; gives the path.

    The network takes (n, size, size, 3), values 0 to 255, and gives float32 logits (.keras) or
    probabilities (.tflite) by class id. DataError if the run has no checkpoint.
    """
    run = open_run(run_folder)
    has_been_judged = (run.folder / CALIBRATION_NAME).is_file()
    choice = read_calibration(run.folder).checkpoint if has_been_judged else None
    learner, _, _ = load_learner(run, choice)
    path = run.folder / f"model.{file_format}"
    content = _as_keras(learner.model) if file_format == "keras" else _as_tflite(learner.model)
    with whole_file(path) as stream:
        stream.write(content)
    write_classes(run.folder / CLASSES_NAME, run.snapshot)
    return path


def _as_keras(model: keras.Model) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def _as_tflite(model: keras.Model) -> bytes:
    inputs = keras.Input(model.input_shape[1:])
    outputs = keras.layers.Softmax(dtype="float32")(model(inputs))
    with tempfile.TemporaryDirectory() as folder:
        keras.Model(inputs, outputs).export(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(os.fspath(folder))
        content: bytes = converter.convert()
        return content
