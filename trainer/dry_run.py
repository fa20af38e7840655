"""What a run would be, without training: its config, size, memory, and the time of a step on this machine."""

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf
import tomli_w

from trainer.config import Config
from trainer.fit import make_learner
from trainer.hardware import Machine, set_up
from trainer.snapshot import SETS, read_snapshot
from trainer.steps import Learner

_STEPS = 5
_KIB, _MIB, _HOUR_S = 1024, 1024**2, 3600


def dry_run(config: Config, snapshot_folder: Path, say: Callable[[str], None] = print) -> None:
    """Say what ``fit`` would do with this config and snapshot. Reads no photo and writes nothing.

    The step is timed on made-up photos, so reading and decoding come on top. DataError as in ``fit``.
    """
    snapshot = read_snapshot(snapshot_folder)
    photos = {name: snapshot.photos(name) for name in SETS}
    machine, strategy = set_up(config)
    learner, order = make_learner(config, snapshot, photos["train"].class_ids, machine, strategy)
    say(tomli_w.dumps(config.model_dump(mode="json")).rstrip())
    say("")
    counts = ", ".join(f"{len(photos[name]):,} {name}" for name in SETS)
    say(f"snapshot: {len(snapshot.class_taxon_ids):,} classes; photos: {counts}")
    say(f"machine: {machine.device}, {machine.devices} device(s), {machine.precision}, {machine.strategy}")
    _say_size(learner, say)
    seconds = time_step(learner, config, strategy)
    size, steps = config.training.batch_size, order.steps_per_epoch * config.training.epochs
    say(f"a step of {size:,} photos: {seconds:.3g} s, {size / seconds:,.1f} photos/s")
    say(f"memory at most: {_memory(machine)}")
    say(
        f"steps: {steps:,} in {config.training.epochs:,} epochs; about {steps * seconds / _HOUR_S:,.1f}"
        " hours, without reading photos and judging validation"
    )


def _say_size(learner: Learner, say: Callable[[str], None]) -> None:
    weights = sum(int(np.prod(one.shape)) for one in learner.model.weights)
    trained = sum(int(np.prod(one.shape)) for one in learner.model.trainable_variables)
    held = sum(int(np.prod(one.shape)) * np.dtype(one.dtype).itemsize for one in learner.variables)
    say(f"parameters: {weights:,}, of which {trained:,} are trained")
    say(f"a checkpoint: {held / _MIB:,.1f} MiB")


def time_step(learner: Learner, config: Config, strategy: tf.distribute.Strategy) -> float:
    """Return the median time of a step on made-up photos in seconds, after the first two, which compile."""
    random = np.random.default_rng(config.seed)
    size = config.training.batch_size // strategy.num_replicas_in_sync
    inputs = random.integers(0, 256, (size, *learner.input_shape)).astype(np.uint8)
    labels, weights = np.zeros(size, np.int32), np.ones(size, np.float32)
    batch = tuple(
        strategy.experimental_distribute_values_from_function(lambda _, one=one: tf.constant(one))
        if strategy.num_replicas_in_sync > 1
        else tf.constant(one)
        for one in (inputs, labels, weights)
    )
    times = []
    for _ in range(2 + _STEPS):
        start = time.perf_counter()
        learner.train(batch).numpy()
        times.append(time.perf_counter() - start)
    return float(np.median(times[2:]))


def _memory(machine: Machine) -> str:
    """The most memory so far, of the process or of the first GPU."""
    if not machine.device.startswith("CPU"):
        peak = tf.config.experimental.get_memory_info("GPU:0")["peak"]
        return f"{peak / _MIB:,.0f} MiB of the GPU"
    unit = 1 if sys.platform == "darwin" else _KIB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return f"{peak / _MIB:,.0f} MiB of the process"
