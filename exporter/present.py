"""Readiness of the present, at the cost of what changed since it was last counted.

What each clade holds (`exporter.counts`) is kept for each rule, with the version of the lake that it was
counted in. Of a later version it is what it was, less what the changed observations gave, plus what they give
(`exporter.changes`): whole numbers, so that it is just what counting anew gives. All that follows from these
counts (classes, statuses, distances to the line) is computed from them each time.

It is counted anew, in full, where

- nothing is kept, or it was kept for another rule or by another version of the program;
- the lake lacks the record of a change since, or too much changed: see `exporter.changes`;
- a taxon is new or another, by anything but when and where its row was read: it may move clades;
- a changed observation names a taxon that has no row in the lake;
- some taxa are known by name alone (`exporter.lineages`): which they are is found anew for each version;
- ancestries contradict each other, so that the age of a row decides where a taxon lies.

Only the present is kept. Nothing in it depends on the clock: a lake that did not change counts the same.
What was true at a past time depends on every observation's history, and is computed in full.
"""

import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from exporter import kept
from exporter.changes import AFTER, BEFORE, Changed, look_at
from exporter.columns import Bools, Ints, booleans, integers, matrix
from exporter.counts import Counts, Groups, Holdings, Standing, alteration, count, read_groups
from exporter.criteria import Criteria
from exporter.errors import DataError
from exporter.lake import Lake, LakeVersion
from exporter.readiness import Assessment, conclude, usable_sql
from exporter.tree import NONE, Tree

_log = logging.getLogger(__name__)

#: Grows when what is kept means something else than before.
_EDITION = 1
_BY_NAME_ALONE = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'taxon_aliases'"
_TREE = ("taxon_ids", "parent", "end", "by_id")
_STANDING = ("is_listed", "is_active", "is_barred", "is_unranked", "names", "ranks")
_BY_PHOTOS = ("confirmed", "observations")
#: By which share of the observations what is kept may be behind: writing it anew costs more than they do.
MOST_BEHIND = 0.01


@dataclass(frozen=True)
class Kept:
    """What each clade held in a version of the lake."""

    version: LakeVersion
    counts: Counts
    held: Holdings


def assess_present(
    lake: Lake, version: LakeVersion, con: duckdb.DuckDBPyConnection, criteria: Criteria
) -> Assessment:
    """`exporter.readiness.assess` of all that is usable in a version of the lake now; and keep what it takes.

    con: a connection to that version, as `Lake.connect` gives it.
    """
    # The rule, how it is asked for, and what is kept: whatever else was kept is not looked at.
    path = kept.path_of(lake, "readiness", _EDITION, asdict(criteria), usable_sql(criteria))
    former = _read(lake, path)
    try:
        result = _brought_up(lake, former, version, con, criteria)
    except _NotEnoughError as why:
        _log.info("Readiness is counted in full: %s.", why)
        counts = count(con, criteria, f"({usable_sql(criteria)})")
        held = Holdings.of(criteria, counts.confirmed, counts.observations, counts.incomplete)
        result = Kept(version, counts, held)
    if former is None or former.version != result.version:
        _write(path, result)
    return conclude(criteria, result.counts.tree, result.counts.standing, result.held)


class _NotEnoughError(Exception):
    """What is kept does not say what the present is; the text says why."""


def _brought_up(
    lake: Lake, former: Kept | None, version: LakeVersion, con: duckdb.DuckDBPyConnection, criteria: Criteria
) -> Kept:
    """What each clade holds in a version, from what was kept of an earlier one. _NotEnoughError if it can't.

    While little has changed, what is kept stays as it is, and so do the counts by photos in the result.
    """
    if former is None:
        raise _NotEnoughError("nothing is kept that can be used")
    if con.execute(_BY_NAME_ALONE).fetchone() is not None:
        raise _NotEnoughError("some taxa are known by name alone")
    changed = lake.changes.between(former.version, version)
    if changed is None:
        raise _NotEnoughError(f"what changed since version {former.version.number} is not recorded")
    if changed.taxa:
        raise _NotEnoughError(f"{changed.taxa:,} taxa are new or others")
    if not changed.observations:
        return former
    change = alteration(former.counts, *_groups(changed, criteria))
    if change is None:
        raise _NotEnoughError("a changed observation names a taxon without a row")
    rows = Holdings.of(criteria, change.confirmed, change.observations, change.incomplete)
    held = former.held.with_rows(change.positions, rows)
    if changed.observations > MOST_BEHIND * _whole(former):
        return Kept(version, change.of(former.counts), held)
    return replace(former, held=held)


def _whole(present: Kept) -> int:
    """How many usable observations there are."""
    return int(present.held.observations[present.counts.tree.parent == NONE].sum())


def _groups(changed: Changed, criteria: Criteria) -> tuple[Groups, Groups]:
    """The usable ones among the changed observations, as they were and as they are."""
    with changed.sides() as con:
        result = []
        for side in (BEFORE, AFTER):
            look_at(con, side)
            result.append(read_groups(con, criteria, f"({usable_sql(criteria)})"))
    return result[0], result[1]


def _write(path: Path, present: Kept) -> None:
    """Keep this in place of what was; nothing where the tree may be another without a change."""
    counts, digests = present.counts, present.version.digests
    if counts.tree.is_disputed or not digests:
        path.unlink(missing_ok=True)
        return
    columns: dict[str, pa.Array | np.ndarray] = {name: getattr(counts.tree, name) for name in _TREE}
    columns |= {name: getattr(counts.standing, name) for name in _STANDING}
    columns |= {f"held_{name}": column for name, column in present.held.columns().items()}
    columns |= {name: _listed(getattr(counts, name)) for name in _BY_PHOTOS}
    kept.write(path, pa.table(columns), {"number": present.version.number, "digests": digests})


def _read(lake: Lake, path: Path) -> Kept | None:
    """What is kept; None where nothing is that can be read."""
    try:
        table, described = kept.read(path)
        version = lake.at(described["number"])
        return _kept(version, table) if version.digests == described["digests"] else None
    except (DataError, *kept.READ_ERRORS):
        return None


def _kept(version: LakeVersion, table: pa.Table) -> Kept:
    own: dict[str, Any] = {name: _array(table[name]) for name in (*_TREE, *_STANDING[:-2])}
    own |= {name: table[name].combine_chunks() for name in _STANDING[-2:]}
    names = [name for name in table.column_names if name.startswith("held_")]
    held = Holdings.of_columns({name.removeprefix("held_"): _array(table[name]) for name in names})
    counts = Counts(
        tree=Tree.of_arrays(**{name: own[name] for name in _TREE}),
        standing=Standing(**{name: own[name] for name in _STANDING}),
        incomplete=held.incomplete,
        **{name: matrix(table[name]) for name in _BY_PHOTOS},
    )
    return Kept(version, counts, held)


def _array(column: pa.ChunkedArray) -> Ints | Bools:
    return booleans(column) if column.type == pa.bool_() else integers(column)


def _listed(rows: Ints) -> pa.Array:
    """Each row as one value of a column."""
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
