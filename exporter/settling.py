"""The asymmetric cutoff: what clean-up changed in the settling window counts, what is new waits.

The window runs from *start* (the cutoff less the settling days) to the cutoff. Each observation has two
labels, its taxon and its confirming taxon (`exporter.criteria`, rule 4); both are recomputed at the two
ends of the window (`exporter.community`):

1.  A label that holds for the export is the lowest common ancestor of the label at the start and the label
    at the cutoff, and none if there was none at either. So an observation counts in a clade only if it was
    there at both times: a label that became coarser, was disputed or was moved away counts at once; one
    that is new or became finer waits for the next export.
2.  An observation made after the start has no labels at the start.
3.  It is not known when an observation without identifications in the lake got its labels. It is taken to
    have had its present ones since it was created (if that is unknown too: since the day it was seen).

Without a window (no settling days) the labels are those at the cutoff.

What counts here is what a snapshot can write: observations with a photo whose address is known (rule 1).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from exporter.columns import integers
from exporter.community import identified_tree, labels
from exporter.criteria import WRITABLE_PHOTO, Criteria
from exporter.engine import Engine
from exporter.errors import DataError
from exporter.ranges import create_by_range, id_ranges, within
from exporter.readiness import Assessment, then, usable_then_sql
from exporter.tree import NONE, load_tree

#: Observations whose labels at the two times may differ.
_TOUCHED = """
CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT observation_id FROM identifications WHERE created_at > $start AND created_at <= $cutoff
UNION
SELECT observation_id FROM observations
WHERE coalesce(created_at, CAST(observed_on AS TIMESTAMPTZ)) > $start
"""

_TOUCHED_IDENTIFICATIONS = """
CREATE OR REPLACE TEMP TABLE touched_identifications AS
SELECT * FROM identifications SEMI JOIN touched USING (observation_id)
"""

_MOVES = """
SELECT DISTINCT s.taxon_id AS before_id, e.taxon_id AS after_id
FROM at_start AS s JOIN at_cutoff AS e USING (observation_id) WHERE s.taxon_id <> e.taxon_id
UNION
SELECT DISTINCT s.confirming_id, e.confirming_id
FROM at_start AS s JOIN at_cutoff AS e USING (observation_id) WHERE s.confirming_id <> e.confirming_id
"""

_SETTLED_IN_WINDOW = """
CREATE OR REPLACE TEMP TABLE settled_in_window AS
SELECT e.observation_id,
    CASE WHEN s.taxon_id = e.taxon_id THEN s.taxon_id ELSE t.common_id END AS taxon_id,
    CASE WHEN s.confirming_id = e.confirming_id THEN s.confirming_id ELSE c.common_id END AS confirming_id,
    e.photos, e.is_incomplete, e.is_judged_by_times AND s.observation_id IS NULL AS is_judged_anew,
    s.taxon_id AS taxon_before, e.taxon_id AS taxon_after,
    s.confirming_id AS confirming_before, e.confirming_id AS confirming_after
FROM at_cutoff AS e LEFT JOIN at_start AS s ON s.observation_id = e.observation_id
    LEFT JOIN moves AS t ON t.before_id = s.taxon_id AND t.after_id = e.taxon_id
    LEFT JOIN moves AS c ON c.before_id = s.confirming_id AND c.after_id = e.confirming_id
"""

_IS_HELD_BACK = """
(
    taxon_after IS NOT NULL AND taxon_id IS DISTINCT FROM taxon_after
    OR confirming_after IS NOT NULL AND confirming_id IS DISTINCT FROM confirming_after
)
"""

#: The observations that wait, each with the label that does: the confirming taxon if that one waits.
HELD_BACK = f"""
SELECT observation_id,
    CASE
        WHEN confirming_after IS NOT NULL AND confirming_id IS DISTINCT FROM confirming_after
            THEN confirming_after
        ELSE taxon_after
    END AS taxon_id
FROM settled_in_window WHERE {_IS_HELD_BACK}
"""

#: An observation is judged at the start, or anew at the cutoff. Two rows, whose sums count: one pass.
_COUNTS = f"""
SELECT
    count(*) FILTER (WHERE {_IS_HELD_BACK}) AS held_back,
    count(*) FILTER (
        WHERE taxon_before IS NOT NULL AND taxon_id IS DISTINCT FROM taxon_before
            OR confirming_before IS NOT NULL AND confirming_id IS DISTINCT FROM confirming_before
    ) AS removals,
    count(*) FILTER (WHERE is_judged_anew) AS judged_by_times
FROM settled_in_window
UNION ALL
SELECT 0, 0, count(*) FILTER (WHERE is_judged_by_times) FROM at_start
"""

#: The dump gives days only; the day after the last one is then the end of the data. What lies in the future
#: is somebody's slip of the pen: one observation of 2099 says nothing of the others.
_NEWEST = """
SELECT coalesce(
    greatest(
        max(updated_at) FILTER (WHERE updated_at <= $now), max(created_at) FILTER (WHERE created_at <= $now)
    ),
    CAST(max(observed_on) FILTER (WHERE observed_on <= CAST($today AS DATE)) AS TIMESTAMPTZ) + INTERVAL 1 DAY
) AS newest
FROM observations
"""

#: About so many observations are joined with their photos and labels at once.
_ROWS_AT_ONCE = 2_000_000

#: By so much the day at the eastern end of the world is ahead of UTC.
_FURTHEST_EAST = timedelta(hours=14)

_COLUMNS = "observation_id, taxon_id, confirming_id, photos, is_incomplete"
_UNTOUCHED = f"SELECT {_COLUMNS} FROM at_start ANTI JOIN at_cutoff USING (observation_id)"
#: As `usable_sql`: the usable observations with the labels that hold, and with those at the cutoff.
SETTLED = f"({_UNTOUCHED} UNION ALL SELECT {_COLUMNS} FROM settled_in_window)"
UNSETTLED = f"({_UNTOUCHED} UNION ALL SELECT {_COLUMNS} FROM at_cutoff)"


@dataclass(frozen=True)
class Settling:
    """What the window did to the usable observations.

    held_back:       those with a label at the cutoff that does not hold, or does not hold in full.
    removals:        those with a label at the start that does not hold, or does not hold in full.
    judged_by_times: those without identifications in the lake.
    """

    held_back: int
    removals: int
    judged_by_times: int


def settle(con: Engine, criteria: Criteria, start: datetime, cutoff: datetime) -> Settling:
    """Label the usable observations by the asymmetric cutoff, for the relations SETTLED and UNSETTLED.

    Needs the views taxa, observations, photos and identifications. Both times have a zone.
    """
    touch(con, start, cutoff)
    usable = usable_then_sql(criteria, WRITABLE_PHOTO, "is_judged_by_times")
    tree = identified_tree(con)
    labels(con, start, tree=tree)
    ranges = id_ranges(con, "observations", _ROWS_AT_ONCE)
    create_by_range(con, "at_start", lambda ids: within(f"({usable})", ids), ranges, then(start))
    labels(con, cutoff, "touched_identifications", tree)
    of_touched = f"(SELECT * FROM ({usable}) AS u SEMI JOIN touched USING (observation_id))"
    create_by_range(con, "at_cutoff", lambda ids: within(of_touched, ids), ranges, then(cutoff))
    _join(con)
    counts = con.execute(_COUNTS).fetchnumpy()
    return Settling(**{name: int(integers(column).sum()) for name, column in counts.items()})


def forget(con: Engine) -> None:
    """Drop the tables of `settle`, which are as large as the lake: they would stand in the way of others."""
    for table in ("touched", "touched_identifications", "at_start", "at_cutoff", "settled_in_window"):
        con.execute(f"DROP TABLE {table}")


def touch(con: Engine, start: datetime, cutoff: datetime) -> None:
    """Create the table ``touched``, of the observations whose labels at the two times may differ.

    And ``touched_identifications``: all identifications of these.
    """
    con.execute(_TOUCHED, {"start": start, "cutoff": cutoff})
    con.execute(_TOUCHED_IDENTIFICATIONS)


def newly_classes(now: Assessment, before: Assessment) -> list[int]:
    """The taxa that are classes now and were none before, by ascending id."""
    ids, ids_before = (one.tree.taxon_ids[one.leaves] for one in (now, before))
    new: list[int] = np.setdiff1d(ids, ids_before).tolist()
    return new


def newest_record(con: Engine, loaded_at: datetime | None = None) -> datetime | None:
    """Return the time of the newest record: no later cutoff can be taken. None if no record has a time.

    Times and days later than ``loaded_at``, when the lake's version was made, or later than now, are left
    out: nobody saw anything there yet.
    """
    now = _present(loaded_at)
    parameters = {"now": now, "today": (now + _FURTHEST_EAST).date()}
    [[newest]] = con.sql(_NEWEST, params=parameters).to_arrow_table().to_pydict().values()
    return None if newest is None else min(newest, now)


def refuse_future(con: Engine, cutoff: datetime, loaded_at: datetime | None = None) -> None:
    """Raise DataError if the cutoff is later than the newest record of the lake.

    If no record has a time: if it is later than ``loaded_at``, or than now.
    """
    newest = newest_record(con, loaded_at) or _present(loaded_at)
    if cutoff > newest:
        raise DataError(
            f"the cutoff {iso(cutoff)} is in the future of the data, whose newest record is of"
            f" {iso(newest)}; load newer data, or give an earlier cutoff"
        )


def _present(loaded_at: datetime | None) -> datetime:
    now = datetime.now(UTC)
    return now if loaded_at is None else min(now, loaded_at)


def iso(time: datetime) -> str:
    """A time as manifests and reports write it: ISO 8601, UTC, ending in Z."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _join(con: Engine) -> None:
    moves = con.execute(_MOVES).fetchnumpy()
    before, after = (integers(moves[name]) for name in ("before_id", "after_id"))
    tree = load_tree(con, np.concatenate([before, after]))
    common = tree.common_ancestors(tree.positions(before), tree.positions(after))
    common_ids = pa.array(tree.taxon_ids[common], mask=common == NONE)
    con.register("moves", pa.table({"before_id": before, "after_id": after, "common_id": common_ids}))
    con.execute(_SETTLED_IN_WINDOW)
    con.unregister("moves")
