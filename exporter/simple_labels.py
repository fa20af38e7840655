"""The labels of simple observations, whose identifications name at most two taxa: arrays, and no weighing.

`exporter.community` has the rule; nine observations in ten and more are simple. Where one taxon is named, it
is the shown taxon, and the community taxon if two people name it. Where two are, *n* identifications name
the later one in preorder, and

-   if that one lies **within** the other, *against* it are the identifications of the other that deny it, or
    that leave open whether they do and were made after the first of the finer one. The community taxon is the
    finer one if ``n >= 2`` and ``n > 2 * against``, else the coarser one. The shown taxon is the finer one if
    nothing is against it, else the community taxon, as it is where one below species was named once, and
    later than the coarser one;
-   if they lie **beside** each other, whichever passes that bar against the other is the community taxon and
    the shown one; if neither does, their lowest common ancestor is.

An observation is simple if all of the following hold. They may miss one, which is then weighed like any
other; they never take one that should be weighed.

1.  Each person has at most one identification that stands: each sets one of 64 bits by its person's id, and
    as many bits are set as identifications stand. Of two ways to choose the bit one has to show it.
2.  None that was made by then has been replaced or withdrawn since; or none was made later, so that those are
    over too.
3.  Each identification names a taxon whose id has an entry in the tree's table of places. None of those that
    stand is hidden, and their taxa are active.
4.  At most two taxa are named by those that stand.
5.  An identification of the coarser of two within each other that disagrees explicitly denies the finer one
    itself, not another taxon.
6.  Two beside each other have a common ancestor, or one of them passes.

An observation none of whose identifications stood at the time has no label, and is simple too.

An observation's identifications lie side by side in the lake's files. Those of all observations that have
equally many of them are columns of one table, whose rows are compared and added up at once; a query engine
would look every one of them up in a hash table. What has more identifications than is usual is weighed.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from exporter.columns import Floats, booleans, floats, integers
from exporter.criteria import SPECIES_RANK_LEVEL
from exporter.tree import LARGEST_ID, NONE, Bools, Ints, Tree

#: Observations with more identifications are weighed.
_USUAL = 12
#: Observations judged at once: what is computed of them stays in a processor's cache.
_AT_ONCE = 16_384

_NO_ID = np.iinfo(np.int64).max

#: What an identification says at a time: all that labels depend on.
DATED = """
SELECT observation_id, identification_id, taxon_id, coalesce(user_id, -identification_id) AS person_id,
    $at::TIMESTAMPTZ IS NULL OR coalesce(created_at <= $at::TIMESTAMPTZ, false) AS is_by_then,
    coalesce(is_current, true) AS is_standing,
    coalesce(is_hidden, false) AS is_hidden,
    coalesce(is_own_observation, false) AS is_own,
    is_disagreement,
    previous_observation_taxon_id AS denied_id
FROM {identifications} AS i
"""

#: What is true of an identification, a bit each: one column, without nulls.
_BY_THEN, _STANDING, _HIDDEN, _OWN, _DISAGREES, _UNTOLD, _HAS_PLACE = (1 << bit for bit in range(7))

_ROWS = f"""
SELECT observation_id, identification_id, person_id, coalesce(taxon_id, {NONE}) AS taxon_id,
    coalesce(denied_id, {NONE}) AS denied_id,
    CAST(
        {_BY_THEN} * CAST(is_by_then AS TINYINT)
        + {_STANDING} * CAST(is_standing AS TINYINT)
        + {_HIDDEN} * CAST(is_hidden AS TINYINT)
        + {_OWN} * CAST(is_own AS TINYINT)
        + {_DISAGREES} * CAST(coalesce(is_disagreement, false) AS TINYINT)
        + {_UNTOLD} * CAST(is_disagreement IS NULL AS TINYINT)
        + {_HAS_PLACE} * CAST(coalesce(taxon_id BETWEEN 0 AND {LARGEST_ID}, false) AS TINYINT)
    AS TINYINT) AS flags
FROM ({DATED}) AS dated
"""

_TAXA = "SELECT node, is_active, rank_level FROM tree_nodes"

Flags = npt.NDArray[np.int8]

#: ``state`` of an identification: it stands; weigh its observation; replaced or withdrawn by now; made later.
_STANDS, _WEIGH, _REPLACED, _LATER = 0, 1, 2, 4


def _state(flags: int) -> int:
    if not flags & _HAS_PLACE:
        return _WEIGH
    if not flags & _BY_THEN:
        return _LATER
    if not flags & _STANDING:
        return _REPLACED
    return _WEIGH if flags & _HIDDEN else _STANDS


#: The state of an identification, by its flags.
_STATES: Flags = np.array([_state(flags) for flags in range(2 * _HAS_PLACE)], dtype=np.int8)


@dataclass(frozen=True)
class Places:
    """What is asked of the taxa, by position of the tree; the last entry stands for no taxon."""

    tree: Tree
    end: Ints
    is_active: Bools
    rank_level: Floats


@dataclass(frozen=True)
class _Rows:
    """The identifications of `_ROWS`, those of each observation side by side."""

    observation_ids: Ints
    ids: Ints
    person_ids: Ints
    taxon_ids: Ints
    denied_ids: Ints
    flags: Flags

    def at(self, places: Ints | Bools) -> "_Rows":
        """Return those at these places."""
        return _Rows(*(getattr(self, each.name)[places] for each in fields(self)))

    @cached_property
    def states(self) -> Flags:
        """Return the state of each."""
        return _STATES.take(self.flags)

    @cached_property
    def standing_taxon_ids(self) -> npt.NDArray[np.int32]:
        """Return the taxon of each that stands, -1 for the others."""
        return np.where(self.states == _STANDS, self.taxon_ids, NONE).astype(np.int32)

    def dated(self) -> pa.Table:
        """Return what `DATED` gives of them."""
        flags = self.flags
        columns = {
            "observation_id": self.observation_ids,
            "identification_id": self.ids,
            "taxon_id": self.taxon_ids,
            "person_id": self.person_ids,
            "is_by_then": flags & _BY_THEN != 0,
            "is_standing": flags & _STANDING != 0,
            "is_hidden": flags & _HIDDEN != 0,
            "is_own": flags & _OWN != 0,
            "is_disagreement": pa.array(flags & _DISAGREES != 0, mask=flags & _UNTOLD != 0),
            "denied_id": self.denied_ids,
        }
        return pa.table(columns)


@dataclass(frozen=True)
class _Labels:
    """By observation: its labels (-1 for none) if it is simple, and whether it is."""

    community_taxon_ids: Ints
    taxon_ids: Ints
    is_simple: Bools


def read_places(con: duckdb.DuckDBPyConnection, tree: Tree) -> Places:
    """Read from the table ``tree_nodes`` of `exporter.community`, which is that of the tree."""
    rows = con.execute(_TAXA).fetchnumpy()
    nodes = integers(rows["node"])
    is_active = np.zeros(len(tree) + 1, dtype=np.bool_)
    is_active[nodes] = booleans(rows["is_active"])
    rank_level = np.full(len(tree) + 1, np.nan)
    rank_level[nodes] = floats(rows["rank_level"])
    return Places(tree, np.append(tree.end, 0), is_active, rank_level)


def label_simple(
    con: duckdb.DuckDBPyConnection, at: datetime | None, identifications: str, places: Places
) -> None:
    """Add the labels of simple observations to ``labels``; show the identifications of others as ``others``.

    Needs the table labels of `exporter.community`. ``identifications`` is a table, or a bracketed SELECT, of
    all identifications of some observations; ``others`` has the columns of `DATED`.
    """
    rows = _read(con, at, identifications)
    starts, sizes = _observations(rows)
    labels = _judge(rows, starts, sizes, places)
    is_simple = labels.is_simple
    columns = {"community_taxon_id": labels.community_taxon_ids, "taxon_id": labels.taxon_ids}
    nullable = {name: pa.array(ids[is_simple], mask=ids[is_simple] == NONE) for name, ids in columns.items()}
    simple = {"observation_id": rows.observation_ids[starts[is_simple]], **nullable}
    con.register("simple", pa.table(simple))
    con.execute("INSERT INTO labels SELECT observation_id, community_taxon_id, taxon_id FROM simple")
    con.unregister("simple")
    con.register("others", rows.at(np.repeat(~is_simple, sizes)).dated())


def _read(con: duckdb.DuckDBPyConnection, at: datetime | None, identifications: str) -> _Rows:
    columns = con.sql(_ROWS.format(identifications=identifications), params={"at": at}).to_arrow_table()
    rows = _Rows(
        observation_ids=integers(columns["observation_id"]),
        ids=integers(columns["identification_id"]),
        person_ids=integers(columns["person_id"]),
        taxon_ids=integers(columns["taxon_id"]),
        denied_ids=integers(columns["denied_id"]),
        flags=integers(columns["flags"]).astype(np.int8),
    )
    ids = rows.observation_ids
    is_sorted = bool(np.all(ids[1:] >= ids[:-1]))  # not if several threads read
    return rows if is_sorted else rows.at(np.argsort(ids, kind="stable"))


def _observations(rows: _Rows) -> tuple[Ints, Ints]:
    """Where the rows of each observation start, and how many they are."""
    ids = rows.observation_ids
    starts = np.flatnonzero(np.append(True, ids[1:] != ids[:-1])[: len(ids)])
    return starts, np.diff(starts, append=len(ids))


def _judge(rows: _Rows, starts: Ints, sizes: Ints, places: Places) -> _Labels:
    community_ids, shown_ids = np.full((2, len(starts)), NONE)
    is_simple = np.zeros(len(starts), dtype=np.bool_)
    for size in range(1, _USUAL + 1):
        alike = np.flatnonzero(sizes == size)
        for some in np.array_split(alike, len(alike) // _AT_ONCE + 1):
            at = starts[some] + np.arange(size)[:, np.newaxis]
            community_ids[some], shown_ids[some], is_simple[some] = _judge_alike(rows, at, places)
    return _Labels(community_ids, shown_ids, is_simple)


def _judge_alike(rows: _Rows, at: Ints, places: Places) -> tuple[Ints, Ints, Bools]:
    """Judge observations with equally many identifications: their labels, and whether they are simple.

    at: which rows they are; a column for each observation.
    """
    states, taxon_ids = rows.states.take(at), rows.standing_taxon_ids.take(at)
    stands = states == _STANDS
    standing = stands.sum(axis=0)
    one_id = np.where(stands, taxon_ids, LARGEST_ID + 1).min(axis=0)
    one_id[standing == 0] = NONE
    other_id = taxon_ids.max(axis=0)
    place_of_id = places.tree.place_of_id
    is_active = places.is_active[place_of_id[one_id]] & places.is_active[place_of_id[other_id]]
    is_simple = (
        _are_over(states)
        & _have_a_person_each(rows.person_ids, at, stands, standing)
        & ((standing == 0) | is_active)
    )
    community_ids, shown_ids = np.where(standing >= 2, one_id, NONE), one_id.astype(np.int64)
    two = np.flatnonzero(is_simple & (one_id != other_id))
    community_ids[two], shown_ids[two], is_simple[two] = _judge_two_taxa(
        rows, at[:, two], one_id[two], other_id[two], places
    )
    return community_ids, shown_ids, is_simple


def _judge_two_taxa(
    rows: _Rows, at: Ints, one_ids: Ints, other_ids: Ints, places: Places
) -> tuple[Ints, Ints, Bools]:
    """The same of observations that are simple if they name these two taxa and no other, by 4 to 6."""
    one, other = (places.tree.place_of_id[ids] for ids in (one_ids, other_ids))
    # In preorder what lies within a clade comes after its root.
    is_one_later = one > other
    later_id, earlier_id = np.where(is_one_later, (one_ids, other_ids), (other_ids, one_ids)).astype(np.int64)
    later, earlier = np.maximum(one, other), np.minimum(one, other)
    taxon_ids, ids, flags = rows.standing_taxon_ids.take(at), rows.ids.take(at), rows.flags.take(at)
    names_later, names_earlier = taxon_ids == later_id, taxon_ids == earlier_id
    of_later, of_earlier = names_later.sum(axis=0), names_earlier.sum(axis=0)
    first = np.where(names_later, ids, _NO_ID).min(axis=0)
    is_within = later < places.end[earlier]
    denies = names_earlier & (flags & _DISAGREES != 0)
    leaves_open = names_earlier & (flags & _UNTOLD != 0) & (ids > first)
    against = np.where(is_within, (denies | leaves_open).sum(axis=0), of_earlier)
    passes = (of_later >= 2) & (of_later > 2 * against)
    earlier_passes = is_within | ((of_earlier >= 2) & (of_earlier > 2 * of_later))
    community_ids = np.where(passes, later_id, earlier_id)
    neither = np.flatnonzero(~(passes | earlier_passes))
    common = places.tree.common_ancestors(earlier[neither].astype(np.int64), later[neither])
    community_ids[neither] = np.where(common == NONE, NONE, places.tree.taxon_ids[common])
    is_below_species = places.rank_level[later] < SPECIES_RANK_LEVEL
    is_late = is_below_species & (of_later == 1) & (names_earlier & (ids < first)).any(axis=0)
    shown_ids = np.where(is_within & (against == 0) & ~is_late, later_id, community_ids)
    is_simple = (community_ids != NONE) & (of_later + of_earlier == (taxon_ids != NONE).sum(axis=0))
    denied = np.flatnonzero(is_within & denies.any(axis=0))
    denies_other = denies[:, denied] & (rows.denied_ids.take(at[:, denied]) != later_id[denied])
    is_simple[denied] &= ~denies_other.any(axis=0)
    return community_ids, shown_ids, is_simple


def _are_over(states: Flags) -> Bools:
    """Conditions 2 and 3 but for the taxa: the states that occur, as one number with a bit for each."""
    all_states = np.bitwise_or.reduce(states, axis=0)
    over: Bools = (all_states == _STANDS) | (all_states == _REPLACED) | (all_states == _LATER)
    return over


def _have_a_person_each(person_ids: Ints, at: Ints, stands: Bools, standing: Ints) -> Bools:
    """Condition 1."""
    result: Bools = standing < 2
    for shift in (0, 6):
        unsure = np.flatnonzero(~result)
        persons = person_ids.take(at[:, unsure]).view(np.uint64)
        bit = np.uint64(1) << (persons >> np.uint64(shift) & np.uint64(63))
        bits = np.bitwise_or.reduce(np.where(stands[:, unsure], bit, np.uint64(0)), axis=0)
        result[unsure] = np.bitwise_count(bits) == standing[unsure]
    return result
