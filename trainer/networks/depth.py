"""Stochastic depth (Huang et al. 2016, ECCV): residual blocks that are left out of some photos' way."""

import keras
from keras import layers


def depth_rate(last: float, number: int, blocks: int) -> float:
    """Return how often a block, counted from 0, is left out: in a straight line up to ``last``."""
    return last * (number + 1) / blocks


def left_out(residual: keras.KerasTensor, rate: float, name: str) -> keras.KerasTensor:
    """Set a residual, (n, ...), to 0 for a share of photos while training; the others make up for it."""
    if not rate:
        return residual
    shape = (None, *(1 for _ in residual.shape[1:]))
    return layers.Dropout(rate, noise_shape=shape, name=name)(residual)
