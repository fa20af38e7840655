"""How the machine is used: precision, several devices, and whether each bit must come out the same."""

import os
from dataclasses import asdict, dataclass
from typing import Any

import keras
import tensorflow as tf

from trainer.batches import ALONE, Part
from trainer.config import Config, Hardware
from trainer.errors import DataError

#: NVIDIA compute capability from which bfloat16, and float16 in tensor cores, are fast.
_BFLOAT16_FROM, _FLOAT16_FROM = (8, 0), (7, 0)


@dataclass(frozen=True)
class Machine:
    """What was decided, and what for."""

    device: str
    devices: int
    strategy: str
    precision: str
    xla: bool
    deterministic: bool

    def describe(self) -> dict[str, Any]:
        """As the results document has it."""
        return asdict(self)


def set_up(config: Config) -> tuple[Machine, tf.distribute.Strategy]:
    """Decide, and set what Keras and TensorFlow keep for the whole process: before any model is built.

    DataError if the batch cannot be shared evenly by the devices.
    """
    hardware = config.hardware
    strategy = _strategy(hardware)
    gpus = tf.config.list_physical_devices("GPU")
    if hardware.deterministic == "on":
        tf.config.experimental.enable_op_determinism()
    precision = _precision(hardware, gpus)
    keras.config.set_dtype_policy(precision)
    devices = strategy.num_replicas_in_sync
    if config.training.batch_size % devices:
        raise DataError(
            f"training.batch_size {config.training.batch_size} is not a multiple of {devices} devices;"
            " give one that is"
        )
    machine = Machine(
        device=_device_name(gpus),
        devices=devices,
        strategy=type(strategy).__name__,
        precision=precision,
        xla=hardware.xla == "on" or (hardware.xla == "auto" and len(gpus) == 1),
        # On a CPU the operations used here give the same bits each time by themselves; a setting for it
        # would make tf.data read and decode on one thread, in step with training.
        deterministic=hardware.deterministic == "on" or not gpus,
    )
    return machine, strategy


def part_of(strategy: tf.distribute.Strategy) -> Part:
    """Which slices of each batch this process feeds."""
    if strategy.num_replicas_in_sync == 1:
        return ALONE
    number = len(strategy.extended.worker_devices)
    first = _place(strategy.cluster_resolver) * number
    return Part(strategy.num_replicas_in_sync, range(first, first + number))


def is_first_worker() -> bool:
    """Whether this process will be the chief, before the workers are connected."""
    return _place(tf.distribute.cluster_resolver.TFConfigClusterResolver()) == 0


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the one that writes."""
    return _place(strategy.cluster_resolver) == 0


def _place(resolver: Any) -> int:
    """This process's number among those that train; a job named chief comes before the workers."""
    if resolver is None or not resolver.task_type:
        return 0
    chiefs = resolver.cluster_spec().as_dict().get("chief", [])
    place: int = resolver.task_id + (len(chiefs) if resolver.task_type == "worker" else 0)
    return place


def _strategy(hardware: Hardware) -> tf.distribute.Strategy:
    chosen = hardware.strategy
    if chosen == "auto":
        several = len(tf.config.list_physical_devices("GPU")) > 1
        chosen = "multi_worker" if "TF_CONFIG" in os.environ else "mirrored" if several else "one"
    if chosen == "multi_worker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    if chosen == "mirrored":
        kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
        return tf.distribute.MirroredStrategy(
            [device.name for device in tf.config.list_logical_devices(kind)]
        )
    return tf.distribute.get_strategy()


def _precision(hardware: Hardware, gpus: list[Any]) -> str:
    """bfloat16 on a CPU was measured seven times slower than float32, so a CPU has float32."""
    if hardware.precision != "auto":
        return hardware.precision
    if not gpus:
        return "float32"
    capability = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability", (0, 0))
    if capability >= _BFLOAT16_FROM:
        return "mixed_bfloat16"
    return "mixed_float16" if capability >= _FLOAT16_FROM else "float32"


def _device_name(gpus: list[Any]) -> str:
    if gpus:
        return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU"))
    return f"CPU, {os.cpu_count()} cores"
