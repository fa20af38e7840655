"""The page's pictures as places: what the templates draw as SVG. Everything is in per cent of the picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from portal.policy.results import WINDOWS, Choice, Estimate, cell, document

#: Room above and below the outermost interval, as a share of the scale.
_MARGIN = 0.08
#: One arm of the loop is drawn, and called, after another.
ARMS = ("never", "once", "every")
GENERATIONS = 5


@dataclass(frozen=True)
class Mark:
    """An estimate in a picture: its column and its places from the top, and the numbers behind them."""

    label: float
    x: float
    y: float
    low_y: float
    high_y: float
    estimate: Estimate
    is_chosen: bool = False


@dataclass(frozen=True)
class Marks:
    """Estimates side by side; ``zero``: where no change lies; ``top``, ``bottom``: shares at the edges."""

    marks: list[Mark]
    zero: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Square:
    """One place of the break-even: the change in wrong labels, and whether it is harm, gain or neither."""

    ratio: float
    pushed_taxa: int
    change: Estimate
    verdict: str


@dataclass(frozen=True)
class Line:
    """An arm of the loop: its points, and the estimates by generation."""

    arm: str
    points: str
    estimates: list[Estimate]


@dataclass(frozen=True)
class Lines:
    """Arms of the loop; ``top``: the share of wrong labels at the upper edge."""

    lines: list[Line]
    top: float


def by_window(choice: Choice) -> Marks:
    """Place the change in wrong labels by settling window, for a reaction and a day of announcing."""
    shown = [cell(replace(choice, settle_days=days)).changes["wrong_share"] for days in WINDOWS]
    top, bottom = _scale(shown)
    marks = [
        replace(_mark(days, place, len(WINDOWS), one, top, bottom), is_chosen=days == choice.settle_days)
        for place, (days, one) in enumerate(zip(WINDOWS, shown, strict=True))
    ]
    return Marks(marks, _y(0.0, top, bottom), top, bottom)


def break_even(settle_days: int) -> list[list[Square]]:
    """Return the squares of the break-even: a row for each number of pushes, the most first."""
    shown = document()["break_even"]
    lines = [line for line in shown["lines"] if line["settle_days"] == settle_days]
    return [
        [
            _square(ratio, line["pushed_taxa"], Estimate(*values))
            for ratio, values in zip(shown["ratios"], line["differences"], strict=True)
        ]
        for line in sorted(lines, key=lambda line: -line["pushed_taxa"])
    ]


def harms_from(settle_days: int) -> float | None:
    """Return the ratio from which on an announcement without pushes harms; None if none looked at does."""
    lines = document()["break_even"]["lines"]
    [shown] = [one for one in lines if one["settle_days"] == settle_days and one["pushed_taxa"] == 0]
    ratio: float | None = shown["harms_from"]
    return ratio


def generations(response: str) -> Lines:
    """Place the share of wrong labels by generation, a line for each arm."""
    rows = [one for one in document()["generations"]["lines"] if one["response"] == response]
    shown = {
        arm: [
            Estimate(*row["wrong_share"])
            for row in sorted(rows, key=lambda row: row["generation"])
            if row["arm"] == arm
        ]
        for arm in ARMS
    }
    top = max(one.value or 0.0 for estimates in shown.values() for one in estimates) * (1 + _MARGIN)
    return Lines([_line(arm, estimates, top) for arm, estimates in shown.items()], top)


def _line(arm: str, estimates: Sequence[Estimate], top: float) -> Line:
    points = " ".join(
        f"{_x(place, len(estimates)):.2f},{_y(one.value or 0.0, top, 0.0):.2f}"
        for place, one in enumerate(estimates)
    )
    return Line(arm, points, list(estimates))


def _square(ratio: float, pushed_taxa: int, change: Estimate) -> Square:
    verdict = "harm" if change.is_harm else "gain" if change.is_gain else "open"
    return Square(ratio, pushed_taxa, change, verdict)


def _mark(label: float, place: int, of: int, one: Estimate, top: float, bottom: float) -> Mark:
    value, low, high = (0.0 if known is None else known for known in (one.value, one.low, one.high))
    y, low_y, high_y = (_y(known, top, bottom) for known in (value, low, high))
    return Mark(label, round(_x(place, of), 2), y, low_y, high_y, one)


def _scale(shown: Sequence[Estimate]) -> tuple[float, float]:
    """The upper and the lower edge: around all intervals, and around 0."""
    ends = [value for one in shown for value in (one.value, one.low, one.high) if value is not None]
    top, bottom = max([*ends, 0.0]), min([*ends, 0.0])
    room = _MARGIN * ((top - bottom) or 1.0)
    return top + room, bottom - room


def _x(place: int, of: int) -> float:
    """The middle of one of so many columns."""
    return 100 * (place + 0.5) / of


def _y(value: float, top: float, bottom: float) -> float:
    return round(100 * (top - value) / (top - bottom), 2)
