"""One model or one for each clade: what the trainer's comparison gave, as the page shows it.

``comparison.json`` holds a summary for each set of photos, as ``python -m benchmarks.split_models --page``
writes it: what ``python -m trainer compare`` does on a run's photos. Each names its command.
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("comparison.json")

#: The ways to name a photo, in the order in which the page shows them.
WAYS = ("one", "one_twice", "split_router", "split_weighed", "one_masked", "split_oracle")


@dataclass(frozen=True)
class Interval:
    """A mean over draws with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def is_gain(self) -> bool:
        """Whether all of the interval lies above 0."""
        return self.low > 0

    @property
    def is_loss(self) -> bool:
        """Whether all of the interval lies below 0."""
        return self.high < 0


@dataclass(frozen=True)
class Way:
    """A way to name a photo: how often it is right, and how many photos its training saw."""

    name: str
    right: Interval
    photos_seen: int


@dataclass(frozen=True)
class Pair:
    """Two ways on the same photos. In ``better`` and ``worse`` of ``draws`` the first is so for sure."""

    first: str
    second: str
    difference: Interval
    better: int
    worse: int
    draws: int


@dataclass(frozen=True)
class Comparison:
    """What was compared on one set of photos. ``spread``: standard deviations, shares of 1."""

    name: str
    is_simulated: bool
    command: str
    made_on: date
    photos: int
    classes: int
    draws: int
    seeds: int
    router: Interval
    ways: list[Way]
    pairs: list[Pair]
    groups: list[dict[str, Any]]
    spread: dict[str, float]

    def pair(self, first: str, second: str) -> Pair:
        """Return what the first way has over the second."""
        [result] = [pair for pair in self.pairs if (pair.first, pair.second) == (first, second)]
        return result


@cache
def comparisons() -> list[Comparison]:
    """Return the comparisons, in the file's order."""
    content: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return [_comparison(one) for one in content]


def _comparison(given: dict[str, Any]) -> Comparison:
    seen = given["photos_seen"]
    both = seen["split"] + seen["router"]
    photos_seen = {
        "one": seen["one"],
        "one_twice": seen["one_twice"],
        "one_masked": seen["one"],
        "split_oracle": seen["split"],
    }
    return Comparison(
        name=given["name"],
        is_simulated=given["is_simulated"],
        command=given["command"],
        made_on=date.fromisoformat(given["made_on"]),
        photos=given["photos"],
        classes=given["classes"],
        draws=given["draws"],
        seeds=given["seeds"],
        router=Interval(*given["router"]),
        ways=[Way(name, Interval(*given["ways"][name]), photos_seen.get(name, both)) for name in WAYS],
        pairs=[
            Pair(
                pair["first"],
                pair["second"],
                Interval(*pair["difference"]),
                pair["clearly_better"],
                pair["clearly_worse"],
                len(pair["draws"]),
            )
            for pair in given["pairs"]
        ],
        groups=given["groups"],
        spread=given["spread"],
    )
