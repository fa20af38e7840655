"""The tree as an icicle: levels from left to right, heights by photos.

Heights are in pixels and widths in per cent, so that words keep their size however wide the window is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.taxa.models import Readiness, Status
from portal.taxa.queries.clades import LEVELS, Branch, Clade, clade_of

HEIGHT = 640
#: The strip of the clade itself: per cent of the width. The levels share the rest.
TRUNK = 5.0
#: The least height of a cell; from where on it bears a name, and a second line.
LEAST = 4
NAMED = 17
SPOKEN = 36
#: Upper ends of the shades of the expected wrong share; the last shade has none.
SHARES = (0.0, 0.01, 0.02, 0.05, 0.10)


@dataclass(frozen=True)
class Cell:
    """A taxon in the picture, or (without a row) the ``others`` ``within`` one that are too small to draw.

    ``served``: how much of its height holds photos that serve a class.
    """

    row: Readiness | None
    within: Readiness | None
    level: int
    y: float
    height: float
    others: int = 0

    @property
    def served(self) -> float:
        return round(self.height * self.row.class_photos / self.row.photos, 1) if self.row else 0.0

    @property
    def is_covered(self) -> bool:
        return self.row is not None and self.row.status == Status.COVERED

    @property
    def is_last(self) -> bool:
        """Whether what lies in it is not drawn."""
        return self.level == LEVELS

    @property
    def is_named(self) -> bool:
        return self.height >= NAMED

    @property
    def is_spoken(self) -> bool:
        return self.height >= SPOKEN


def least_photos(clade: Clade) -> float:
    """The fewest photos that make a cell of the clade's picture."""
    return max(clade.photos, clade.branch_photos) * LEAST / HEIGHT


def cells(clade: Clade, grown: list[Branch]) -> list[Cell]:
    """The cells of a clade's picture, each after the one that it lies in."""
    return list(_cells(clade, grown, 1, 0.0, float(HEIGHT)))


def level_width(cells: list[Cell]) -> float:
    """The width of a level, in per cent: the levels that there are fill the picture."""
    return round((100 - TRUNK) / max((cell.level for cell in cells), default=1), 3)


def _cells(of: Clade, grown: list[Branch], level: int, y: float, height: float) -> Iterator[Cell]:
    """The cells of one level within a clade, with theirs. What is left blank is known no finer."""
    scale = height / max(of.photos, of.branch_photos)
    for branch in grown:
        row = branch.row
        tall = row.photos * scale
        yield Cell(row, of.row, level, round(y, 1), round(tall, 1))
        if level < LEVELS and row.branches:
            yield from _cells(clade_of(row), branch.branches, level + 1, y, tall)
        y += tall
    others = of.branches - len(grown)
    left = (of.branch_photos - sum(branch.row.photos for branch in grown)) * scale
    if others > 0 and left >= 1:
        yield Cell(None, of.row, level, round(y, 1), round(left, 1), others)


def wrong_share(row: Readiness) -> float:
    """The share of the clade's observations that are expected to be wrong, and exported."""
    return row.expected_wrong / row.observations if row.observations else 0.0


def shade(row: Readiness) -> int:
    """Which of the shades, 0 for the lightest, the expected wrong share has."""
    share = wrong_share(row)
    return next((number for number, end in enumerate(SHARES) if share <= end), len(SHARES))
