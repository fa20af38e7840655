"""Networks as files for other programs."""

import csv
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.test_fit import train
from tests.trainer.world import World, small_config
from trainer.errors import DataError
from trainer.export import export
from trainer.runs import begin_run


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated.*")
def test_both_files_say_the_same(world: World, tmp_path: Path) -> None:
    train(world, tmp_path / "run", small_config("training.epochs=1"))
    photo = np.random.default_rng(1).uniform(0, 255, (1, 32, 32, 3)).astype(np.float32)
    model = keras.models.load_model(export(tmp_path / "run", "keras"), compile=False)
    wanted = keras.ops.softmax(model(photo)).numpy()
    lite = tf.lite.Interpreter(str(export(tmp_path / "run", "tflite")))
    lite.allocate_tensors()
    lite.set_tensor(lite.get_input_details()[0]["index"], photo)
    lite.invoke()
    found = lite.get_tensor(lite.get_output_details()[0]["index"])
    assert np.allclose(found, wanted, atol=1e-4)
    with (tmp_path / "run" / "classes.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[3] == {"leaf_class_id": "3", "taxon_id": "302", "name": 'Apis "cerana", east'}


def test_a_run_that_has_not_trained(world: World, tmp_path: Path) -> None:
    begin_run(small_config(), world.snapshot_folder, tmp_path / "run", None, accept_changes=False)
    with pytest.raises(DataError, match="no checkpoint; run fit first"):
        export(tmp_path / "run", "keras")
