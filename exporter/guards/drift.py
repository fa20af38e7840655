"""Drift: do the classes hold what they held in the previous snapshot, and are they the same?

Photos per class are those that the export at this cutoff would hold, sets taken together, against those of
the previous snapshot's manifest: by the two-sample Kolmogorov-Smirnov test, and by the Wasserstein distance
of their logarithms (0.1: classes are about a tenth larger or smaller). Most classes are the same in both, so
the test is cautious: chance alone gives a small p-value more rarely than it says. Classes added and lost are
compared with their turnover in the windows before that snapshot (`exporter.guards.usual`). It fires at a
p-value of `LEVEL` or below.
"""

import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Any

import duckdb
import numpy as np
from scipy import stats

from exporter.columns import integers
from exporter.criteria import Criteria, criteria_from
from exporter.errors import DataError
from exporter.guards.finding import LEVEL, Finding
from exporter.guards.usual import LEAST_WINDOWS, at_least
from exporter.manifest import Manifest
from exporter.messages import Message, message
from exporter.readiness import Assessment
from exporter.selection import SETS, class_taxon_ids, fill
from exporter.settling import iso, newly_classes

#: Which photos are drawn does not matter here, only how many: any draw does.
_SEED = "leafline guards count photos"

_PER_CLASS = "SELECT leaf_class_id, count(*) AS photos FROM places GROUP BY leaf_class_id"

_UNKNOWN: dict[str, Any] = dict.fromkeys(
    (
        "baseline",
        "ks",
        "p_value",
        "wasserstein_log",
        "classes_added",
        "classes_lost",
        "usual_added",
        "usual_lost",
        "turnover_p_value",
    )
)


@dataclass(frozen=True)
class Previous:
    """An earlier export: when it was cut, by which rule, and how many photos its classes hold, by taxon."""

    cutoff: datetime
    criteria: Criteria
    photos: dict[int, int]

    @classmethod
    def of(cls, manifest: Manifest) -> "Previous":
        """Read it from a snapshot's manifest; the sets are taken together."""
        return cls(
            datetime.fromisoformat(manifest["cutoff"]),
            criteria_from(manifest["criteria"]),
            {row["taxon_id"]: sum(row[name] for name in SETS) for row in manifest["counts"]["classes"]},
        )


@dataclass(frozen=True)
class Turnover:
    """Classes gained and gone in past windows, the latest first, each ``window`` long.

    The latest ended one window before the cutoff.
    """

    gained: list[int]
    gone: list[int]
    window: timedelta

    @classmethod
    def of(cls, past: list[Assessment], window: timedelta) -> "Turnover":
        """By how the taxa stood on past dates, the latest first."""
        pairs = list(pairwise(past))
        gained = [len(newly_classes(later, earlier)) for later, earlier in pairs]
        gone = [len(newly_classes(earlier, later)) for later, earlier in pairs]
        return cls(gained, gone, window)

    def judge(self, added: int, lost: int, since: timedelta) -> dict[str, Any]:
        """Usual numbers in the time since, and how likely so many are added or lost; null if unknown.

        What is usual is estimated from the windows that ended before that time. The p-value is the
        smaller of the two, doubled.
        """
        windows = since / self.window
        first = ceil(windows) - 1
        gained, gone = self.gained[first:], self.gone[first:]
        if len(gained) < LEAST_WINDOWS:
            return dict.fromkeys(("usual_added", "usual_lost", "turnover_p_value"))
        p_values = (at_least(added, gained, windows), at_least(lost, gone, windows))
        return {
            "usual_added": float(np.mean(gained)) * windows,
            "usual_lost": float(np.mean(gone)) * windows,
            "turnover_p_value": min(1.0, 2 * min(p_values)),
        }


def find_drift(
    con: duckdb.DuckDBPyConnection,
    criteria: Criteria,
    cutoff: datetime,
    settled: Assessment,
    previous: Previous | None,
    turnover: Turnover,
) -> Finding:
    """Compare the export at the cutoff with the previous snapshot; after `exporter.settling.settle`.

    DataError if the previous snapshot is not from before the cutoff.
    """
    if previous is None:
        words = [message("no_previous")]
        return Finding(_UNKNOWN, fired=False, words=words, missing=[message("previous_not_given")])
    if (since := cutoff - previous.cutoff) <= timedelta(0):
        raise DataError(
            f"the previous snapshot's cutoff {iso(previous.cutoff)} is not before {iso(cutoff)};"
            " give an earlier snapshot"
        )
    if previous.criteria != criteria:
        words = [message("other_criteria")]
        return Finding(_UNKNOWN, fired=False, words=words, missing=[message("previous_has_other_criteria")])
    now = _photos_per_class(con, criteria, settled)
    content = {"baseline": iso(previous.cutoff), **compare(now, previous.photos)}
    content |= turnover.judge(content["classes_added"], content["classes_lost"], since)
    p_values = [content[name] for name in ("p_value", "turnover_p_value") if content[name] is not None]
    missing = [] if content["turnover_p_value"] is not None else [message("no_turnover")]
    return Finding(content, any(value <= LEVEL for value in p_values), _words(content), missing)


def compare(now: dict[int, int], before: dict[int, int]) -> dict[str, Any]:
    """Compare photos by class. Without a class on one side there is nothing to test.

    A class may hold none: all its photos serve others. It has no logarithm, and counts as one photo there.
    """
    samples = [np.array(list(one.values()), dtype=np.float64) for one in (now, before)]
    can_test = all(sample.size for sample in samples)
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        # Where the exact p-value cannot be computed, SciPy takes the asymptotic one, and warns.
        test = stats.ks_2samp(*samples) if can_test else None
    return {
        "ks": float(test.statistic) if test else None,
        "p_value": float(test.pvalue) if test else None,
        "wasserstein_log": float(
            stats.wasserstein_distance(*(np.log(np.maximum(sample, 1.0)) for sample in samples))
        )
        if can_test
        else None,
        "classes_added": len(now.keys() - before.keys()),
        "classes_lost": len(before.keys() - now.keys()),
    }


def _photos_per_class(
    con: duckdb.DuckDBPyConnection, criteria: Criteria, settled: Assessment
) -> dict[int, int]:
    """Photos that the export would hold, by the class's taxon."""
    fill(con, criteria, settled, _SEED)
    rows = con.execute(_PER_CLASS).fetchnumpy()
    taxon_ids = class_taxon_ids(settled)
    photos = np.zeros_like(taxon_ids)
    photos[integers(rows["leaf_class_id"])] = integers(rows["photos"])
    return dict(zip(taxon_ids.tolist(), photos.tolist(), strict=True))


def _words(content: dict[str, Any]) -> list[Message]:
    words = [message("turnover", added=content["classes_added"], lost=content["classes_lost"])]
    if content["turnover_p_value"] is not None:
        words.append(message("usual_turnover", added=content["usual_added"], lost=content["usual_lost"]))
    if content["p_value"] is not None:
        words.append(message("photos_differ", most=content["ks"], chance=content["p_value"]))
    return words
