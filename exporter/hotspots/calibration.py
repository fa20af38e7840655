"""What makes predicted chances come true: a slope and a shift of their log-odds, and a floor.

The floor is what is wrong by a slip (another photo, the next line of a list): that happens to any label,
however safe its taxon is.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from exporter.hotspots.arrays import Floats

#: Spread of the log-slope, of the shift and of the floor's log-odds before any review is looked at.
_SPREAD = np.array([0.3, 0.5, 1.0])


@dataclass(frozen=True)
class Calibration:
    """The chance of log-odds z is floor + (1 - floor) / (1 + exp(-(slope x z + shift)))."""

    slope: float
    shift: float
    floor: float

    def of(self, log_odds: Floats) -> Floats:
        """Return the chances."""
        chance: Floats = self.floor + (1.0 - self.floor) * expit(self.slope * log_odds + self.shift)
        return chance


def calibrate(log_odds: Floats, said: Floats, floor: float) -> Calibration:
    """Learn from predictions of cases that the fit had not seen, and from what their reviews then said.

    said:  by case, what its reviews say for the label's being wrong: a sum of log-odds.
    floor: what is believed of the floor before.
    """
    start = np.array([0.0, 0.0, logit(floor)])

    def read(parameters: Floats) -> Calibration:
        return Calibration(float(np.exp(parameters[0])), float(parameters[1]), float(expit(parameters[2])))

    def loss(parameters: Floats) -> float:
        before = logit(read(parameters).of(log_odds))
        misfit = np.sum(np.logaddexp(0.0, before) - np.logaddexp(0.0, before + said))
        return float(misfit + (((parameters - start) / _SPREAD) ** 2).sum() / 2)

    return read(minimize(loss, start, method="L-BFGS-B").x)
