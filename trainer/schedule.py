"""How the learning rate goes from step to step."""

from typing import Any

import keras
import numpy as np
from keras import ops

from trainer.config import Training


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
