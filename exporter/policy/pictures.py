"""Pictures of a summary as places, in per cent of each: `exporter.policy.drawing` and pages draw them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

#: Room above and below the outermost interval, as a share of the scale.
_MARGIN = 0.08
#: One arm of the loop is drawn, and called, after another.
ARMS = ("never", "once", "every")
#: A line through the break-even has so many points.
_POINTS = 49


@dataclass(frozen=True)
class Shown:
    """A mean over worlds with its 90 % interval, as summaries hold it; None where there is nothing to say."""

    value: float | None
    low: float | None
    high: float | None

    @property
    def is_harm(self) -> bool:
        """Whether all of the interval lies above 0."""
        return self.low is not None and self.low > 0

    @property
    def is_gain(self) -> bool:
        """Whether all of the interval lies below 0."""
        return self.high is not None and self.high < 0

    @property
    def verdict(self) -> str:
        """What a change in wrong labels is: harm, gain, or open, that is neither clearly."""
        return "harm" if self.is_harm else "gain" if self.is_gain else "open"


@dataclass(frozen=True)
class Mark:
    """An estimate in a picture: its column and its places from the top, and the numbers behind them."""

    label: int
    x: float
    y: float
    low_y: float
    high_y: float
    estimate: Shown
    is_chosen: bool


@dataclass(frozen=True)
class Marks:
    """Estimates side by side; ``zero``: where no change lies; ``top``, ``bottom``: shares at the edges."""

    marks: list[Mark]
    zero: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Square:
    """One place of the break-even that was computed: the change in wrong labels there."""

    ratio: float
    pushed_taxa: int
    change: Shown


@dataclass(frozen=True)
class Contour:
    """The break-even as a line: wrong extra identifications for each skilled one across, pushed taxa upwards.

    line:     points where an announcement changes nothing, "x,y x,y"; empty if it harms nowhere.
    harm:     the outline of where it harms by the mean.
    evidence: from where to where today's evidence lies, across; nobody has been seen to push.
    ratios, pushes: the numbers along the edges, each with its place.
    """

    settle_days: int
    line: str
    harm: str
    evidence: tuple[float, float]
    ratios: list[tuple[float, float]]
    pushes: list[tuple[int, float]]


@dataclass(frozen=True)
class Line:
    """An arm of the loop: its points, and the estimates by generation."""

    arm: str
    points: str
    estimates: list[Shown]


@dataclass(frozen=True)
class Lines:
    """Arms of the loop; ``top``: the share of wrong labels at the upper edge."""

    lines: list[Line]
    top: float


def by_window(changes: Mapping[int, Shown], chosen: int | None = None) -> Marks:
    """Place the change in wrong labels by settling window."""
    top, bottom = _scale(list(changes.values()))
    marks = [
        _mark(days, _x(place, len(changes)), one, (top, bottom), is_chosen=days == chosen)
        for place, (days, one) in enumerate(changes.items())
    ]
    return Marks(marks, _y(0.0, top, bottom), top, bottom)


def squares(shown: Mapping[str, Any], settle_days: int) -> list[list[Square]]:
    """Return what a summary's ``break_even`` has for a window: a row a number of pushes, the most first."""
    return [
        [
            Square(ratio, line["pushed_taxa"], Shown(*values))
            for ratio, values in zip(shown["ratios"], line["differences"], strict=True)
        ]
        for line in reversed(_lines_of(shown, settle_days))
    ]


def harms_from(shown: Mapping[str, Any], settle_days: int) -> float | None:
    """Return the ratio from which on an announcement without pushes harms; None if none looked at does."""
    ratio: float | None = _lines_of(shown, settle_days)[0]["harms_from"]
    return ratio


def pushes_from(shown: Mapping[str, Any], settle_days: int) -> float | None:
    """Return from how many pushed taxa on it harms even if nobody else errs; None if no number does."""
    lines = _lines_of(shown, settle_days)
    return crossing([line["pushed_taxa"] for line in lines], [line["differences"][0][0] for line in lines])


def contour(shown: Mapping[str, Any], settle_days: int) -> Contour:
    """Draw a summary's ``break_even`` for a window, by straight lines between what was computed."""
    lines = _lines_of(shown, settle_days)
    ratios, pushes = shown["ratios"], [line["pushed_taxa"] for line in lines]
    means = np.array([[values[0] for values in line["differences"]] for line in lines], dtype=np.float64)
    border = []
    for pushed in np.linspace(pushes[0], pushes[-1], _POINTS).tolist():
        row = [float(np.interp(pushed, pushes, means[:, column])) for column in range(len(ratios))]
        if (ratio := crossing(ratios, row)) is not None:
            border.append((_share(ratio, ratios), 100 - _share(pushed, pushes)))
    return Contour(
        settle_days,
        _points(border),
        _points([*border, (100, border[-1][1]), (100, border[0][1])]) if border else "",
        (_share(shown["evidence"][0], ratios), _share(shown["evidence"][1], ratios)),
        [(ratio, _share(ratio, ratios)) for ratio in ratios],
        [(pushed, 100 - _share(pushed, pushes)) for pushed in pushes],
    )


def crossing(places: Sequence[float], values: Sequence[float]) -> float | None:
    """Return where the straight lines between the values first rise above 0; None if they never do."""
    if values[0] > 0:
        return places[0]
    for place, (before, after) in enumerate(pairwise(values)):
        if after > 0:
            share = -before / (after - before)
            return places[place] + share * (places[place + 1] - places[place])
    return None


def generations(shown: Mapping[str, Any], response: str) -> Lines:
    """Place the share of wrong labels by generation, a line for each arm; of a summary's ``generations``."""
    rows = sorted(
        (one for one in shown["lines"] if one["response"] == response), key=lambda row: row["generation"]
    )
    by_arm = {arm: [Shown(*row["wrong_share"]) for row in rows if row["arm"] == arm] for arm in ARMS}
    top = max(one.value or 0.0 for estimates in by_arm.values() for one in estimates) * (1 + _MARGIN)
    return Lines([_line(arm, estimates, top) for arm, estimates in by_arm.items()], top)


def _lines_of(shown: Mapping[str, Any], settle_days: int) -> list[dict[str, Any]]:
    """The lines of a window, the fewest pushes first."""
    lines = [line for line in shown["lines"] if line["settle_days"] == settle_days]
    return sorted(lines, key=lambda line: int(line["pushed_taxa"]))


def _line(arm: str, estimates: Sequence[Shown], top: float) -> Line:
    places = [
        (_x(place, len(estimates)), _y(one.value or 0.0, top, 0.0)) for place, one in enumerate(estimates)
    ]
    return Line(arm, _points(places), list(estimates))


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in places)


def _mark(label: int, x: float, one: Shown, edges: tuple[float, float], *, is_chosen: bool) -> Mark:
    value = one.value or 0.0
    low, high = (value if known is None else known for known in (one.low, one.high))
    y, low_y, high_y = (_y(known, *edges) for known in (value, low, high))
    return Mark(label, round(x, 2), y, low_y, high_y, one, is_chosen)


def _scale(shown: Sequence[Shown]) -> tuple[float, float]:
    """The upper and the lower edge: around all intervals, and around 0."""
    ends = [value for one in shown for value in (one.value, one.low, one.high) if value is not None]
    top, bottom = max([*ends, 0.0]), min([*ends, 0.0])
    room = _MARGIN * ((top - bottom) or 1.0)
    return top + room, bottom - room


def _x(place: int, of: int) -> float:
    """The middle of one of so many columns."""
    return 100 * (place + 0.5) / of


def _y(value: float, top: float, bottom: float) -> float:
    return round(100 * (top - value) / (top - bottom), 2) if top > bottom else 100.0


def _share(value: float, scale: Sequence[float]) -> float:
    """How far along a scale a value lies, per cent."""
    return round(100 * (value - scale[0]) / (scale[-1] - scale[0]), 2)
