"""How the probabilities of wrong labels were learned, as a refresh stored it, for pages to show.

The stored rows are those of `exporter.hotspots.schema.FIT`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exporter.criteria import DEFAULT_CRITERIA
from portal.lake.models import Refresh

#: The box of the picture: width of a group of two columns, and height.
GROUP_WIDTH, HEIGHT = 10, 100

#: What each coefficient is about, and by how much that grows: the coefficient of a logarithm is stated for
#: twice as many.
FACTORS: dict[str, tuple[Promise, float]] = {
    "number": (_("twice as many other observations carry the label"), 0.693),
    "range": (_("the label is twice as common around here as its order lets expect"), 0.693),
    "suggested": (_("computer vision suggested the label"), 1.0),
    "own": (_("the observer gave the label"), 1.0),
    "genus": (_("the label is a genus"), 1.0),
    "coarser": (_("the label is coarser than a genus"), 1.0),
}
_CASES, _FELL = "labels that somebody reviewed", "labels that were overturned"
_SLOPE = "slope of the calibration"
#: In seconds since 1970.
_LEARNED_AT = "learned at"


@dataclass(frozen=True)
class Fifth:
    """A fifth of the held-out labels by their probability: how many were expected to fall, and how many fell.

    x, and y and height of two columns: as SVG draws them.
    """

    expected: float
    found: int
    x: int
    expected_y: float
    expected_height: float
    found_y: float
    found_height: float


@dataclass(frozen=True)
class Move:
    """How often a rejected label moves, by how many more disagreements iNaturalist's rule needs.

    needed:   that many; of the last of several, that many or more.
    chance:   from 0 to 1.
    rejected: the rejected labels of these data that it was learned from.
    """

    needed: int
    is_last: bool
    chance: float
    rejected: int


@dataclass(frozen=True)
class Fit:
    """What was learned from how many labels.

    learned_at: when; None where an earlier version did not store it.
    days:    after how many days it is learned anew; 0: at each refresh.
    factors: by what the odds of falling are multiplied, for each thing that counts.
    fifths:  none where too few labels fell to check anything.
    moves:   what one more disagreement does to a label; none where an earlier version stored nothing of it.
    """

    learned_at: datetime | None
    days: int
    cases: int
    overturned: int
    factors: list[tuple[Promise, float]]
    fifths: list[Fifth]
    moves: list[Move]

    @property
    def width(self) -> int:
        """The width of the picture."""
        return GROUP_WIDTH * len(self.fifths)


def fit(data: Refresh | None, criteria: str = "") -> Fit | None:
    """Return how the probabilities under a rule were learned; None where none were."""
    rows = data.counts.get("hotspots_fit", {}).get(criteria or DEFAULT_CRITERIA) if data else None
    if not rows:
        return None
    recorded = {
        part: {row["name"]: row["value"] for row in rows if row["part"] == part}
        for part in ("data", "coefficient")
    }
    slope = recorded["data"].get(_SLOPE, 1.0)
    learned_at = recorded["data"].get(_LEARNED_AT)
    return Fit(
        learned_at=None if learned_at is None else datetime.fromtimestamp(learned_at, UTC),
        days=settings.LEARN_DAYS,
        cases=int(recorded["data"].get(_CASES, 0)),
        overturned=int(recorded["data"].get(_FELL, 0)),
        factors=[
            (words, exp(slope * recorded["coefficient"][name] * step))
            for name, (words, step) in FACTORS.items()
            if name in recorded["coefficient"]
        ],
        fifths=_fifths([row for row in rows if row["part"] == "calibration"]),
        moves=_moves([row for row in rows if row["part"] == "moves"]),
    )


def _moves(rows: list[dict[str, Any]]) -> list[Move]:
    """Return the rows as stored: from one disagreement needed upwards."""
    return [
        Move(needed, needed == len(rows), row["value"], int(row["found"]))
        for needed, row in enumerate(rows, start=1)
    ]


def _fifths(rows: list[dict[str, Any]]) -> list[Fifth]:
    most = max((max(row["value"], row["found"]) for row in rows), default=0.0) or 1.0
    result = []
    for place, row in enumerate(rows):
        expected, fell = (round(HEIGHT * row[name] / most, 1) for name in ("value", "found"))
        result.append(
            Fifth(
                expected=row["value"],
                found=int(row["found"]),
                x=GROUP_WIDTH * place,
                expected_y=round(HEIGHT - expected, 1),
                expected_height=expected,
                found_y=round(HEIGHT - fell, 1),
                found_height=fell,
            )
        )
    return result
