"""How the learning rate goes from step to step, and the size of photos from epoch to epoch."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from trainer.config import Config, Training

#: Photos that grow have so many sizes, as in Tan and Le 2021.
_STAGES = 4


@keras.saving.register_keras_serializable(package="leafline")
class Rate(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # Keras has no types
    """The published steps or half a cosine, after a straight rise (`trainer.config.Training`)."""

    def __init__(self, training: Training, steps_per_epoch: int) -> None:
        self._training = training
        self._steps_per_epoch = steps_per_epoch

    def __call__(self, step: Any) -> Any:
        """Return the rate of the step, counted from 0."""
        training, per_epoch = self._training, self._steps_per_epoch
        done = ops.cast(step, "float32")
        rise = training.warmup_epochs * per_epoch
        if training.schedule == "cosine":
            rest = max(training.epochs * per_epoch - rise, 1.0)
            factor = (1 + ops.cos(np.pi * ops.clip((done - rise) / rest, 0.0, 1.0))) / 2
        else:
            decay_steps = max(1, round(training.decay_epochs * per_epoch))
            factor = ops.power(ops.cast(training.decay, "float32"), ops.floor(done / decay_steps))
        if rise:
            factor = factor * ops.minimum((done + 1) / rise, 1.0)
        return training.learning_rate * factor

    def get_config(self) -> dict[str, Any]:
        """Return what Keras would save."""
        return {"training": self._training.model_dump(), "steps_per_epoch": self._steps_per_epoch}


def image_sizes(config: Config) -> list[int]:
    """Return the sizes that training photos have, in pixels of a side, ascending; the last is full."""
    full = config.data.image_size
    first = config.training.first_image_size or full
    return sorted({round(first + (full - first) * stage / (_STAGES - 1)) for stage in range(_STAGES)})


def image_size(config: Config, epoch: int) -> int:
    """Return the size of training photos in an epoch, counted from 0. In the last one it is the full size."""
    sizes = image_sizes(config)
    stage = -(-len(sizes) * (epoch + 1) // config.training.epochs) - 1
    return sizes[stage]


def by_image_size(config: Config, steps_per_epoch: int, steps: range) -> Iterator[tuple[Config, range]]:
    """Share steps out by the size that training photos have in them, each with a config of that size."""
    for pixels in image_sizes(config):
        epochs = [epoch for epoch in range(config.training.epochs) if image_size(config, epoch) == pixels]
        if not epochs:
            continue
        begin, end = epochs[0] * steps_per_epoch, (epochs[-1] + 1) * steps_per_epoch
        mine = range(max(begin, steps.start), min(end, steps.stop))
        if mine:
            data = config.data.model_copy(update={"image_size": pixels})
            yield config.model_copy(update={"data": data}), mine
