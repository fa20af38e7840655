"""The taxon tree as arrays: every clade is a range, so a sum over each clade is one cumulative sum.

Taxa are kept in preorder (a taxon, then the clades of its children, by ascending id): the clade of the
taxon at position ``i`` is the positions ``i`` to ``end[i] - 1``. No recursion; loops go over levels of
depth, never over taxa.
"""

import logging
from datetime import UTC, datetime
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from exporter import columns
from exporter.columns import distinct, integers
from exporter.engine import Engine
from exporter.errors import DataError
from exporter.schema import SOURCES
from exporter.sources.taxon_facts import ICONIC_TAXON_IDS

Ints = columns.Ints
Bools = columns.Bools

#: Stands for "no such position" and for "no parent".
NONE = -1

#: The taxon ids that have an entry in a table of places, of 64 MB at most. iNaturalist's are below 2 million.
LARGEST_ID = 2**24 - 1
#: More ids than this are looked up in the table, for it has to be made.
_MANY = 10_000

#: One row a taxon: its parent (-1 for a root), and the taxon whose row says so, but for what is in
#: ``ignored_steps``.
_PARENTS = """
WITH own_steps AS (
    SELECT taxon_id, CASE WHEN ancestry = '' THEN -1 ELSE CAST(split_part(ancestry, '/', -1) AS BIGINT) END
        AS parent_id, taxon_id AS told_by
    FROM taxa WHERE ancestry IS NOT NULL
),
own AS (FROM own_steps ANTI JOIN ignored_steps USING (taxon_id, parent_id)),
lines AS (
    SELECT ancestry, min(taxon_id) AS told_by FROM taxa WHERE ancestry <> '' GROUP BY ancestry
),
places AS (
    SELECT ancestry, told_by, unnest(range(1, array_length(string_split(ancestry, '/')) + 1)) AS place
    FROM lines
),
steps AS (
    SELECT told_by, CAST(split_part(ancestry, '/', place) AS BIGINT) AS taxon_id,
        CASE WHEN place > 1 THEN CAST(split_part(ancestry, '/', place - 1) AS BIGINT) ELSE -1 END AS parent_id
    FROM places
),
-- An ancestry that lists a taxon twice gives it two parents: the smaller one, so that it is always the same.
one_step AS (
    SELECT told_by, taxon_id, min(parent_id) AS parent_id
    FROM steps ANTI JOIN own USING (taxon_id) ANTI JOIN ignored_steps USING (taxon_id, parent_id)
    GROUP BY told_by, taxon_id
),
stated AS (
    SELECT taxon_id, arg_min(parent_id, told_by) AS parent_id, min(told_by) AS told_by
    FROM one_step GROUP BY taxon_id
),
placed AS (FROM own UNION ALL FROM stated),
others AS (
    SELECT taxon_id FROM taxa UNION SELECT taxon_id FROM other_taxa UNION SELECT taxon_id FROM ignored_steps
)
FROM placed UNION ALL SELECT taxon_id, -1, taxon_id FROM others ANTI JOIN placed USING (taxon_id)
"""

_ROWS_IN_CIRCLES = "SELECT taxon_id, updated_at, source FROM taxa SEMI JOIN circling USING (taxon_id)"

#: Circles that are logged one by one; the number of the others is logged.
_MOST_LOGGED = 20

_STEPS = pa.schema([("taxon_id", pa.int64()), ("parent_id", pa.int64())])

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_LOG = logging.getLogger(__name__)


class CircleError(DataError):
    """Some taxa are their own ancestors; ``taxon_ids`` are all that lie on a circle."""

    def __init__(self, taxon_ids: Ints) -> None:
        super().__init__(
            f"taxon {taxon_ids.min()} is its own ancestor: correct its ancestry and load it again"
        )
        self.taxon_ids = taxon_ids


class Tree:
    """A forest of taxa, in preorder.

    taxon_ids: id of the taxon at each position.
    parent:    position of its parent, -1 for a root; always less than its own position.
    end:       the position after the last of its clade.
    by_id:     the positions by ascending id.
    is_disputed: some ancestry is not believed (`load_tree`): which one depends on how old the rows are.
    """

    taxon_ids: Ints
    parent: Ints
    end: Ints
    by_id: Ints
    is_disputed: bool = False

    def __init__(self, taxon_ids: Ints, parent_ids: Ints) -> None:
        """Each taxon once, with its parent's id (which is among the taxa) or -1 for a root.

        A taxon that is its own ancestor is a CircleError.
        """
        by_id = np.argsort(taxon_ids)
        ids = taxon_ids[by_id]
        parents = parent_ids[by_id]
        parent = np.where(parents == NONE, NONE, np.searchsorted(ids, parents))
        levels = _levels(_depths(ids, parent))
        size = _clade_sizes(parent, levels)
        start = _starts(parent, size, levels)
        self._sorted_ids = ids
        self.by_id = start[:-1]
        self.taxon_ids = np.empty_like(ids)
        self.taxon_ids[self.by_id] = ids
        self.parent = np.empty_like(parent)
        self.parent[self.by_id] = start[parent]
        self.end = np.empty_like(parent)
        self.end[self.by_id] = self.by_id + size

    @classmethod
    def of_arrays(cls, taxon_ids: Ints, parent: Ints, end: Ints, by_id: Ints) -> Self:
        """Return a tree that was made before, of its arrays."""
        tree = cls.__new__(cls)
        tree.taxon_ids, tree.parent, tree.end, tree.by_id = taxon_ids, parent, end, by_id
        tree._sorted_ids = taxon_ids[by_id]
        return tree

    def __len__(self) -> int:
        return len(self.taxon_ids)

    def is_same(self, other: "Tree") -> bool:
        """Return whether another tree has the same taxa in the same places."""
        return np.array_equal(self.taxon_ids, other.taxon_ids) and np.array_equal(self.end, other.end)

    @property
    def is_provisional(self) -> Bools:
        """Which taxa are known by name alone (`exporter.lineages`)."""
        provisional: Bools = self.taxon_ids < NONE
        return provisional

    def nearest(self, marked: Bools) -> Ints:
        """The nearest marked ancestor-or-self of each position, -1 for none."""
        result = np.where(marked, np.arange(len(self)), NONE)
        climbing = np.flatnonzero(~marked)
        above = self.parent[climbing]
        while climbing.size:
            is_marked = (above != NONE) & marked[above]
            result[climbing[is_marked]] = above[is_marked]
            goes_on = (above != NONE) & ~is_marked
            climbing = climbing[goes_on]
            above = self.parent[above[goes_on]]
        return result

    def known_parents(self) -> Ints:
        """The nearest ancestor of each taxon that is not provisional, -1 for none."""
        nearest = np.append(self.nearest(~self.is_provisional), NONE)
        return nearest[self.parent]

    def positions(self, taxon_ids: Ints) -> Ints:
        """Where these taxa are, -1 for one that the tree does not hold."""
        if len(self) == 0:
            return np.full(len(taxon_ids), NONE, dtype=np.int64)
        if len(taxon_ids) > _MANY:
            return self._looked_up(taxon_ids)
        result = np.minimum(np.searchsorted(self._sorted_ids, taxon_ids), len(self) - 1)
        return np.where(self._sorted_ids[result] == taxon_ids, self.by_id[result], NONE)

    def _looked_up(self, taxon_ids: Ints) -> Ints:
        """The same by the table, which is several times faster for many; ids beyond it are searched."""
        table = self.place_of_id
        result = table.take(taxon_ids, mode="clip").astype(np.int64)
        beyond = np.flatnonzero((taxon_ids < 0) | (taxon_ids >= len(table) - 1))
        for part in np.array_split(beyond, len(beyond) // _MANY + 1):
            result[part] = self.positions(taxon_ids[part])
        return result

    @cached_property
    def place_of_id(self) -> npt.NDArray[np.int32]:
        """The position of every id from 0 to `LARGEST_ID`, -1 for none; the last entry is that of -1."""
        positions = np.flatnonzero((self.taxon_ids >= 0) & (self.taxon_ids <= LARGEST_ID))
        ids = self.taxon_ids[positions]
        table = np.full(ids.max(initial=NONE) + 2, NONE, dtype=np.int32)
        table[ids] = positions
        return table

    def clade_sums(self, values: Ints) -> Ints:
        """Sums over each taxon's clade, itself included. ``values`` has one row per taxon."""
        running = np.zeros((len(values) + 1, *values.shape[1:]), dtype=np.int64)
        np.cumsum(values, axis=0, out=running[1:])
        sums: Ints = running[self.end] - running[:-1]
        return sums

    def at_or_below(self, marked: Bools) -> Bools:
        """Which taxa are marked themselves or lie below a marked one."""
        change = np.zeros(len(self) + 1, dtype=np.int64)
        tops = np.flatnonzero(marked)
        change[tops] += 1
        np.subtract.at(change, self.end[tops], 1)
        inside: Bools = np.cumsum(change[:-1]) > 0
        return inside

    def contains(self, ancestors: Ints, taxa: Ints) -> Bools:
        """Which of the taxa lie in the clade of the ancestor beside them (all are positions)."""
        inside: Bools = (ancestors <= taxa) & (taxa < self.end[ancestors])
        return inside

    def common_ancestors(self, left: Ints, right: Ints) -> Ints:
        """The lowest common ancestor of each pair of positions, -1 where their roots differ."""
        common = left.copy()
        climbing = np.flatnonzero(~self.contains(common, right))
        while climbing.size:
            common[climbing] = self.parent[common[climbing]]
            climbing = climbing[common[climbing] != NONE]
            climbing = climbing[~self.contains(common[climbing], right[climbing])]
        return common

    def children_towards(self, ancestors: Ints, descendants: Ints) -> Ints:
        """The child of each ancestor in whose clade the descendant beside it lies (never itself)."""
        child = descendants.copy()
        climbing = np.flatnonzero(self.parent[child] != ancestors)
        while climbing.size:
            child[climbing] = self.parent[child[climbing]]
            climbing = climbing[self.parent[child[climbing]] != ancestors[climbing]]
        return child


def iconic_ids(tree: Tree) -> pa.Array:
    """The iconic group of each taxon, by its place in the tree; null for what lies in none."""
    nearest = tree.nearest(np.isin(tree.taxon_ids, list(ICONIC_TAXON_IDS.values())))
    return pa.array(tree.taxon_ids[nearest], mask=nearest == NONE)


def load_tree(con: Engine, others: Ints | None = None) -> Tree:
    """Return the tree of the lake's taxa, and of ``others``: ids that may have no row there.

    A taxon's parent is the last id of its own ancestry. Where iNaturalist's ancestries contradict each
    other, each taxon's own one holds. A taxon that has none (or no row at all) takes the parent which the
    ancestry of the taxon with the smallest id that lies below it says, and is a root if there is none.

    Where ancestries contradict each other so that taxa would be their own ancestors, the oldest of the rows
    that close the circle is not believed about that one parent, and a warning is logged. The oldest row is
    that with the earliest ``updated_at`` (none counts as earliest), then from the less detailed source, then
    with the smallest id. That goes on until no circle is left.
    """
    con.register("other_taxa", pa.table({"taxon_id": _distinct(others)}))
    ignored: dict[tuple[int, int], str] = {}
    while True:
        steps = zip(*ignored, strict=True) if ignored else ([], [])
        con.register("ignored_steps", pa.table(list(map(list, steps)), schema=_STEPS))
        rows = con.execute(_PARENTS).fetchnumpy()
        con.unregister("ignored_steps")
        taxon_ids, parent_ids, told_by = (
            integers(rows[name]) for name in ("taxon_id", "parent_id", "told_by")
        )
        try:
            tree = Tree(taxon_ids, parent_ids)
        except CircleError as error:
            at = np.flatnonzero(np.isin(taxon_ids, error.taxon_ids))
            ignored |= _break_circles(con, taxon_ids[at], parent_ids[at], told_by[at])
        else:
            break
    con.unregister("other_taxa")
    _log_ignored(list(ignored.values()))
    tree.is_disputed = bool(ignored)
    return tree


def _distinct(ids: Ints | None) -> Ints:
    return np.empty(0, dtype=np.int64) if ids is None else distinct(ids)


def _break_circles(
    con: Engine, taxon_ids: Ints, parent_ids: Ints, told_by: Ints
) -> dict[tuple[int, int], str]:
    """Choose the taxon and the parent of it to ignore in each circle; gives, by these two, a sentence."""
    con.register("circling", pa.table({"taxon_id": distinct(told_by)}))
    rows = con.sql(_ROWS_IN_CIRCLES).to_arrow_table().to_pylist()
    con.unregister("circling")
    age = {row["taxon_id"]: _age(**row) for row in rows}
    parent = dict(zip(taxon_ids.tolist(), parent_ids.tolist(), strict=True))
    teller = dict(zip(taxon_ids.tolist(), told_by.tolist(), strict=True))
    ignored = {}
    for circle in _circles(parent):
        # Of two steps by one row that about another taxon goes first.
        _, _, child = min((age[teller[taxon]], teller[taxon] == taxon, taxon) for taxon in circle)
        path = " > ".join(map(str, [*reversed(circle), circle[-1]]))
        ignored[child, parent[child]] = (
            f"The ancestry in the row of taxon {teller[child]} is ignored where it puts taxon {child} below"
            f" taxon {parent[child]}: by it and newer rows taxa would be their own ancestors ({path})."
            f" Load a newer record of taxon {teller[child]}."
        )
    return ignored


def _age(taxon_id: int, updated_at: datetime | None, source: str | None) -> tuple[datetime, int, int]:
    """Sorts rows from the oldest to the newest."""
    return updated_at or _LONG_AGO, SOURCES.index(source) if source in SOURCES else -1, taxon_id


def _circles(parent: dict[int, int]) -> list[list[int]]:
    """The circles of taxa that all lie on one, each from its smallest id upwards to the root."""
    circles: list[list[int]] = []
    seen: set[int] = set()
    for taxon in sorted(parent):
        circle = []
        while taxon not in seen:
            seen.add(taxon)
            circle.append(taxon)
            taxon = parent[taxon]
        if circle:
            circles.append(circle)
    return circles


def _log_ignored(sentences: list[str]) -> None:
    for sentence in sentences[:_MOST_LOGGED]:
        _LOG.warning("%s", sentence)
    if len(sentences) > _MOST_LOGGED:
        _LOG.warning("%d more ancestries are ignored likewise.", len(sentences) - _MOST_LOGGED)


def _depths(ids: Ints, parent: Ints) -> Ints:
    """Steps to the root by pointer doubling: in each round every pointer jumps as far as it has come."""
    count = len(ids)
    jump = np.append(np.where(parent == NONE, count, parent), count)
    steps = np.append(np.ones(count, dtype=np.int64), 0)
    for _ in range(count.bit_length() + 1):
        if np.all(jump == count):
            return steps[:-1] - 1
        steps += steps[jump]
        jump = jump[jump]
    # By now every pointer that has not reached a root goes round on a circle, and reaches all of it.
    raise CircleError(ids[distinct(jump[jump < count])])


def _levels(depths: Ints) -> list[Ints]:
    """The taxa of each depth, roots first."""
    order = np.argsort(depths, kind="stable")
    counts = np.bincount(depths)
    return np.split(order, np.cumsum(counts)[:-1]) if len(depths) else []


def _clade_sizes(parent: Ints, levels: list[Ints]) -> Ints:
    size = np.ones(len(parent), dtype=np.int64)
    for level in reversed(levels[1:]):
        np.add.at(size, parent[level], size[level])
    return size


def _starts(parent: Ints, size: Ints, levels: list[Ints]) -> Ints:
    """Each taxon's position in preorder, and one entry more: -1, for the parent (-1) of a root."""
    by_parent = np.argsort(parent, kind="stable")
    before = np.cumsum(size[by_parent]) - size[by_parent]
    is_first = np.append(True, np.diff(parent[by_parent]) != 0)[: len(parent)]
    among_siblings = np.empty_like(size)
    among_siblings[by_parent] = before - before[is_first][np.cumsum(is_first) - 1]
    start = np.full(len(parent) + 1, NONE, dtype=np.int64)
    for level in levels:
        start[level] = start[parent[level]] + 1 + among_siblings[level]
    return start
