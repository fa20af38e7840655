"""Taxonomies as comma-separated tables: `taxonomy.csv` of a vision export, and others like it.

A row names its parent (`parent_taxon_id`, `parent_id`) or all its ancestors (`ancestry`). Names stand under
`name`, or in a column for each rank. Parents are followed within the file. Where they lead out of it, the
ancestry counts as not told, for a wrong root would put the taxon in the wrong clade.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from exporter.sources.batches import Batches, Row
from exporter.sources.csv_lines import CsvRow, csv_rows, csv_value
from exporter.sources.files import FileReport, open_input
from exporter.sources.taxon_facts import KINGDOM_IDS, LIFE_ID, RANK_LEVELS, RANK_OF_LEVEL, ancestry_text
from exporter.sources.values import identifier, number, truth
from exporter.staging import Staging

T = TypeVar("T")


def read(path: Path, staging: Staging, report: FileReport) -> None:
    """Stage the taxa of a file. It is read twice: for the parents, then for the rows."""
    parents = _parents(path)
    with open_input(path) as stream, Batches(staging, "taxonomy", report) as batches:
        for place, row in csv_rows(stream, report):
            try:
                batches.add_taxon(_taxon_row(row, parents))
            except ValueError as fault:
                report.refuse(place, str(fault))


def _parents(path: Path) -> dict[int, int | None]:
    """The parent of each taxon, None where it is empty. Faults are told on the second reading."""
    parents = {}
    with open_input(path) as stream:
        for _, row in csv_rows(stream, FileReport(path)):
            try:
                parents[_taxon_id(row)] = _parent_id(row)
            except ValueError:
                continue
    return parents


def _taxon_row(row: CsvRow, parents: dict[int, int | None]) -> Row:
    taxon_id = _taxon_id(row)
    rank_level = _rank_level(row)
    rank = row.get("rank") or (RANK_OF_LEVEL.get(rank_level) if rank_level is not None else None)
    return {
        "taxon_id": taxon_id,
        "ancestry": _ancestry(row, taxon_id, parents),
        "name": row.get("name") or row.get(rank or ""),
        "common_name": row.get("common_name"),
        "rank": rank,
        "rank_level": rank_level,
        "is_active": _optional(row, "active", truth),
        "iconic_taxon_id": _optional(row, "iconic_taxon_id", identifier),
    }


def _taxon_id(row: CsvRow) -> int:
    taxon_id = _first_id(row, ("taxon_id", "id"))
    if taxon_id is None:
        raise ValueError("no taxon id")
    return taxon_id


def _parent_id(row: CsvRow) -> int | None:
    return _first_id(row, ("parent_taxon_id", "parent_id"))


def _first_id(row: CsvRow, names: tuple[str, ...]) -> int | None:
    return next((csv_value(row, name, identifier) for name in names if name in row), None)


def _optional(row: CsvRow, name: str, read_value: Callable[[str], T]) -> T | None:
    return csv_value(row, name, read_value) if name in row else None


def _rank_level(row: CsvRow) -> float | None:
    told = _optional(row, "rank_level", number)
    return RANK_LEVELS.get(row.get("rank", "")) if told is None else told


def _ancestry(row: CsvRow, taxon_id: int, parents: dict[int, int | None]) -> str | None:
    """The ancestry as told, or else by following parents; None where they lead out of the file.

    iNaturalist's exporter leaves the parent of kingdoms empty: it is Life.
    """
    if "ancestry" in row:
        return ancestry_text(csv_value(row, "ancestry", _identifiers))
    line, parent = [taxon_id], _parent_id(row)
    while parent is not None:
        if parent in line:
            raise ValueError(f"its parents go in a circle: {' > '.join(map(str, [*line, parent]))}")
        line.append(parent)
        parent = parents.get(parent)
    if line[-1] in KINGDOM_IDS:
        line.append(LIFE_ID)
    return ancestry_text(line[:0:-1]) if line[-1] == LIFE_ID else None


def _identifiers(text: str) -> list[int]:
    return [identifier(part) for part in text.split("/")]
