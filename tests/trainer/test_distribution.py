"""Several devices, and several machines: two of each, played by this machine's processor."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.test_fit import newest
from tests.trainer.world import World

#: A classifier on fixed features, trained on one device and on four: from features that were kept, and from
#: photos.
MIRRORED = """
import sys
from pathlib import Path
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 4)
from tests.trainer.test_fit import quiet
from tests.trainer.world import small_config
from trainer.export import export
from trainer.fit import fit
snapshot, images, folder = map(Path, sys.argv[1:])
fit(small_config("training.epochs=1"), snapshot, images, folder / "features", say=quiet)
model = export(folder / "features", "keras")
for way in ("network.train=last_layer", "network.freeze=features"):
    for strategy in ("one", "mirrored"):
        changes = (f"hardware.strategy={strategy}", f"network.init='{model}'", way, "network.dropout=0")
        run = folder / f"{strategy}-{way.partition('=')[2]}"
        fit(small_config(*changes), snapshot, images, run, shards_folder=folder / "shards", say=quiet)
"""

WORKER = """
import sys
from pathlib import Path
from tests.trainer.test_fit import quiet
from tests.trainer.world import small_config
from trainer.fit import fit
config = small_config("training.epochs=1")
fit(config, Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), say=quiet)
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_four_devices_learn_and_judge_as_one_does(world: World, tmp_path: Path) -> None:
    """Twelve validation photos in batches of eight: in the last one two devices have nothing but filling."""
    command = [sys.executable, "-c", MIRRORED, world.snapshot_folder, world.images, tmp_path]
    subprocess.run(command, check=True, capture_output=True)
    features = newest(tmp_path / "features")
    for way in ("last_layer", "features"):
        one, four = newest(tmp_path / f"one-{way}"), newest(tmp_path / f"mirrored-{way}")
        assert one.keys() == four.keys()
        for name in one:
            assert np.allclose(one[name], four[name], atol=1e-5), name
        weights = [name for name in one if one[name].shape[:1] == (3,) and one[name].ndim == 4]
        assert weights
        assert all(np.array_equal(one[name], features[name]) for name in weights)
        alone, shared = (
            json.loads((tmp_path / f"{strategy}-{way}" / "progress.json").read_text())
            for strategy in ("one", "mirrored")
        )
        assert (shared["machine"]["devices"], shared["machine"]["strategy"]) == (4, "MirroredStrategy")
        assert len(shared["history"]) == 2
        for epoch, other in zip(alone["history"], shared["history"], strict=True):
            assert other == pytest.approx(epoch, abs=1e-5)
            assert (other["val_top1"] * 12) == pytest.approx(round(other["val_top1"] * 12), abs=1e-6)


def test_two_workers_train_one_network(world: World, tmp_path: Path) -> None:
    workers = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    processes = []
    for index in range(2):
        task = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
        processes.append(
            subprocess.Popen(
                [sys.executable, "-c", WORKER, world.snapshot_folder, world.images, tmp_path / "run"],
                env={**os.environ, "TF_CONFIG": json.dumps(task)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        )
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    progress = json.loads((tmp_path / "run" / "progress.json").read_text())
    assert (progress["step"], progress["machine"]["devices"]) == (6, 2)
    assert progress["machine"]["strategy"] == "CollectiveAllReduceStrategy"
    assert all(np.all(np.isfinite(values)) for values in newest(tmp_path / "run").values())
