"""Guards: was anything pushed before a cutoff? Checks that make announcing one safe.

Each module looks at one thing and says, in numbers and in words, its result and what would be expected
without a push:

- `settle`:   what the settling rule held back, and whom it kept below the line;
- `influx`:   taxa that got far more labels than their season and their past let expect;
- `bunching`: more taxa just above the line than a smooth distribution, and past windows, let expect;
- `drift`:    photos per class and the classes themselves against the previous snapshot.

A guard fires or does not; what follows is for people to decide. What cannot be judged is said, not guessed.
No report names a person.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from exporter.criteria import Criteria
from exporter.guards.bunching import find_bunching
from exporter.guards.drift import Previous, Turnover, find_drift
from exporter.guards.influx import find_influx
from exporter.guards.past import past_dates, stand_at
from exporter.guards.settle import held_back
from exporter.manifest import read_manifest
from exporter.messages import english
from exporter.readiness import Assessment, assess
from exporter.settling import SETTLED, UNSETTLED, Settling, iso, refuse_future, settle

#: The window that the guards look at is the settling window, but no shorter or longer than this, days.
SHORTEST_DAYS = 7
LONGEST_DAYS = 28
DEFAULT_DAYS = 14

GUARDS = ("influx", "bunching", "drift")


def report(
    con: duckdb.DuckDBPyConnection,
    criteria: Criteria,
    cutoff: datetime,
    settle_days: int,
    *,
    previous: Path | None = None,
    loaded_at: datetime | None = None,
) -> dict[str, Any]:
    """The guards' report on a cutoff, ready for JSON.

    Args:
        con: a connection to a pinned lake, as `exporter.lake.Lake.connect` gives.
        criteria: the export's rule.
        cutoff: a time with a zone, no later than the lake's newest record.
        settle_days: the settling window's length in days, 0 for none.
        previous: the folder of an earlier snapshot; without one, drift is not judged.
        loaded_at: when the lake's version was made; later times in the data count as mistakes.

    Gives ``cutoff``, ``criteria``, ``settle_days``, ``window_days`` (the days before the cutoff that influx
    and bunching look at), a part for each guard, ``fired`` (the names of those that fired), ``not_judged``
    (name and reason of what could not be), ``words``: for each guard its result, and what would be
    expected without a push, and ``messages``: both as `exporter.messages`, to be rendered in any language.

    Raises:
        DataError: the cutoff is in the future of the data, or ``previous`` is no snapshot from before it.
    """
    refuse_future(con, cutoff, loaded_at)
    before = None if previous is None else Previous.of(read_manifest(previous))
    settling = settle(con, criteria, cutoff - timedelta(days=settle_days), cutoff)
    settled, unsettled = (assess(con, criteria, labelled) for labelled in (SETTLED, UNSETTLED))
    cut = Cut(criteria, cutoff, settle_days, settling, settled, unsettled)
    return judge(con, cut, before)


@dataclass(frozen=True)
class Cut:
    """A cutoff that `exporter.settling.settle` was run for, and which taxa are classes by it.

    settled, unsettled: by the labels that hold, and by those at the cutoff.
    """

    criteria: Criteria
    cutoff: datetime
    settle_days: int
    settling: Settling
    settled: Assessment
    unsettled: Assessment


def window_of(settle_days: int) -> int:
    """Return how many days before the cutoff the guards look at, with a settling window of so many."""
    return min(max(settle_days or DEFAULT_DAYS, SHORTEST_DAYS), LONGEST_DAYS)


def judge(
    con: duckdb.DuckDBPyConnection,
    cut: Cut,
    before: Previous | None,
    past: list[Assessment] | None = None,
) -> dict[str, Any]:
    """Return the `report` on a cut whose tables the connection still has.

    ``before`` is an earlier export; ``past`` is how the taxa stood on `past_dates`, where that is known.
    """
    criteria, cutoff, settle_days = cut.criteria, cut.cutoff, cut.settle_days
    window_days = window_of(settle_days)
    if past is None:
        past = [stand_at(con, criteria, date, cutoff) for date in past_dates(con, cutoff, window_days)]
    turnover = Turnover.of(past, timedelta(days=window_days))
    bunching = find_bunching(cut.unsettled, past)
    parts = {
        "settle": held_back(cut.settling, cut.settled, cut.unsettled),
        "influx": find_influx(con, cutoff, window_days, frozenset(bunching.content["taxa"])),
        "bunching": bunching,
        "drift": find_drift(con, criteria, cutoff, cut.settled, before, turnover),
    }
    return {
        "cutoff": iso(cutoff),
        "criteria": criteria.name,
        "settle_days": settle_days,
        "window_days": window_days,
        **{name: part.content for name, part in parts.items()},
        "fired": [name for name in GUARDS if parts[name].fired],
        "not_judged": {name: english(part.missing) for name, part in parts.items() if part.missing},
        "words": {name: english(part.words) for name, part in parts.items()},
        "messages": {name: {"words": part.words, "missing": part.missing} for name, part in parts.items()},
    }
