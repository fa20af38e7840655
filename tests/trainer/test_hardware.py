"""What is decided by the hardware, and what is asked for."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.test_fit import newest, train
from tests.trainer.world import CLASSES, World, small_config
from trainer import fit, hardware
from trainer.config import Config, Hardware
from trainer.errors import DataError
from trainer.steps import Learner


@pytest.mark.parametrize(
    ("capability", "precision"),
    [((9, 0), "mixed_bfloat16"), ((8, 0), "mixed_bfloat16"), ((7, 5), "mixed_float16"), ((6, 1), "float32")],
)
def test_precision_by_compute_capability(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], precision: str
) -> None:
    details = {"compute_capability": capability}
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: details)
    assert hardware._precision(Hardware(), ["gpu"]) == precision
    assert hardware._precision(Hardware(precision="float32"), ["gpu"]) == "float32"


def test_a_processor_has_float32_and_the_same_bits_each_time() -> None:
    machine, strategy = hardware.set_up(small_config())
    assert (machine.precision, machine.deterministic, machine.xla, machine.devices) == (
        "float32",
        True,
        False,
        1,
    )
    assert hardware.is_chief(strategy)


@pytest.mark.parametrize(
    ("jobs", "task", "place"),
    [
        ((), None, 0),
        (("worker", "worker"), ("worker", 0), 0),
        (("worker", "worker"), ("worker", 1), 1),
        (("chief", "worker", "worker"), ("chief", 0), 0),
        (("chief", "worker", "worker"), ("worker", 0), 1),
        (("chief", "worker", "worker"), ("worker", 1), 2),
    ],
)
def test_one_process_of_several_is_the_first_and_each_feeds_its_own_devices(
    monkeypatch: pytest.MonkeyPatch, jobs: tuple[str, ...], task: tuple[str, int] | None, place: int
) -> None:
    """Two devices each. The first is known before they are connected, too."""
    if task is not None:
        cluster = {job: [f"127.0.0.1:{at}" for at in range(jobs.count(job))] for job in set(jobs)}
        recorded = {"cluster": cluster, "task": {"type": task[0], "index": task[1]}}
        monkeypatch.setenv("TF_CONFIG", json.dumps(recorded))
    assert hardware.is_first_worker() is (place == 0)

    class Strategy:
        num_replicas_in_sync = 2 * max(len(jobs), 1)
        cluster_resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver() if task else None
        extended = SimpleNamespace(worker_devices=("one", "two"))

    assert hardware.is_chief(Strategy()) is (place == 0)
    assert hardware.part_of(Strategy()).mine == range(2 * place, 2 * place + 2)


@pytest.mark.parametrize(("index", "is_kept"), [(0, False), (1, True)])
def test_only_the_first_worker_forgets_shards_and_before_they_are_connected(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: int, is_kept: bool
) -> None:
    mark = tmp_path / "run" / "shards" / "train" / "whole"
    mark.parent.mkdir(parents=True)
    mark.touch()
    seen: list[bool] = []

    def set_up(config: Config) -> None:
        seen.append(mark.exists())
        raise DataError("no cluster here")

    monkeypatch.setattr(fit, "set_up", set_up)
    task = {"cluster": {"worker": ["127.0.0.1:1", "127.0.0.1:2"]}, "task": {"type": "worker", "index": index}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(task))
    with pytest.raises(DataError, match="no cluster here"):
        train(world, tmp_path / "run", small_config())
    assert seen == [is_kept]


def test_a_batch_that_devices_cannot_share(monkeypatch: pytest.MonkeyPatch) -> None:
    class Three:
        num_replicas_in_sync = 3

    monkeypatch.setattr(hardware, "_strategy", lambda settings: Three())
    with pytest.raises(DataError, match=r"training.batch_size 8 is not a multiple of 3 devices"):
        hardware.set_up(small_config())


def scales(arrays: dict[str, np.ndarray]) -> list[float]:
    """What the loss is multiplied by: the only power of two from 2^10 on in a checkpoint."""
    single = [float(values) for values in arrays.values() if values.shape == ()]
    return [value for value in single if value >= 2.0**10 and np.log2(value).is_integer()]


def test_a_step_whose_gradients_overflow_changes_nothing_but_the_scale() -> None:
    machine, strategy = hardware.set_up(small_config("hardware.precision=mixed_float16"))
    learner = Learner(small_config(), CLASSES, machine, strategy)
    pixels = np.random.default_rng(1).integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)
    batch = tf.constant(pixels), tf.constant(np.arange(8, dtype=np.int32) % CLASSES), tf.ones(8)
    learner.optimizer.dynamic_scale.assign(2.0**40)
    before = [np.array(value) for value in learner.model.trainable_variables]
    slots = [np.array(value) for value in learner.optimizer.inner_optimizer.variables]
    assert np.isfinite(learner.train(batch)).all()
    for old, new in zip(before, learner.model.trainable_variables, strict=True):
        assert np.array_equal(old, new)
    for old, new in zip(slots, learner.optimizer.inner_optimizer.variables, strict=True):
        assert np.array_equal(old, new)
    assert float(learner.optimizer.dynamic_scale) == 2.0**39
    hardware.set_up(small_config())


@pytest.mark.parametrize(
    "changes",
    [
        ["hardware.precision=mixed_float16"],
        ["hardware.precision=mixed_bfloat16", "training.weights_mean=0.9"],
        ["hardware.xla=on", "training.smoothing_to_relatives=0.5", "training.balance=1"],
    ],
)
def test_each_way_of_computing_trains(world: World, tmp_path: Path, changes: list[str]) -> None:
    train(world, tmp_path / "run", small_config("training.epochs=1", *changes))
    arrays = newest(tmp_path / "run")
    assert all(np.all(np.isfinite(values)) for values in arrays.values())
    if "hardware.precision=mixed_float16" in changes:
        # The loss is scaled by 2^15 to begin with. The second step's crops give the first convolution a
        # gradient of 2.17 times that: 71,104, where float16 ends at 65,504. So that step is left out, the
        # scale is halved, and the other steps fit.
        assert scales(arrays) == [2.0**14]
    hardware.set_up(small_config())
