"""A place in the tree for taxa of which a file gives the names of their ancestors and not the ids.

iNaturalist's CSV exports name a taxon's ancestors by rank (`taxon_family_name`...). The lake keeps the names
(`taxa.lineage`), and this module makes a tree of them whenever the lake is read. So it does not matter which
file was loaded first, and nothing has to be rewritten when ids arrive.

A name is matched to a taxon of the lake with the same name and rank in the same kingdom: the one that is
active, and of several the one below the ancestor that was matched already. What no taxon, or more than one,
answers to is a *provisional taxon*: it has an id below -1 made from its name. It groups its descendants here,
and never leaves the lake: whoever writes a result or shows a page leaves out the ids below zero.

A taxon whose own ancestry is known is never placed by names.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from exporter.schema import OBSERVATIONS, TAXA
from exporter.sources.taxon_facts import ICONIC_NAMES, ICONIC_TAXON_IDS, KINGDOM_NAMES, LIFE_ID, RANK_LEVELS

#: Kingdoms and iconic groups: every lake knows their ids.
_FIXED = {("kingdom", name): taxon_id for taxon_id, name in KINGDOM_NAMES.items()} | {
    (ICONIC_NAMES[name][0], name): taxon_id for name, taxon_id in ICONIC_TAXON_IDS.items()
}
_ICONIC_IDS = frozenset(ICONIC_TAXON_IDS.values())

_IS_NEEDED = "SELECT 1 FROM told_taxa WHERE lineage IS NOT NULL AND ancestry IS NULL LIMIT 1"
_TOLD = """
SELECT taxon_id, coalesce(name, ''), rank, rank_level, lineage, coalesce(is_active, true) FROM told_taxa
WHERE lineage IS NOT NULL AND ancestry IS NULL ORDER BY taxon_id
"""
_NAMESAKES = """
SELECT taxon_id, name, rank, ancestry, coalesce(is_active, true)
FROM told_taxa SEMI JOIN needed_names USING (name, rank)
WHERE taxon_id >= 0 AND ancestry IS NOT NULL ORDER BY taxon_id
"""
_PLACED = pa.schema(
    [
        ("taxon_id", pa.int64()),
        ("ancestry", pa.string()),
        ("name", pa.string()),
        ("rank", pa.string()),
        ("rank_level", pa.float64()),
        ("iconic_taxon_id", pa.int64()),
    ]
)
_ALIASES = pa.schema([("taxon_id", pa.int64()), ("known_id", pa.int64())])

_PLACED_COLUMNS = ("ancestry", "rank", "rank_level", "iconic_taxon_id")


def _taxa_sql() -> str:
    own = (
        f"coalesce(t.{name}, n.{name}) AS {name}" if name in _PLACED_COLUMNS else f"t.{name}"
        for name in TAXA.names
    )
    named = (
        f"n.{column.name}"
        if column.name in _PLACED.names
        else f"CAST(NULL AS {column.sql_type}) AS {column.name}"
        for column in TAXA.columns
    )
    return (
        f"SELECT {', '.join(own)} FROM told_taxa AS t LEFT JOIN named_taxa AS n ON n.taxon_id = t.taxon_id"
        f" WHERE t.taxon_id >= 0 UNION ALL SELECT {', '.join(named)} FROM named_taxa AS n"
        " WHERE n.taxon_id NOT IN (SELECT taxon_id FROM told_taxa WHERE taxon_id >= 0)"
    )


def _observations_sql() -> str:
    columns = (
        "coalesce(a.known_id, o.taxon_id) AS taxon_id" if name == "taxon_id" else f"o.{name}"
        for name in OBSERVATIONS.names
    )
    return (
        f"SELECT {', '.join(columns)} FROM told_observations AS o"
        " LEFT JOIN taxon_aliases AS a ON a.taxon_id = o.taxon_id"
    )


#: The two tables as `place_by_names` shows them, of ``told_taxa``, ``told_observations``, ``named_taxa`` and
#: ``taxon_aliases``, for any engine.
PLACED_SQL = {TAXA.name: _taxa_sql(), OBSERVATIONS.name: _observations_sql()}


def without_provisional(rows: pa.Table, taxon_id: str, *others: str) -> pa.Table:
    """Return a result without provisional taxa: rows of one are gone, mentions in other columns are empty."""
    known = rows.filter(pc.greater_equal(rows[taxon_id], 0))
    for name in others:
        column = known[name]
        shown = pc.if_else(pc.less(column, 0), pa.scalar(None, column.type), column)
        known = known.set_column(known.schema.get_field_index(name), known.schema.field(name), shown)
    return known


class Name(NamedTuple):
    """What identifies a taxon without an id. The kingdom is empty where the file does not give it."""

    kingdom: str
    rank: str
    name: str


Line = tuple[Name, ...]

#: Stands for the name above a top one where names are put in order.
_NOWHERE = Name("", "", "")


def provisional_id(name: Name) -> int:
    """The id, below -1, that stands for a taxon known by its name alone: 60 bits of a hash of it."""
    words = "\n".join(name).casefold().encode()
    return -2 - (int.from_bytes(blake2b(words, digest_size=8).digest()) >> 4)


def lineage_of(names: Mapping[str, str], iconic: str | None) -> str | None:
    """Return the names of a taxon and its ancestors by rank as the lake keeps them; None if there are none.

    names:  by rank; those of the taxon itself may be among them.
    iconic: the name of its iconic group, which stands in for ranks that the file does not have.
    """
    result = {rank: names[rank] for rank in RANK_LEVELS if names.get(rank)}
    if iconic in ICONIC_NAMES:
        rank, kingdom = ICONIC_NAMES[iconic]
        if not any(RANK_LEVELS[each] >= RANK_LEVELS[rank] for each in result if each != "kingdom"):
            result[rank] = iconic
        result.setdefault("kingdom", kingdom)
    ordered = {rank: result[rank] for rank in RANK_LEVELS if rank in result}
    return json.dumps(ordered, ensure_ascii=False) if ordered else None


def place_by_names(con: duckdb.DuckDBPyConnection) -> None:
    """Make the views ``taxa`` and ``observations`` of ``told_taxa`` and ``told_observations``.

    They are the same, but that taxa with a lineage and without an ancestry get one, that ancestors known by
    name alone have rows, and that an observation whose taxon is known by name alone has the id of the taxon
    that answers to it, if there is one.
    """
    result = find_places(con)
    for name, rows in (result or {}).items():
        con.register("rows", rows)
        con.execute(f"CREATE TABLE {name} AS FROM rows")
        con.unregister("rows")
    for name, sql in PLACED_SQL.items():
        con.execute(f"CREATE VIEW {name} AS {sql if result else f'FROM told_{name}'}")


def find_places(con: duckdb.DuckDBPyConnection) -> dict[str, pa.Table] | None:
    """Return the tables ``named_taxa`` and ``taxon_aliases`` of `PLACED_SQL`; None if nothing is to place."""
    if con.execute(_IS_NEEDED).fetchone() is None:
        return None
    names = _Names([_Told(*row) for row in con.execute(_TOLD).fetchall()])
    con.register("needed_names", names.needed())
    for row in con.execute(_NAMESAKES).fetchall():
        names.claim(*row)
    con.unregister("needed_names")
    names.settle()
    return {
        "named_taxa": pa.Table.from_pylist(list(names.placed()), _PLACED),
        "taxon_aliases": pa.Table.from_pylist(list(names.aliases()), _ALIASES),
    }


@dataclass
class _Told:
    """A taxon of the lake with a lineage and no ancestry."""

    taxon_id: int
    name: str
    rank: str | None
    level: float | None
    lineage: str
    is_active: bool
    #: Its ancestors, the highest first, and itself as others may name it; both by `_Names`.
    line: Line = ()
    own: Name | None = None


@dataclass(frozen=True)
class _Known:
    """A taxon of the lake that may answer to a name. Its ancestry is None if it is placed by names itself."""

    taxon_id: int
    ancestry: str | None
    kingdom: str
    is_active: bool


class _Names:
    """All names in lineages, what lies above each, and which taxon answers to it."""

    def __init__(self, recorded: list[_Told]) -> None:
        lines = _lines({taxon.lineage for taxon in recorded})
        for taxon in recorded:
            taxon.line = lines[taxon.lineage]
        self._told = recorded
        self._known: dict[tuple[str, str], list[_Known]] = defaultdict(list)
        self._ids: dict[Name, int] = {}
        self._paths: dict[Name, str] = {}

    def needed(self) -> pa.Table:
        """The names and ranks that a taxon of the lake may answer to."""
        recorded = ((name.name, name.rank) for taxon in self._told for name in taxon.line)
        pairs = sorted({*recorded, *((taxon.name, taxon.rank) for taxon in self._told if taxon.rank)})
        columns = list(map(list, zip(*pairs, strict=True))) if pairs else [[], []]
        return pa.table(
            dict(zip(("name", "rank"), (pa.array(each, pa.string()) for each in columns), strict=True))
        )

    def claim(self, taxon_id: int, name: str, rank: str, ancestry: str, is_active: bool) -> None:
        """Note a taxon with an ancestry of its own that has one of the names."""
        line = [int(part) for part in ancestry.split("/") if part]
        kingdom = next((KINGDOM_NAMES[part] for part in (*line, taxon_id) if part in KINGDOM_NAMES), "")
        self._known[rank, name].append(_Known(taxon_id, ancestry, kingdom, is_active))

    def settle(self) -> None:
        """Find the taxon and the path of each name, from the top down."""
        self._tell_ranks()
        for taxon in self._told:
            taxon.line, taxon.own = _own_line(taxon)
            if taxon.own is not None and taxon.taxon_id >= 0:
                known = _Known(taxon.taxon_id, None, taxon.own.kingdom, taxon.is_active)
                self._known[taxon.own.rank, taxon.own.name].append(known)
        above = _nearest_above(self._told)
        for name in sorted(above, key=lambda name: (-_level(name), name)):
            self._settle(name, above[name])

    def _tell_ranks(self) -> None:
        """The rank of a taxon that has none, but has the name of the lowest rank of its lineage.

        A genus, mostly; but a subgenus or a section may have its name, and no file has a column for those.
        iNaturalist's ids grow with time, and nobody can put a subgenus below a genus that is not there yet:
        so the taxon with the smallest id is the genus, and the others lie below it, their rank unknown.
        """
        ranked = {(taxon.rank, taxon.name) for taxon in self._told if taxon.rank}
        for taxon in self._told:
            if taxon.rank is None and taxon.line and taxon.line[-1].name == taxon.name:
                lowest = taxon.line[-1]
                key = (lowest.rank, lowest.name)
                if not any(_fits(known, lowest) for known in self._known[key]) and key not in ranked:
                    taxon.rank = lowest.rank
                    ranked.add(key)

    def _settle(self, name: Name, above: Name | None) -> None:
        path = "" if above is None else self._paths[above]
        known = _answering([each for each in self._known[name.rank, name.name] if _fits(each, name)], path)
        self._ids[name] = (
            known.taxon_id if known else _FIXED.get((name.rank, name.name), provisional_id(name))
        )
        if known is not None and known.ancestry is not None:
            path = known.ancestry
        elif above is None and name.rank == "kingdom":
            path = str(LIFE_ID)
        self._paths[name] = f"{path}/{self._ids[name]}".lstrip("/")

    def placed(self) -> Iterator[dict[str, Any]]:
        """A row for each name, and for each taxon that is placed by names but answers to none itself."""
        for name in {taxon_id: name for name, taxon_id in self._ids.items()}.values():
            yield _row(self._paths[name], name.name, name.rank, RANK_LEVELS.get(name.rank))
        answering = set(self._ids.values())
        for taxon in self._told:
            if taxon.taxon_id >= 0 and taxon.taxon_id not in answering:
                path = self._paths[taxon.line[-1]] if taxon.line else ""
                level = RANK_LEVELS.get(taxon.rank or "") if taxon.level is None else taxon.level
                yield _row(f"{path}/{taxon.taxon_id}".lstrip("/"), taxon.name, taxon.rank, level)

    def aliases(self) -> Iterator[dict[str, Any]]:
        """The taxa that are stored under a provisional id, and the id of what answers to their name."""
        for taxon in self._told:
            if taxon.taxon_id < 0 and taxon.own and self._ids[taxon.own] != taxon.taxon_id:
                yield {"taxon_id": taxon.taxon_id, "known_id": self._ids[taxon.own]}


def _row(path: str, name: str, rank: str | None, level: float | None) -> dict[str, Any]:
    *ancestors, taxon_id = map(int, path.split("/"))
    return {
        "taxon_id": taxon_id,
        "ancestry": "/".join(map(str, ancestors)),
        "name": name,
        "rank": rank or None,
        "rank_level": level,
        "iconic_taxon_id": next((each for each in (taxon_id, *ancestors[::-1]) if each in _ICONIC_IDS), None),
    }


def _lines(lineages: set[str]) -> dict[str, Line]:
    """Each lineage's names, the highest first. A lineage without a kingdom takes that of a name it shares."""
    recorded = {lineage: json.loads(lineage) for lineage in sorted(lineages)}
    kingdoms: dict[tuple[str, str], set[str]] = defaultdict(set)
    for names in recorded.values():
        for rank, name in names.items():
            kingdoms[rank, name] |= {names["kingdom"]} if "kingdom" in names else set()

    def kingdom(names: dict[str, str]) -> str:
        shared = (kingdoms[rank, name] for rank, name in names.items())
        return names.get("kingdom") or next((next(iter(each)) for each in shared if len(each) == 1), "")

    return {
        lineage: tuple(Name(kingdom(names), rank, name) for rank, name in names.items())
        for lineage, names in recorded.items()
    }


def _own_line(taxon: _Told) -> tuple[Line, Name | None]:
    """A taxon's ancestors, and the taxon itself as a name. A taxon of unknown rank answers to no name."""
    level = RANK_LEVELS.get(taxon.rank or "", 0.0)
    line = tuple(name for name in taxon.line if _level(name) > level)
    is_named = taxon.rank is not None or taxon.taxon_id < 0
    kingdom = taxon.name if taxon.rank == "kingdom" else taxon.line[0].kingdom if taxon.line else ""
    return line, Name(kingdom, taxon.rank or "", taxon.name) if is_named else None


def _nearest_above(recorded: list[_Told]) -> dict[Name, Name | None]:
    """The name above each: the lowest that any lineage has there, the most frequent one, the first."""
    pairs: Counter[tuple[Name, Name | None]] = Counter()
    for taxon in recorded:
        names = (None, *taxon.line, *([taxon.own] if taxon.own else []))
        pairs.update((lower, upper) for upper, lower in pairwise(names) if lower is not None)
    above: dict[Name, Name | None] = {}
    for (lower, upper), _ in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0][1] or _NOWHERE)):
        if lower not in above or _height(upper) < _height(above[lower]):
            above[lower] = upper
    return above


def _level(name: Name) -> float:
    return RANK_LEVELS.get(name.rank, 0.0)


def _height(name: Name | None) -> float:
    return math.inf if name is None else _level(name)


def _fits(known: _Known, name: Name) -> bool:
    return known.kingdom == name.kingdom or "" in (known.kingdom, name.kingdom)


def _answering(result: list[_Known], path: str) -> _Known | None:
    """The one taxon that answers to a name whose nearest known ancestor is in ``path``; None if in doubt."""
    active = [known for known in result if known.is_active] or result
    if len(active) < 2:
        return active[0] if active else None
    parts = path.split("/")
    nearest = next((part for part in reversed(parts) if part and int(part) >= 0), None)
    below = [known for known in active if known.ancestry and nearest in known.ancestry.split("/")]
    return below[0] if len(below) == 1 else None
