"""The line plot: species by their photos, most first, on a logarithmic scale, with the line in it.

Everything is in per cent of the picture's width and height, so that words keep their size.
"""

from dataclasses import dataclass
from math import log

from exporter.criteria import PRESETS
from portal.taxa.curves import STATUSES, Counted

#: Where the table beside the picture begins a row, besides at the line.
ROWS = (1, 10, 50, 200, 500, 1_000, 10_000, 100_000)


@dataclass(frozen=True)
class Block:
    """Species of one status that hold about as many photos."""

    status: str
    x: float
    width: float
    y: float


@dataclass(frozen=True)
class Row:
    """Species by status, in the order of `STATUSES`, from so many photos to so many (None: no end)."""

    start: int
    end: int | None
    counts: list[int]

    @property
    def last(self) -> int | None:
        """The most photos that still belong to it."""
        return self.end and self.end - 1


@dataclass(frozen=True)
class LinePlot:
    """``needed``: the photos of the smallest class. ``line``: where that lies, from the top.

    ``crossing``: where the curve crosses it, from the left; ``above`` species are left of that, ``classes``
    of them classes.
    """

    blocks: list[Block]
    needed: int
    line: float
    crossing: float
    species: int
    above: int
    classes: int
    most: int
    rows: list[Row]


def line_plot(counted: Counted, criteria: str) -> LinePlot | None:
    """The plot of a curve; None where there is no species."""
    species = sum(map(sum, counted.steps.values()))
    if not species:
        return None
    rule = PRESETS[criteria]
    needed = rule.set_aside + rule.train_min
    most = max(counted.steps)
    over = [counts for step, counts in counted.steps.items() if step >= needed]
    above = sum(map(sum, over))
    return LinePlot(
        blocks=_blocks(counted.steps, species, _top(most, needed)),
        needed=needed,
        line=_height(needed, _top(most, needed)),
        crossing=round(100 * above / species, 2),
        species=species,
        above=above,
        classes=sum(counts[0] for counts in over),
        most=most,
        rows=_rows(counted.steps, needed),
    )


def _top(most: int, needed: int) -> float:
    """The photos at the upper edge: the line is never at the edge itself."""
    return 1.3 * max(most, 2 * needed)


def _height(photos: int, top: float) -> float:
    """Where so many photos lie, from the top. The lower edge is half a photo, so that one photo shows."""
    return round(100 * (1 - log(2 * photos) / log(2 * top)), 2)


def _blocks(steps: dict[int, list[int]], species: int, top: float) -> list[Block]:
    blocks = []
    passed = 0
    for place, step in enumerate(sorted(steps, reverse=True)):
        # Turned round at every other step, so that the same colours meet.
        for status, count in list(zip(STATUSES, steps[step], strict=True))[:: -1 if place % 2 else 1]:
            if count:
                x, width = 100 * passed / species, 100 * count / species
                blocks.append(Block(status, round(x, 3), round(width, 3), _height(step, top)))
            passed += count
    return blocks


def _rows(steps: dict[int, list[int]], needed: int) -> list[Row]:
    """The curve as a table, most photos first."""
    starts = sorted({*ROWS, needed})
    rows = []
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        inside = [counts for step, counts in steps.items() if start <= step and (end is None or step < end)]
        if inside:
            rows.append(Row(start, end, [sum(column) for column in zip(*inside, strict=True)]))
    return rows[::-1]
