"""The loss: cross-entropy with smoothed labels. Written for Keras alone: runs under TensorFlow and JAX."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from trainer.snapshot import Ints, Snapshot

#: Rank levels at which relatives share the smoothing: genus, family, order, class (of animals, plants ...).
RELATIVE_LEVELS = (20.0, 30.0, 40.0, 50.0)


class SmoothedCrossEntropy:
    """-sum over classes of target times log probability, for each photo.

    The target gives 1 - smoothing to the label. Of the rest, a part ``to_relatives`` is shared among the
    levels of ``groups``, evenly, and at each level evenly among the classes in the label's group (the label
    among them); what remains goes to all classes evenly, as in Szegedy et al. 2016 (CVPR, "Rethinking the
    Inception architecture").
    """

    def __init__(self, smoothing: float, to_relatives: float = 0.0, groups: Sequence[Ints] = ()) -> None:
        """``groups``: for each level the number of each class's group, counted from 0."""
        self._smoothing = smoothing
        self._shared = smoothing * to_relatives if groups else 0.0
        self._groups = [np.asarray(level, dtype=np.int32) for level in groups] if self._shared else []

    def __call__(self, labels: Any, logits: Any) -> Any:
        """labels (n,) integers, logits (n, classes); gives the losses (n,) in float32."""
        logs = keras.ops.log_softmax(ops.cast(logits, "float32"))
        at = ops.cast(ops.expand_dims(labels, 1), "int32")
        losses = -(1 - self._smoothing) * ops.squeeze(ops.take_along_axis(logs, at, axis=1), 1)
        losses -= (self._smoothing - self._shared) * ops.mean(logs, axis=1)
        for level in self._groups:
            count = int(level.max()) + 1
            sums = ops.transpose(ops.segment_sum(ops.transpose(logs), level, num_segments=count))
            means = sums / np.bincount(level, minlength=count).astype(np.float32)
            mine = ops.expand_dims(ops.take(level, ops.cast(labels, "int32")), 1)
            share = self._shared / len(self._groups)
            losses -= share * ops.squeeze(ops.take_along_axis(means, mine, axis=1), 1)
        return losses


def relatives(snapshot: Snapshot) -> list[Ints]:
    """The groups of each level of RELATIVE_LEVELS, for `SmoothedCrossEntropy`."""
    return [np.unique(snapshot.groups_at(level), return_inverse=True)[1] for level in RELATIVE_LEVELS]
