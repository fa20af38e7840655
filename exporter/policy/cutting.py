"""The export at a cutoff of a simulated world, by the exporter's own rules, and what the truth says of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import duckdb
import numpy as np

from exporter.columns import Ints, integers
from exporter.criteria import Criteria
from exporter.guards import Cut, judge, window_of
from exporter.guards.drift import Previous
from exporter.guards.past import past_dates, stand_at
from exporter.policy.world import Case
from exporter.readiness import Assessment, assess
from exporter.selection import class_taxon_ids, fill, photo_rows
from exporter.settling import HELD_BACK, SETTLED, UNSETTLED, settle
from exporter.simulation.records import FIRST_ID
from exporter.simulation.sightings import DAY
from exporter.simulation.tree import load_tree

#: A fifth of inat-2022's numbers for worlds of a fifth of its simulated community, but for the most that a
#: class holds: as on iNaturalist, some classes are full, so that the draw decides something.
LAB_CRITERIA = Criteria(
    name="lab",
    confirmed_by="community_taxon",
    min_observations=0,
    min_confirmed=0,
    train_min=10,
    train_max=60,
    val_min=5,
    val_max=10,
    test_min=5,
    test_max=10,
    train_photos_per_observation=5,
)

Truth: TypeAlias = dict[int, int]

#: The share of classes, those with the most wrong labels, that are looked at apart.
WORST_SHARE = 0.05

_WAITING = f"""
SELECT observation_id, h.taxon_id, epoch(max(i.created_at)) AS named_at
FROM ({HELD_BACK}) AS h LEFT JOIN identifications AS i USING (observation_id)
GROUP BY ALL ORDER BY observation_id
"""


@dataclass(frozen=True)
class Export:
    """What a cutoff exports, and what waits.

    observation, in_class: an exported observation and the taxon of its class, each observation once.
    photos:                photos by the class's taxon.
    photo:                 the ids of the exported photos, in ascending order.
    waiting, waiting_label, waiting_days: an observation that waits, its label, and for how long it has.
    alarms:                the guards that fired; None if they were not run.
    """

    observation: Ints
    in_class: Ints
    photos: dict[int, int]
    photo: Ints
    waiting: Ints
    waiting_label: Ints
    waiting_days: list[float]
    alarms: tuple[str, ...] | None


class Watch:
    """The guards over one community: they compare with its export before, and look at each past date once.

    previous: that export, by the settling window's days.
    """

    def __init__(self, previous: Mapping[int, Previous]) -> None:
        self._previous = previous
        self._past: dict[datetime, Assessment] = {}

    def alarms(self, con: duckdb.DuckDBPyConnection, made: Cut) -> tuple[str, ...]:
        """Return the guards that fire at a cut of the community."""
        dates = past_dates(con, made.cutoff, window_of(made.settle_days))
        for date in dates:
            if date not in self._past:
                self._past[date] = stand_at(con, made.criteria, date, made.cutoff)
        past = [self._past[date] for date in dates]
        return tuple(judge(con, made, self._previous[made.settle_days], past)["fired"])


def cut(
    con: duckdb.DuckDBPyConnection,
    cutoff: datetime,
    settle_days: int,
    seed: str,
    criteria: Criteria = LAB_CRITERIA,
    watch: Watch | None = None,
) -> Export:
    """Cut the export from a connection with the lake's tables, as `exporter.snapshot` does from a lake.

    Guards are run if ``watch`` is there.
    """
    settling = settle(con, criteria, cutoff - timedelta(days=settle_days), cutoff)
    settled = assess(con, criteria, SETTLED)
    waiting = _waiting(con) if settle_days else _nobody()
    fill(con, criteria, settled, seed)
    rows = photo_rows(con).read_all()
    class_ids = class_taxon_ids(settled)
    observation = integers(rows["observation_id"])
    in_class = class_ids[integers(rows["leaf_class_id"])] if len(class_ids) else observation[:0]
    numbers = dict.fromkeys(class_ids.tolist(), 0)
    numbers |= dict(
        zip(*(column.tolist() for column in np.unique(in_class, return_counts=True)), strict=True)
    )
    _, first = np.unique(observation, return_index=True)
    alarms = None
    if watch is not None:
        unsettled = assess(con, criteria, UNSETTLED)
        alarms = watch.alarms(con, Cut(criteria, cutoff, settle_days, settling, settled, unsettled))
    waiting_days = [(cutoff.timestamp() - named_at) / DAY for named_at in waiting["named_at"].tolist()]
    return Export(
        observation[first],
        in_class[first],
        numbers,
        np.sort(integers(rows["photo_id"])),
        integers(waiting["observation_id"]),
        integers(waiting["taxon_id"]),
        waiting_days,
        alarms,
    )


def truth_of(cases: list[Case]) -> Truth:
    """Return what each observation truly shows, by its id."""
    return {FIRST_ID + sighting.index: sighting.true_taxon_id for sighting, _ in cases}


def are_right(observation: Ints, label: Ints, truth: Truth) -> list[bool]:
    """Whether each observation truly lies in the clade of the taxon beside it."""
    tree = load_tree()
    return [
        taxon_id in tree[truth[one]].line
        for one, taxon_id in zip(observation.tolist(), label.tolist(), strict=True)
    ]


def _waiting(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return con.execute(_WAITING).fetchnumpy()


def _nobody() -> dict[str, Any]:
    return {name: np.empty(0, dtype=np.int64) for name in ("observation_id", "taxon_id", "named_at")}
