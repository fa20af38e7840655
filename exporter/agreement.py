"""The labels of the observations whose identifications agree: most of them, in arrays, without weighing.

`exporter.community` has the rule. Where nothing is against any identified taxon, and at most two taxa are
named, the finer one within the coarser one, it comes to this:

-   the community taxon is the finer one if two identifications name it, else the coarser one, if any two do;
-   the shown taxon is the finer one.

An observation agrees if all of the following hold. They may miss an observation, which is then weighed like
any other; they never take one that should be weighed.

1.  Each person has at most one identification that stands: each sets one of 64 bits by its person's id, and
    as many bits are set as identifications stand. Of two ways to choose the bit one has to show it.
2.  None that was made by then has been replaced or withdrawn since; or none was made later, so that those are
    over too.
3.  Each identification names a taxon. Of those that stand none is hidden or disagrees explicitly, and their
    taxa are active and have an id that fits into a table of places.
4.  At most two taxa are named, and one of two is an ancestor of the other. If only one identification names
    the finer one, that is not below species, for then it would matter which was named first.
5.  No identification of the coarser one that leaves open whether it disagrees was made after the first of
    the finer one.

An observation none of whose identifications stood at the time has no label, and agrees too.

An observation's identifications lie side by side in the lake's files. Those of all observations that have
equally many of them are columns of one table, whose rows are compared and added up at once; a query engine
would look every one of them up in a hash table. What has more identifications than is usual is weighed.
"""

from dataclasses import dataclass, fields
from datetime import datetime

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from exporter.columns import Floats, booleans, floats, integers
from exporter.criteria import SPECIES_RANK_LEVEL
from exporter.tree import NONE, Bools, Ints, Tree

#: The taxon ids that have an entry in a table of places, of 64 MB at most. iNaturalist's are below 2 million.
LARGEST_ID = 2**24 - 1

#: Observations with more identifications are weighed.
_USUAL = 12
#: Observations judged at once: what is computed of them stays in a processor's cache.
_AT_ONCE = 16_384

_NO_ID = np.iinfo(np.int64).max

#: ``state`` of an identification: it stands; weigh its observation; replaced or withdrawn by now; made later.
_STANDS, _WEIGH, _REPLACED, _LATER = 0, 1, 2, 4

_ROWS = f"""
WITH dated AS (
    SELECT observation_id, identification_id, taxon_id, is_disagreement,
        coalesce(user_id, -identification_id) AS person_id,
        $at::TIMESTAMPTZ IS NULL OR coalesce(created_at <= $at::TIMESTAMPTZ, false) AS is_by_then,
        coalesce(is_current, true) AS is_standing,
        coalesce(is_hidden, false) OR coalesce(is_disagreement, false) AS is_peculiar
    FROM {{identifications}} AS i
)
SELECT observation_id, identification_id, person_id,
    CASE
        WHEN taxon_id IS NULL THEN {_WEIGH}
        WHEN NOT is_by_then THEN {_LATER}
        WHEN NOT is_standing THEN {_REPLACED}
        WHEN is_peculiar OR taxon_id NOT BETWEEN 0 AND {LARGEST_ID} THEN {_WEIGH}
        ELSE {_STANDS}
    END AS state,
    CASE WHEN state = {_STANDS} THEN CAST(taxon_id AS INTEGER) ELSE {NONE} END AS taxon_id,
    is_disagreement IS NULL AS is_untold
FROM dated
"""

_TAXA = "SELECT node, is_active, rank_level FROM tree_nodes"


@dataclass(frozen=True)
class Places:
    """What agreeing asks of the taxa.

    of_id:      the position in the tree of each taxon id, -1 for none; the last entry is that of -1.
    end, is_active, rank_level: by position; the last entry stands for no taxon.
    """

    of_id: npt.NDArray[np.int32]
    end: Ints
    is_active: Bools
    rank_level: Floats


@dataclass(frozen=True)
class _Identifications:
    """Identifications in a row; or in a table, with a column for each observation."""

    observation_ids: Ints
    ids: Ints
    person_ids: Ints
    states: Ints
    taxon_ids: Ints
    is_untold: Bools

    def at(self, places: Ints) -> "_Identifications":
        """Return those at these places, in the shape of ``places``."""
        return _Identifications(*(getattr(self, each.name)[places] for each in fields(self)))


@dataclass(frozen=True)
class _Labels:
    """By observation: its labels (-1 for none) if its identifications agree, and whether they do."""

    observation_ids: Ints
    community_taxon_ids: Ints
    taxon_ids: Ints
    is_agreed: Bools


def read_places(con: duckdb.DuckDBPyConnection, tree: Tree) -> Places:
    """Read from the table ``tree_nodes`` of `exporter.community`, which is that of the tree."""
    rows = con.execute(_TAXA).fetchnumpy()
    nodes = integers(rows["node"])
    is_active = np.zeros(len(tree) + 1, dtype=np.bool_)
    is_active[nodes] = booleans(rows["is_active"])
    rank_level = np.full(len(tree) + 1, np.nan)
    rank_level[nodes] = floats(rows["rank_level"])
    positions = np.flatnonzero((tree.taxon_ids >= 0) & (tree.taxon_ids <= LARGEST_ID))
    ids = tree.taxon_ids[positions]
    of_id = np.full(ids.max(initial=NONE) + 2, NONE, dtype=np.int32)
    of_id[ids] = positions
    return Places(of_id, np.append(tree.end, 0), is_active, rank_level)


def label_agreed(
    con: duckdb.DuckDBPyConnection, at: datetime | None, identifications: str, places: Places
) -> None:
    """Add the labels of the observations that agree to ``labels``; the others are those of ``disputed``.

    Needs the table labels of `exporter.community`. ``identifications`` is a table, or a bracketed SELECT, of
    all identifications of some observations.
    """
    labels = _judge(_read(con, at, identifications), places)
    is_agreed = labels.is_agreed
    columns = {"community_taxon_id": labels.community_taxon_ids, "taxon_id": labels.taxon_ids}
    nullable = {name: pa.array(ids[is_agreed], mask=ids[is_agreed] == NONE) for name, ids in columns.items()}
    con.register("agreed", pa.table({"observation_id": labels.observation_ids[is_agreed], **nullable}))
    con.execute("INSERT INTO labels SELECT observation_id, community_taxon_id, taxon_id FROM agreed")
    con.unregister("agreed")
    con.register("others", pa.table({"observation_id": labels.observation_ids[~is_agreed]}))
    con.execute("CREATE OR REPLACE TEMP TABLE disputed AS FROM others")
    con.unregister("others")


def _read(con: duckdb.DuckDBPyConnection, at: datetime | None, identifications: str) -> _Identifications:
    """Read them in a row, those of each observation side by side."""
    columns = con.execute(_ROWS.format(identifications=identifications), {"at": at}).fetchnumpy()
    rows = _Identifications(
        observation_ids=integers(columns["observation_id"]),
        ids=integers(columns["identification_id"]),
        person_ids=integers(columns["person_id"]),
        states=integers(columns["state"]),
        taxon_ids=integers(columns["taxon_id"]),
        is_untold=booleans(columns["is_untold"]),
    )
    ids = rows.observation_ids
    is_sorted = bool(np.all(ids[1:] >= ids[:-1]))  # not if several threads read
    return rows if is_sorted else rows.at(np.argsort(ids, kind="stable"))


def _judge(rows: _Identifications, places: Places) -> _Labels:
    ids = rows.observation_ids
    starts = np.flatnonzero(np.append(True, ids[1:] != ids[:-1])[: len(ids)])
    sizes = np.diff(starts, append=len(ids))
    community_ids, shown_ids = np.full((2, len(starts)), NONE)
    is_agreed = np.zeros(len(starts), dtype=np.bool_)
    for size in range(1, _USUAL + 1):
        alike = np.flatnonzero(sizes == size)
        for some in np.array_split(alike, len(alike) // _AT_ONCE + 1):
            table = rows.at(starts[some] + np.arange(size)[:, np.newaxis])
            community_ids[some], shown_ids[some], is_agreed[some] = _judge_alike(table, places)
    return _Labels(ids[starts], community_ids, shown_ids, is_agreed)


def _judge_alike(table: _Identifications, places: Places) -> tuple[Ints, Ints, Bools]:
    """Judge observations with equally many identifications: their labels, and whether these agree."""
    stands = table.states == _STANDS
    standing = stands.sum(axis=0)
    one_id = np.where(stands, table.taxon_ids, LARGEST_ID + 1).min(axis=0)
    one_id[standing == 0] = NONE
    other_id = table.taxon_ids.max(axis=0)
    one, other = places.of_id[one_id], places.of_id[other_id]
    # In preorder what lies within a clade comes after its root.
    is_one_finer = one > other
    finer_id, coarser_id = np.where(is_one_finer, one_id, other_id), np.where(is_one_finer, other_id, one_id)
    finer, coarser = np.where(is_one_finer, one, other), np.where(is_one_finer, other, one)
    names_finer, names_coarser = table.taxon_ids == finer_id, table.taxon_ids == coarser_id
    of_finer = (names_finer & stands).sum(axis=0)
    is_line = (
        (of_finer + names_coarser.sum(axis=0) == standing)
        & (finer < places.end[coarser])
        & ~((of_finer == 1) & (places.rank_level[finer] < SPECIES_RANK_LEVEL))
        & _are_told(table, names_finer, names_coarser)
    )
    is_active = places.is_active[finer] & places.is_active[coarser]
    is_agreed = (
        _are_over(table)
        & _have_a_person_each(table, stands, standing)
        & ((standing == 0) | (is_active & ((finer_id == coarser_id) | is_line)))
    )
    community_ids = np.where(of_finer >= 2, finer_id, np.where(standing >= 2, coarser_id, NONE))
    return community_ids, finer_id, is_agreed


def _are_over(table: _Identifications) -> Bools:
    """Conditions 2 and 3 but for the taxa: the states that occur, as one number with a bit for each."""
    states = np.bitwise_or.reduce(table.states, axis=0)
    over: Bools = (states == _STANDS) | (states == _REPLACED) | (states == _LATER)
    return over


def _have_a_person_each(table: _Identifications, stands: Bools, standing: Ints) -> Bools:
    """Condition 1."""
    persons = table.person_ids.view(np.uint64)
    result: Bools = standing < 2
    for shift in (0, 6):
        bits = np.where(stands, np.uint64(1) << (persons >> np.uint64(shift) & np.uint64(63)), np.uint64(0))
        result |= np.bitwise_count(np.bitwise_or.reduce(bits, axis=0)) == standing
    return result


def _are_told(table: _Identifications, names_finer: Bools, names_coarser: Bools) -> Bools:
    """Condition 5."""
    first = np.where(names_finer, table.ids, _NO_ID).min(axis=0)
    last_untold = np.where(names_coarser & table.is_untold, table.ids, -1).max(axis=0)
    told: Bools = last_untold < first
    return told
