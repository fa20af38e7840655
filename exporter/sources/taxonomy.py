"""Taxonomies as comma-separated tables: `taxonomy.csv` of a vision export, and others like it.

A row names its parent (`parent_taxon_id`, `parent_id`) or all its ancestors (`ancestry`). Names stand under
`name`, or in a column for each rank. Parents are followed within the file. Where they lead out of it, the
ancestry counts as unknown, for a wrong root would put the taxon in the wrong clade.
"""

from pathlib import Path

from exporter.sources.batches import Batches
from exporter.sources.csv_lines import CsvRow, csv_rows
from exporter.sources.fields import BadValueError, Fields, Row
from exporter.sources.files import FileReport, open_input
from exporter.sources.taxon_facts import KINGDOM_IDS, LIFE_ID, RANK_LEVELS, RANK_OF_LEVEL, ancestry_of
from exporter.sources.values import identifier, identifiers, number, rank, text, truth
from exporter.staging import Staging

_ID = ("taxon_id", "id")
_PARENT = ("parent_taxon_id", "parent_id")


def read(path: Path, staging: Staging, report: FileReport) -> None:
    """Stage the taxa of a file. It is read twice: for the parents, then for the rows."""
    parents = _parents(path)
    with open_input(path) as stream, Batches(staging, "taxonomy", report) as batches:
        for place, row in csv_rows(stream, report):
            fields = Fields(row)
            try:
                taxon_id = fields.require(_ID, identifier)
            except BadValueError as fault:
                report.refuse(place, fault)
                continue
            if taxon_id is None:
                report.refuse(place, "no taxon id")
                continue
            batches.add_taxon(_taxon_row(taxon_id, row, fields, parents))
            for left_out in fields.faults:
                report.leave_out(place, left_out)


def _parents(path: Path) -> dict[int, int | None]:
    """The parent of each taxon, None where it is empty. Faults are reported on the second reading."""
    parents = {}
    with open_input(path) as stream:
        for _, row in csv_rows(stream, FileReport(path)):
            fields = Fields(row)
            taxon_id = fields.get(_ID, identifier)
            if taxon_id is not None:
                parents[taxon_id] = fields.get(_PARENT, identifier)
    return parents


def _taxon_row(taxon_id: int, row: CsvRow, fields: Fields, parents: dict[int, int | None]) -> Row:
    taxon: Row = {"taxon_id": taxon_id}
    fields.take(taxon, "rank_level", ("rank_level",), number)
    fields.take(taxon, "rank", ("rank",), rank)
    if "rank" in taxon:
        taxon.setdefault("rank_level", RANK_LEVELS.get(taxon["rank"]))
    elif taxon.get("rank_level") in RANK_OF_LEVEL:
        taxon["rank"] = RANK_OF_LEVEL[taxon["rank_level"]]
    fields.take(taxon, "name", ("name", taxon.get("rank", "")), text)
    fields.take(taxon, "common_name", ("common_name",), text)
    fields.take(taxon, "is_active", ("active",), truth)
    fields.take(taxon, "iconic_taxon_id", ("iconic_taxon_id",), identifier)
    taxon["ancestry"] = _ancestry(row, taxon_id, fields, parents)
    return taxon


def _ancestry(row: CsvRow, taxon_id: int, fields: Fields, parents: dict[int, int | None]) -> str | None:
    """The ancestry as written, or else by following parents; None where they lead out of the file.

    iNaturalist's exporter leaves the parent of kingdoms empty: it is Life.
    """
    if "ancestry" in row:
        return fields.get(("ancestry",), lambda value: ancestry_of(taxon_id, identifiers(value)))
    line = fields.get(_PARENT, lambda value: _line(taxon_id, identifier(value), parents))
    if line is None:
        line = [taxon_id]
    if line[-1] in KINGDOM_IDS:
        line.append(LIFE_ID)
    return ancestry_of(taxon_id, line[::-1]) if line[-1] == LIFE_ID else None


def _line(taxon_id: int, parent: int, parents: dict[int, int | None]) -> list[int]:
    """A taxon and its parents as far as the file has them. ValueError if they go in a circle."""
    line, above = [taxon_id], set[int]()
    following: int | None = parent
    while following is not None:
        line.append(following)
        if following == taxon_id or following in above:
            raise ValueError(f"its parents go in a circle ({' > '.join(map(str, line[-10:]))})")
        above.add(following)
        following = parents.get(following)
    return line
