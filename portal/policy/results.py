"""The results that the page shows: the exporter's lab ran once, and its summary lies beside this module.

``results.json`` is the summary.json of the command that `command` gives. The figures of histories are those
of ``python -m exporter policy --history`` on 14 days of real observations.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from exporter.policy import LAB_VERSION
from exporter.policy.pictures import Shown

MADE_ON = date(2026, 11, 30)
FILE = Path(__file__).with_name("results.json")

REACTIONS = ("all", "identifiers", "blitz", "worklist", "rush")
LEADS = (3, 7, 14, 28)
WINDOWS = (0, 3, 7, 14, 28)
DRAWS = ("sealed", "open")

#: Of the tables by which models respond to wrong labels, the one that the trainer measured.
MEASURED = "measured"

#: The case that the answer speaks of: the default window, announced when it opens, and twice as early.
USUAL, USUAL_LEAD, EARLY_LEAD, USUAL_WINDOW = "all", 14, 28, 14


@dataclass(frozen=True)
class Choice:
    """One cell of the grid: who reacts, how many days ahead, with which settling window and draw."""

    reaction: str = USUAL
    lead_days: int = USUAL_LEAD
    settle_days: int = USUAL_WINDOW
    draw: str = "sealed"


@dataclass(frozen=True)
class Cell:
    """What came of it. ``changes``: against no announcement, with the same window."""

    means: dict[str, Shown]
    changes: dict[str, Shown]
    hours_per_removed: Shown


@cache
def document() -> dict[str, Any]:
    """Return the whole summary, as it lies in the file."""
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


def is_current() -> bool:
    """Return whether the present version of the lab would compute the same: an older file has no version."""
    return bool(document().get("lab_version") == LAB_VERSION)


def command() -> str:
    """Return the command that made the results."""
    seeds = document()["seeds"]
    return f"python -m exporter policy --seeds {seeds[0]}-{seeds[-1]} --out DIR"


def by_window(choice: Choice) -> dict[int, Shown]:
    """Return the change in the share of wrong labels by settling window, all else as chosen."""
    return {days: cell(replace(choice, settle_days=days)).changes["wrong_share"] for days in WINDOWS}


def cell(choice: Choice) -> Cell:
    """Return one cell. A reaction that does not aim at the draw has the same result with an open one."""
    rows = _rows()
    scenario = f"{choice.reaction}-{choice.lead_days}"
    row = (
        rows.get((scenario, choice.draw, choice.settle_days)) or rows[scenario, "sealed", choice.settle_days]
    )
    return Cell(
        {name: Shown(*values) for name, values in row["means"].items()},
        {name: Shown(*values) for name, values in row["differences"].items()},
        Shown(*row["hours_per_removed"]),
    )


def unannounced(settle_days: int) -> dict[str, Shown]:
    """Return the means without an announcement."""
    row = _rows()["none", "sealed", settle_days]
    return {name: Shown(*values) for name, values in row["means"].items()}


def parameters(reaction: str) -> dict[str, float]:
    """Return what a reaction is assumed to be."""
    scenarios = document()["scenarios"]
    [chosen] = [one for one in scenarios if one["name"] == f"{reaction}-{USUAL_LEAD}"]
    return {name: value for name, value in chosen.items() if name not in ("name", "lead_days", "redraw")}


def table() -> Iterator[tuple[object, ...]]:
    """Yield every number of the grid: scenario, draw, window, outcome, and value with its interval."""
    for row in document()["rows"]:
        key = (row["scenario"], row["draw"], row["settle_days"])
        for name, values in row["means"].items():
            yield (*key, name, *values)
        for name, values in row["differences"].items():
            yield (*key, f"{name}_change", *values)
        for name, values in row.get("from_window", {}).items():
            yield (*key, f"{name}_change_from_no_window", *values)
        yield (*key, "hours_per_removed", *row["hours_per_removed"])


@cache
def _rows() -> dict[tuple[str, str, int], dict[str, Any]]:
    return {(row["scenario"], row["draw"], row["settle_days"]): row for row in document()["rows"]}
