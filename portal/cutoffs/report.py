"""A manifest condensed to what pages show: totals, and the first taxa of each list.

A full manifest names every class, several megabytes of them; the folder keeps it.
"""

from collections.abc import Sequence
from typing import Any

from exporter.manifest import Manifest
from exporter.selection import SETS

#: How many taxa of each list are kept.
NAMED = 24


def condense(manifest: Manifest) -> dict[str, Any]:
    """The report of a snapshot. The seed is left out: published when the snapshot counts as exported."""
    return {
        "is_simulated": manifest["is_simulated"],
        "commitment": manifest["commitment"],
        "lake_version": manifest["lake"]["version"],
        "files": manifest["files"],
        "sets": {name: manifest["counts"][name] for name in SETS},
        "classes": len(manifest["counts"]["classes"]),
        "settling": _settling(manifest["settling"]),
        "distribution": _distribution(manifest["distribution"]),
    }


def taxon_ids(report: dict[str, Any]) -> set[int]:
    """Every taxon that the report names."""
    changes = report["distribution"]["changes"] or {}
    lists = [report["settling"]["taxa_kept_below_line"], *(changes.get(name) for name in _CHANGES if changes)]
    return {taxon_id for one in lists for taxon_id in one["first"]}


_CHANGES = ("added", "lost", "rolled_up")


def _settling(settling: dict[str, Any]) -> dict[str, Any]:
    return settling | {"taxa_kept_below_line": _first(settling["taxa_kept_below_line"])}


def _distribution(result: dict[str, Any]) -> dict[str, Any]:
    changes = result["changes"]
    return {
        "photos_per_class": result["photos_per_class"],
        "near_line": {side: len(taxa) for side, taxa in result["near_line"].items()},
        "unused_beside_classes": result["unused_beside_classes"],
        "changes": changes
        and {
            "previous_cutoff": changes["previous_cutoff"],
            "added": _first(changes["added"]),
            **{name: _first([row["taxon_id"] for row in changes[name]]) for name in ("lost", "rolled_up")},
        },
    }


def _first(taxon_ids: Sequence[int]) -> dict[str, Any]:
    return {"total": len(taxon_ids), "first": list(taxon_ids[:NAMED])}
