"""The guards' report as pages show it: what each guard says, its evidence, and what could not be judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.messages import rendered
from portal.numbers import decimal, number, significant
from portal.taxa.models import Taxon

#: How many taxa a guard shows as evidence.
SHOWN = 12
#: The guards, in the order in which they are shown.
GUARDS = ("influx", "bunching", "drift", "settle")


@dataclass(frozen=True)
class Evidence:
    """One taxon that a guard names, and why."""

    taxon: Taxon | None
    taxon_id: int
    words: str


@dataclass(frozen=True)
class Guard:
    """What one guard says. ``missing``: why it could not judge; ``more``: taxa that are not shown."""

    name: str
    label: str
    fired: bool
    words: str
    missing: str
    evidence: list[Evidence] = field(default_factory=list)
    more: int = 0


def named(report: Mapping[str, Any]) -> set[int]:
    """The taxa that the evidence shows."""
    return {taxon_id for guard in GUARDS for taxon_id, _words in _rows(report, guard)[:SHOWN]}


def guards(report: Mapping[str, Any], known: Mapping[int, Taxon]) -> list[Guard]:
    """What each guard says; those that fired come first."""
    labels = {
        "influx": _("A rush of new labels"),
        "bunching": _("Taxa just over the line"),
        "drift": _("Change since the last snapshot"),
        "settle": _("Held back by the settling window"),
    }
    result = []
    for name in GUARDS:
        rows = _rows(report, name)
        said = report.get("messages", {}).get(name, {})
        result.append(
            Guard(
                name,
                labels[name],
                name in report["fired"],
                # Reports from before there were messages have English words alone.
                rendered(said.get("words", [])) or report["words"][name],
                rendered(said.get("missing", [])) or report["not_judged"].get(name, ""),
                [Evidence(known.get(taxon_id), taxon_id, words) for taxon_id, words in rows[:SHOWN]],
                max(len(rows) - SHOWN, 0),
            )
        )
    return sorted(result, key=lambda guard: not guard.fired)


def _rows(report: Mapping[str, Any], guard: str) -> list[tuple[int, str]]:
    """The taxa that a guard names, each with its figures in words."""
    if guard == "influx":
        return [(row["taxon_id"], _influx(row)) for row in report["influx"]]
    if guard == "bunching" and guard in report["fired"]:
        return [(taxon_id, "") for taxon_id in report["bunching"]["taxa"]]
    return []


def _influx(row: Mapping[str, Any]) -> str:
    words = ngettext(
        "%(n)s identification, %(expected)s expected, by %(accounts)s accounts; false alarm: %(q)s",
        "%(n)s identifications, %(expected)s expected, by %(accounts)s accounts; false alarm: %(q)s",
        row["identifications"],
    )
    return words % {
        "n": number(row["identifications"]),
        "expected": decimal(row["expected"], 1),
        "accounts": number(row["accounts"]),
        "q": significant(row["q_value"], 1),
    }
