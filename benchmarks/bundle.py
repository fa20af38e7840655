"""Measure what each format of a bundle takes on disk, and what it says of the run's test photos.

python -m benchmarks.bundle RUN [--photos 297]

RUN has been evaluated. Its bundle is written, unless it is there; then each file of it judges the first of
the test photos, the central part that calibration chose, one view. A line for each format: size in MB (of
SavedModel its whole folder), top-1, and how far its probabilities are at most from those of model.keras.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import onnxruntime
import tensorflow as tf
from ai_edge_litert import interpreter

from trainer.batches import plain_batches
from trainer.bundle import FOLDER, export_bundle, read_calibration
from trainer.metrics import interval
from trainer.runs import open_run
from trainer.shards import open_shards
from trainer.snapshot import Floats

Judge = Callable[[Floats], Floats]

BATCH = 33


def main() -> None:
    """Write the bundle, and print a line for each format."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--photos", type=int, default=297)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    run = open_run(options.run)
    bundle = options.run / FOLDER
    if not bundle.is_dir():
        export_bundle(options.run)
    calibration = read_calibration(bundle)
    shards = open_shards(run.snapshot, "test", run.shards, run.config.data)
    rows = np.arange(min(options.photos, len(shards)))
    batches = plain_batches(shards, rows, run.config, crop=calibration.crop)
    photos = np.concatenate([images.numpy() for images, _, _ in batches]).astype(np.float32)[: len(rows)]
    labels = shards.photos.class_ids[rows]
    selected: Floats | None = None
    for name, judge in judges(bundle, calibration.temperature).items():
        result = judge(photos)
        selected = result if selected is None else selected
        right = int(np.sum(result.argmax(axis=1) == labels))
        low, high = (float(bound) for bound in interval(right, len(labels)))
        alike = np.mean(result.argmax(axis=1) == selected.argmax(axis=1))
        print(
            f"{name:18} {size(bundle / name) / 1e6:6.1f} MB; top-1 {right / len(labels):.1%} ({low:.1%} to"
            f" {high:.1%}); off by {np.abs(result - selected).max():.1g} at most, {alike:.1%} alike",
            flush=True,
        )


def judges(bundle: Path, temperature: float) -> dict[str, Judge]:
    """Of each format, by its name in the bundle: from photos, (n, size, size, 3), to probabilities."""
    model = keras.models.load_model(bundle / "model.keras", compile=False)
    saved = tf.saved_model.load(str(bundle / "saved_model"))
    session = onnxruntime.InferenceSession(bundle / "model.onnx", providers=["CPUExecutionProvider"])
    [given] = session.get_inputs()
    return {
        "model.keras": lambda photos: _in_batches(
            lambda some: np.asarray(keras.ops.softmax(model(some, training=False) / temperature)), photos
        ),
        "saved_model": lambda photos: _in_batches(lambda some: saved.serve(some).numpy(), photos),
        "model.tflite": _lite(bundle / "model.tflite"),
        "model_16bit.tflite": _lite(bundle / "model_16bit.tflite"),
        "model_8bit.tflite": _lite(bundle / "model_8bit.tflite"),
        "model.onnx": lambda photos: _in_batches(
            lambda some: session.run(None, {given.name: some})[0], photos
        ),
    }


def _lite(path: Path) -> Judge:
    reader = interpreter.Interpreter(str(path), num_threads=1)
    reader.allocate_tensors()
    [given], [said] = reader.get_input_details(), reader.get_output_details()

    def judge(photo: Floats) -> Floats:
        reader.set_tensor(given["index"], photo)
        reader.invoke()
        result: Floats = reader.get_tensor(said["index"])
        return result

    return lambda photos: _in_batches(judge, photos, 1)


def _in_batches(judge: Judge, photos: Floats, batch: int = BATCH) -> Floats:
    return np.concatenate([judge(photos[start : start + batch]) for start in range(0, len(photos), batch)])


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sum(one.stat().st_size for one in files)


if __name__ == "__main__":
    main()
