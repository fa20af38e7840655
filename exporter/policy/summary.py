"""The summary of a grid: means over worlds with their intervals, differences, and the break-even."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

import numpy as np

from exporter.columns import Floats
from exporter.policy import LAB_VERSION
from exporter.policy.cutting import WORST_SHARE
from exporter.policy.intervals import Estimate, difference, estimate, ratio
from exporter.policy.lab import END, Size
from exporter.policy.outcomes import EXPORT_INTERVAL_DAYS, MINUTES_A_LOOK, OUTCOMES
from exporter.policy.pictures import crossing
from exporter.policy.runs import Row, Study, rounded
from exporter.policy.scenarios import PARAMETERS, REFERENCE
from exporter.policy.studies import (
    BREAK_EVEN_CLEANUP,
    BREAK_EVEN_LEAD_DAYS,
    BREAK_EVEN_WINDOWS,
    EVIDENCE,
    PUSHES,
    RATIOS,
    break_even_scenario,
)
from exporter.shares import LEVEL
from exporter.snapshot import SETTLE_DAYS

#: What is also given as a difference from no announcement, with the same window.
COMPARED = ("wrong_share", "worst_share", "classes", "photos")

#: Scenario, draw and window; by seed in each.
_Key: TypeAlias = tuple[str, str, int]
_Columns: TypeAlias = dict[_Key, dict[str, Floats]]


def describe(study: Study, seeds: Sequence[int], size: Size) -> dict[str, Any]:
    """Return what a grid is made of: worlds, rule, parameters with their ranges and sources, outcomes."""
    return {
        "is_simulated": True,
        "lab_version": LAB_VERSION,
        "seeds": list(seeds),
        "observations": size.observations,
        "cutoff": END.isoformat(),
        "criteria": asdict(size.criteria),
        "level": LEVEL,
        "worst_share_of_classes": WORST_SHARE,
        "minutes_a_look": MINUTES_A_LOOK,
        "export_interval_days": EXPORT_INTERVAL_DAYS,
        "parameters": [asdict(parameter) for parameter in PARAMETERS],
        "outcomes": OUTCOMES,
        "scenarios": [asdict(scenario) for scenario in study.scenarios],
    }


def summarise(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return for each scenario, draw and window: ``means``, ``differences`` and ``hours_per_removed``.

    Each is [value, low, high], null where there is nothing to say. Differences are against the same worlds
    without an announcement; ``from_window`` has those against no window, where one was looked at.
    """
    columns = _by_key(rows)
    summaries = []
    for (name, draw, days), values in columns.items():
        reference = columns[REFERENCE.name, "sealed", days]
        unsettled = columns.get((name, draw, 0), {})
        summaries.append(
            {
                "scenario": name,
                "draw": draw,
                "settle_days": days,
                "means": {outcome: _plain(estimate(values[outcome])) for outcome in OUTCOMES},
                "differences": {
                    outcome: _plain(difference(values[outcome], reference[outcome])) for outcome in COMPARED
                },
                "from_window": {
                    outcome: _plain(difference(values[outcome], unsettled[outcome]))
                    for outcome in COMPARED
                    if days and unsettled
                },
                "hours_per_removed": _plain(ratio(values["hours"].tolist(), values["removed"].tolist())),
            }
        )
    return summaries


def break_even(rows: Sequence[Row]) -> dict[str, Any]:
    """Return by window and pushes how wrong extra identifications change the share of wrong labels.

    ``differences`` has [value, low, high] for each of ``ratios``: wrong identifications for each skilled one.
    ``harms_from`` is the ratio from which on an announcement raises the share, interpolated: null if none
    of those looked at does.
    """
    columns = _by_key(rows)
    lines = []
    for days in BREAK_EVEN_WINDOWS:
        reference = columns[REFERENCE.name, "sealed", days]["wrong_share"]
        for pushed_taxa in PUSHES:
            names = [break_even_scenario(one, pushed_taxa).name for one in RATIOS]
            changes = [difference(columns[name, "sealed", days]["wrong_share"], reference) for name in names]
            place = crossing(RATIOS, [one.value for one in changes])
            lines.append(
                {
                    "settle_days": days,
                    "pushed_taxa": pushed_taxa,
                    "differences": [_plain(one) for one in changes],
                    "harms_from": None if place is None else rounded(place),
                }
            )
    return {
        "ratios": list(RATIOS),
        "evidence": list(EVIDENCE),
        "lead_days": BREAK_EVEN_LEAD_DAYS,
        "cleanup": BREAK_EVEN_CLEANUP,
        "lines": lines,
    }


def scenario_lines(summary: dict[str, Any]) -> list[str]:
    """One line a scenario, cut with the default window: wrong labels, taxa pushed in, labels that wait."""
    return [
        f"{row['scenario']}: {100 * row['means']['wrong_share'][0]:.2f} % wrong labels"
        f" ({_points(row['differences']['wrong_share'])} against no announcement),"
        f" {row['means']['pushed_in'][0]:.1f} taxa pushed in,"
        f" {row['means']['honest_waited'][0]:.0f} right labels waited"
        for row in summary["rows"]
        if row["settle_days"] == SETTLE_DAYS and row["draw"] == "sealed"
    ]


def break_even_lines(summary: dict[str, Any]) -> list[str]:
    """One line a window: from which ratio on announcing harms, without pushes and with them."""
    lines = []
    for days in dict.fromkeys(line["settle_days"] for line in summary.get("break_even", {}).get("lines", ())):
        kept = [line for line in summary["break_even"]["lines"] if line["settle_days"] == days]
        places = [
            f"{'never' if line['harms_from'] is None else format(line['harms_from'], '.2f')}"
            f" with {line['pushed_taxa']} pushed taxa"
            for line in kept
        ]
        lines.append(
            f"break-even, window of {days} days, wrong identifications for each skilled one: "
            + ", ".join(places)
        )
    return lines


def _points(change: list[float | None]) -> str:
    value, low, high = (None if one is None else f"{100 * one:+.2f}" for one in change)
    return f"{value} points" if low is None else f"{value} points, {low} to {high}"


def _by_key(rows: Sequence[Row]) -> _Columns:
    """The outcomes as arrays over the seeds, by scenario, draw and window, in the order of the rows."""
    groups: dict[_Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["scenario"], row["draw"], row["settle_days"]].append(row)
    return {
        key: {
            name: np.array([np.nan if row[name] is None else row[name] for row in group], dtype=np.float64)
            for name in OUTCOMES
        }
        for key, group in groups.items()
    }


def _plain(one: Estimate) -> list[float | None]:
    return [None if value is None else rounded(value) for value in (one.value, one.low, one.high)]
