"""What is decided by the hardware, and what is asked for."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.test_fit import newest, train
from tests.trainer.world import World, small_config
from trainer import hardware
from trainer.config import Hardware
from trainer.errors import DataError


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


def test_a_batch_that_devices_cannot_share(monkeypatch: pytest.MonkeyPatch) -> None:
    class Three:
        num_replicas_in_sync = 3

    monkeypatch.setattr(hardware, "_strategy", lambda settings: Three())
    with pytest.raises(DataError, match=r"training.batch_size 8 is not a multiple of 3 devices"):
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
        # The loss is scaled from 2^15 on, and by half as much after a step whose gradients overflow.
        scales = [2.0**15, 2.0**14, 2.0**13]
        assert any(float(values) in scales for values in arrays.values() if values.shape == ())
    hardware.set_up(small_config())
