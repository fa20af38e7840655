"""Hotspots as pictures: what the templates draw as SVG, in units of the picture's own box."""

from dataclasses import dataclass

from portal.hotspots.queries import Moment

#: The boxes of the pictures: width and height.
SPARK = (100, 24)
TREND = (600, 180)
MONTH_HEIGHT = 100
BAR_WIDTH = 100


@dataclass(frozen=True)
class IntervalBar:
    """A value with its interval on a scale of 0 to `BAR_WIDTH`."""

    length: float
    low: float
    high: float


def interval_bar(value: float, low: float, high: float, most: float) -> IntervalBar:
    """The bar on a scale that ends at ``most``."""
    scale = BAR_WIDTH / most if most else 0.0
    return IntervalBar(*(round(min(number * scale, BAR_WIDTH), 2) for number in (value, low, high)))


@dataclass(frozen=True)
class Course:
    """A trend as the points of a line and of the band around it, as SVG writes them."""

    line: str
    band: str
    top: float


def course(moments: list[Moment], box: tuple[int, int]) -> Course | None:
    """The trend in a box, time to the right; None where there are fewer than two moments."""
    if len(moments) < 2:
        return None
    width, height = box
    top = max(moment.high for moment in moments) or 1.0
    start, end = moments[0].at, moments[-1].at
    span = (end - start).total_seconds()

    def point(moment: Moment, value: float) -> tuple[float, float]:
        passed = (moment.at - start).total_seconds() / span
        return round(width * passed, 1), round(height * (1 - value / top), 1)

    line = [point(moment, moment.expected) for moment in moments]
    upper = [point(moment, moment.high) for moment in moments]
    lower = [point(moment, moment.low) for moment in reversed(moments)]
    return Course(_path(line), _path(upper + lower), top)


def _path(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


@dataclass(frozen=True)
class MonthColumn:
    """How many are expected wrong in one month, and the column drawn for it."""

    number: int
    expected: float
    y: float
    height: float


def month_columns(expected: dict[int, float]) -> list[MonthColumn]:
    """A column for each month of the year, the tallest filling the height."""
    most = max(expected.values(), default=0.0) or 1.0
    heights = {month: round(MONTH_HEIGHT * expected.get(month, 0.0) / most, 1) for month in range(1, 13)}
    return [
        MonthColumn(month, expected.get(month, 0.0), round(MONTH_HEIGHT - height, 1), height)
        for month, height in heights.items()
    ]
