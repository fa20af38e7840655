"""The distribution report of a snapshot: what its classes hold, and what became of the others and why."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from exporter.criteria import ORDER_RANK_LEVEL, Criteria
from exporter.leaves import Status
from exporter.sources.taxon_facts import RANK_LEVELS

#: Bars of the histogram, less the last one, which is that of the full classes.
_BARS = 20

#: How far from the line a taxon is near it, in observations.
NEAR_THE_LINE = 10

_ABOVE_ORDER = [rank for rank, level in RANK_LEVELS.items() if level > ORDER_RANK_LEVEL]


def distribution(
    criteria: Criteria,
    classes: Sequence[Mapping[str, int]],
    readiness: pa.Table,
    previous: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The report, ready for JSON.

    classes:   the manifest's ``counts.classes``, a row per class.
    readiness: how every taxon stood at the cutoff, by the labels that counted (`exporter.readiness`).
    previous:  the manifest of the snapshot to compare with, None for none.

    Gives ``photos_per_class`` (`photos_per_class`); ``near_line`` with the taxa at most 10 observations
    below the line and the classes less than 10 above it, no rank above order among them, each with its
    margin, by ascending id;
    ``unused_beside_classes``, the dropped taxa and their photos, counted as far as training takes them;
    and ``changes`` against the previous snapshot, null without one.
    """
    dropped = readiness.filter(pc.field("status") == Status.DROPPED)
    return {
        "photos_per_class": photos_per_class(criteria, classes),
        "near_line": _near_line(readiness),
        "unused_beside_classes": {
            "taxa": dropped.num_rows,
            "photos": pc.sum(dropped["photos"], min_count=0).as_py(),
        },
        "changes": None if previous is None else _changes(classes, readiness, previous),
    }


def photos_per_class(criteria: Criteria, classes: Sequence[Mapping[str, int]]) -> list[dict[str, int]]:
    """The classes by their training photos: rows of ``from``, ``to`` (both included) and ``classes``.

    The rows cover 0 to ``train_max``; the last is that of the full classes.
    """
    width = max(criteria.train_max // _BARS, 1)
    starts = [*range(0, criteria.train_max, width), criteria.train_max]
    ends = [start - 1 for start in starts[1:]] + [criteria.train_max]
    return [
        {"from": start, "to": end, "classes": sum(start <= row["train"] <= end for row in classes)}
        for start, end in zip(starts, ends, strict=True)
    ]


def _near_line(readiness: pa.Table) -> dict[str, list[dict[str, int]]]:
    """A covered or excluded taxon becomes no class however many observations it gains."""
    readiness = readiness.filter(~pc.field("rank").isin(_ABOVE_ORDER))
    below = (
        pc.field("status").isin([Status.SHORT, Status.DROPPED, Status.ROLLED_UP])
        & (pc.field("margin") >= -NEAR_THE_LINE)
        & (pc.field("margin") < 0)
    )
    above = (pc.field("status") == Status.LEAF) & (pc.field("margin") < NEAR_THE_LINE)
    columns = ["taxon_id", "margin"]
    return {
        name: readiness.filter(side).select(columns).sort_by("taxon_id").to_pylist()
        for name, side in (("below", below), ("above", above))
    }


def _changes(
    classes: Sequence[Mapping[str, int]], readiness: pa.Table, previous: Mapping[str, Any]
) -> dict[str, Any]:
    """Classes gained and gone. One that is gone is rolled up if a class above it has its photos now."""
    now = {row["taxon_id"] for row in classes}
    before = {row["taxon_id"] for row in previous["counts"]["classes"]}
    gone = readiness.filter(pc.field("taxon_id").isin(sorted(before - now)))
    standing = {row["taxon_id"]: (row["status"], row["leaf_taxon_id"]) for row in gone.to_pylist()}
    lost, rolled_up = [], []
    for taxon_id in sorted(before - now):
        status, leaf_taxon_id = standing.get(taxon_id, (None, None))
        if leaf_taxon_id is None:
            lost.append({"taxon_id": taxon_id, "status": status})
        else:
            rolled_up.append({"taxon_id": taxon_id, "leaf_taxon_id": leaf_taxon_id})
    return {
        "previous_cutoff": previous["cutoff"],
        "previous_commitment": previous["commitment"],
        "added": sorted(now - before),
        "lost": lost,
        "rolled_up": rolled_up,
    }
