"""Bunching: do more species stand just above the line than chance explains?

A species' distance is readiness's *margin*: how many observations it has to spare, below zero how many it is
short. Two tests, both exact for small counts:

1.  *Density* (after McCrary 2008, J. Econometrics 142:698, for whole numbers). The number of species at each
    margin from -20 to 19, but for the five just above the line, is fitted by a Poisson regression on the
    margin and its square. The curve gives what would be expected at 0 to 4, and at -5 to -1. Of the species
    that stand within five of the line, those above it are then binomial. What was above the curve one
    window before is taken out: whatever put it there, it was nothing in this window. *Controls*: the same
    test at six placebo lines, where nothing is to be gained, and at the true line on past dates. As often as
    a control gives as small a p-value, the p-value is that often at least.
2.  *Crossings.* The species that came from below the line to above it in the window, against the numbers in
    the windows before it (`exporter.guards.usual`).

The p-value is the smaller of the two, doubled. It fires at `LEVEL` or below.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
from scipy import optimize, stats

from exporter.columns import integers
from exporter.guards.finding import LEVEL, Finding
from exporter.guards.usual import LEAST_WINDOWS, at_least
from exporter.leaves import Status
from exporter.messages import Message, message
from exporter.readiness import Assessment
from exporter.tree import Ints

REACH = 20
NEAR = 5
PLACEBO_LINES = (-20, -15, -10, 10, 15, 20)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Density:
    """Species just above a line: how many, how many would be by a smooth curve, how likely so many are."""

    above: int
    expected: float
    p_value: float


def find_bunching(now: Assessment, past: list[Assessment]) -> Finding:
    """Test the species' margins at the cutoff; ``past`` has the same for past dates, the latest first.

    ``excess_before`` of the content: how many more than the curve's were just above the line a window before.
    """
    margins = [_margins(one) for one in (now, *past)]
    result, *on_past_dates = [density(values, 0) for _, values in margins]
    at_placebos = [density(margins[0][1], line) for line in PLACEBO_LINES]
    controls = [one.p_value for one in (*at_placebos, *on_past_dates)]
    stood = round(max(0.0, on_past_dates[0].above - on_past_dates[0].expected)) if past else 0
    p_density = against_controls(density(margins[0][1], 0, stood).p_value, controls)
    over = [ids[values >= 0] for ids, values in margins]
    crossed = [np.setdiff1d(later, earlier) for later, earlier in pairwise(over)]
    numbers = [len(ids) for ids in crossed]
    is_judged = len(numbers) > LEAST_WINDOWS
    p_crossed = at_least(numbers[0], numbers[1:]) if is_judged else None
    p_value = min(1.0, 2 * min(p_density, 1.0 if p_crossed is None else p_crossed))
    content = {
        "window": [-REACH, REACH - 1],
        "unit": "observations to spare, below 0: short",
        "excess_just_above": round(result.above - result.expected, 1) + 0.0,
        "p_value": p_value,
        "taxa": crossed[0].tolist() if crossed else [],
        "just_above": result.above,
        "expected_just_above": round(result.expected, 1),
        "excess_before": stood,
        "density_p_value": p_density,
        "control_p_values": controls,
        "crossed": numbers[0] if numbers else None,
        "crossed_before": numbers[1:],
        "crossed_p_value": p_crossed,
    }
    missing = [] if is_judged else [message("no_crossings")]
    return Finding(content, p_value <= LEVEL, _words(result, numbers, is_judged), missing)


def density(margins: Ints, line: int, stood: int = 0) -> Density:
    """Test the margins around a line; ``stood``: so many of those above it are explained already."""
    bins = np.arange(line - REACH, line + REACH)
    counts = np.array([np.count_nonzero(margins == value) for value in bins])
    distance = bins - line
    is_above = (distance >= 0) & (distance < NEAR)
    is_below = (distance < 0) & (distance >= -NEAR)
    curve = _smooth(distance / REACH, counts, ~is_above)
    above, expected = int(counts[is_above].sum()), float(curve[is_above].sum())
    new = max(above - stood, 0)
    near = new + int(counts[is_below].sum())
    share = expected / (expected + float(curve[is_below].sum()))
    p_value = float(stats.binomtest(new, near, share, alternative="greater").pvalue) if near else 1.0
    return Density(above, expected, p_value)


def against_controls(p_value: float, controls: list[float]) -> float:
    """The p-value, but never below the share of the controls that have as small a one."""
    if not controls:
        return p_value
    return max(p_value, sum(control <= p_value for control in controls) / len(controls))


def _margins(one: Assessment) -> tuple[Ints, Ints]:
    """Ids and margins of the species that can be classes, by ascending id."""
    is_able = (pc.field("rank") == "species") & (pc.field("status") != Status.EXCLUDED)
    rows = one.rows.filter(is_able)
    return integers(rows["taxon_id"]), integers(rows["margin"])


def _smooth(position: Floats, counts: Ints, is_fitted: npt.NDArray[np.bool_]) -> Floats:
    """A Poisson regression on the position and its square, by the counts that are fitted; at every bin.

    A weak normal prior on the slope and the curvature keeps them finite where there is hardly a count.
    """
    terms = np.stack([np.ones_like(position), position, position**2], axis=1)
    prior = np.array([0.0, 0.05, 0.05])

    def loss(weights: Floats) -> tuple[float, Floats]:
        curve = np.exp(np.clip(terms @ weights, -30, 30))
        fitted = curve[is_fitted]
        value = fitted.sum() - counts[is_fitted] @ np.log(fitted) + 0.5 * prior @ weights**2
        return float(value), terms[is_fitted].T @ (fitted - counts[is_fitted]) + prior * weights

    start = np.array([np.log(max(float(counts[is_fitted].mean()), 0.01)), 0.0, 0.0])
    result = optimize.minimize(loss, start, jac=True, method="BFGS")
    smooth: Floats = np.exp(np.clip(terms @ result.x, -30, 30))
    return smooth


def _words(result: Density, numbers: list[int], is_judged: bool) -> list[Message]:
    near = message("near_line", above=result.above, most=NEAR - 1, expected=round(result.expected, 1))
    if not is_judged:
        return [near, message("crossings_unknown")]
    usual = round(float(np.mean(numbers[1:])), 1)
    return [near, message("crossings", crossed=numbers[0], windows=len(numbers) - 1, usual=usual)]
