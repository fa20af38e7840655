"""A clade by what a person calls it: iNaturalist's id, or a name; taxa known by name alone among them.

A taxon of which the lake knows the name alone has an id below -1 (`exporter.lineages`), which nobody is
shown or can write. Its name can be written, and is looked up whenever the lake is read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from exporter.columns import integers
from exporter.errors import DataError
from exporter.sources.taxon_facts import KINGDOM_NAMES
from exporter.tree import NONE, Tree, load_tree

_NAMED = """
SELECT taxon_id, coalesce(name, '') AS name, coalesce(rank, '') AS rank, coalesce(ancestry, '') AS ancestry
FROM taxa WHERE lower({column}) = lower($name) AND coalesce(is_active, true) = $is_active ORDER BY taxon_id
"""
#: Where a name is looked for, in this order: the first that has it counts.
_PLACES = [(column, is_active) for is_active in (True, False) for column in ("name", "common_name")]
_NAMES = "SELECT taxon_id, lower(name) AS name FROM taxa WHERE list_contains($ids, taxon_id)"
_BY_NAME_ALONE = """
SELECT taxon_id, replace(coalesce(name, ''), chr(0), '') AS name, coalesce(rank, '') AS rank
FROM taxa WHERE taxon_id < -1
ORDER BY taxon_id
"""
#: What `clades_by_name_alone` gives.
NAMED_CLADES = pa.schema(
    [("name", pa.string()), ("rank", pa.string()), ("tree_left", pa.int64()), ("tree_right", pa.int64())]
)
_MOST_LISTED = 8


@dataclass(frozen=True)
class _Match:
    """A taxon with the given name."""

    taxon_id: int
    name: str
    rank: str
    #: From the root on.
    ancestors: tuple[int, ...]

    @property
    def words(self) -> str:
        """What distinguishes it from others of its name: "50001 (genus, in Plantae)"."""
        kingdom = next((KINGDOM_NAMES[each] for each in self.ancestors if each in KINGDOM_NAMES), "")
        about = ", ".join(filter(None, [self.rank or "of unknown rank", kingdom and f"in {kingdom}"]))
        return f"{self.taxon_id if self.taxon_id >= 0 else 'one known by name alone'} ({about})"


def find_clade(con: duckdb.DuckDBPyConnection, text: str) -> int:
    """Return the id of the taxon that a text names; of one known by name alone, its id below -1.

    text: iNaturalist's id, or a name, whatever its case: a scientific one, else a common one, of an accepted
          taxon, else of another. What stands before a slash narrows it, its rank or a taxon above it:
          ``genus/Oenanthe``, ``Animalia/Oenanthe``. Of taxa within each other the widest is meant.

    DataError, a line, if no taxon has the name, or if several have it and none holds the others.
    """
    if text.isascii() and text.isdecimal():
        return int(text)
    matches = _matches(con, text) or _narrowed(con, text)
    if not matches:
        raise DataError(
            f"clade {text!r}: no taxon of the lake has that name;"
            " `python -m exporter readiness` lists those with observations"
        )
    widest = [match for match in matches if all(_holds(match, other) for other in matches)]
    if not widest:
        raise DataError(_ambiguous(text, matches))
    return widest[0].taxon_id


def within(con: duckdb.DuckDBPyConnection, rows: pa.Table, column: str, clade_id: int) -> pa.Table:
    """Return the rows of which the taxon in a column lies in a clade. DataError if the lake has no such."""
    ids = integers(rows[column])
    tree = load_tree(con, ids)
    [clade] = tree.positions(np.array([clade_id]))
    if clade == NONE:
        raise DataError(f"taxon {clade_id}: not in the lake; give the id of one that `readiness` lists")
    at = tree.positions(ids)
    return rows.filter(pa.array(tree.contains(np.full_like(at, clade), at)))


def clades_by_name_alone(con: duckdb.DuckDBPyConnection, tree: Tree) -> pa.Table:
    """Return the taxa known by name alone without their ids: each with its place in a walk of the tree.

    Columns: name, rank, tree_left and tree_right: its number in the walk, and the last one in its clade,
    counted from 1.
    """
    result = con.sql(_BY_NAME_ALONE).to_arrow_table()
    at = tree.positions(integers(result["taxon_id"]))
    is_placed = at != NONE
    named = result.select(["name", "rank"]).filter(pa.array(is_placed)).to_pydict()
    places = {"tree_left": at[is_placed] + 1, "tree_right": tree.end[at[is_placed]]}
    return pa.table({**named, **places}, schema=NAMED_CLADES)


def _matches(con: duckdb.DuckDBPyConnection, name: str) -> list[_Match]:
    for column, is_active in _PLACES:
        query = _NAMED.format(column=column)
        rows = con.execute(query, {"name": name, "is_active": is_active}).fetchall()
        if rows:
            return [_Match(taxon_id, name, rank, _ids(line)) for taxon_id, name, rank, line in rows]
    return []


def _narrowed(con: duckdb.DuckDBPyConnection, text: str) -> list[_Match]:
    """The taxa with the name after the last slash that are, or lie in, all that stands before it."""
    *before, name = (part.strip() for part in text.split("/"))
    matches = _matches(con, name) if before else []
    names = _names(con, (each for match in matches for each in match.ancestors))

    def fits(match: _Match) -> bool:
        recorded = {match.rank, *(names.get(each) for each in match.ancestors)}
        return all(part.lower() in recorded for part in before)

    return [match for match in matches if fits(match)]


def _names(con: duckdb.DuckDBPyConnection, ids: Iterable[int]) -> dict[int, Any]:
    return dict(con.execute(_NAMES, {"ids": sorted(set(ids))}).fetchall())


def _ids(ancestry: str) -> tuple[int, ...]:
    return tuple(int(part) for part in ancestry.split("/") if part)


def _holds(match: _Match, other: _Match) -> bool:
    return match.taxon_id == other.taxon_id or match.taxon_id in other.ancestors


def _ambiguous(text: str, matches: list[_Match]) -> str:
    listed = ", ".join(match.words for match in matches[:_MOST_LISTED])
    more = f" and {len(matches) - _MOST_LISTED} more" if len(matches) > _MOST_LISTED else ""
    example = f"{matches[0].rank or 'genus'}/{text.rpartition('/')[2]}"
    return (
        f"clade {text!r}: {len(matches)} taxa have that name: {listed}{more};"
        f" give an id, or write a rank or a taxon above it before the name, as in {example}"
    )
