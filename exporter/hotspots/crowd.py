"""How common a label is among the other observations, in the lake and around the observation."""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np

from exporter.columns import integers
from exporter.hotspots.arrays import Floats, places_in
from exporter.hotspots.history import History
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Ints

#: Degrees. Small enough to tell coasts from mountains, large enough to hold more than one observer.
_CELL = 2
_ROWS, _COLUMNS = 180 // _CELL + 1, 360 // _CELL + 1

_OBSERVATIONS = f"""
SELECT observation_id, coalesce(taxon_id, -1) AS taxon_id,
    coalesce(
        CAST(floor((latitude + 90) / {_CELL}) AS BIGINT) * {_COLUMNS}
        + CAST(floor((longitude + 180) / {_CELL}) AS BIGINT),
        -1
    ) AS cell
FROM observations
WHERE coalesce(created_at <= $at::TIMESTAMPTZ, true)
ORDER BY observation_id
"""


@dataclass(frozen=True)
class Crowd:
    """Which taxa were named on which observations. Where none is known, the label of the observation counts.

    ids, cell: the observations by id, and the cell of each; -1 for an unknown place.
    named:     pairs of observation and unit, as one ascending number.
    by_unit:   observations by unit.
    mean_log:  mean logarithm of these, over pairs: what a common label is in this lake.
    local_key, local_count: pairs of unit and cell, as one ascending number, and their observations.
    """

    ids: Ints
    cell: Ints
    named: Ints
    by_unit: Ints
    mean_log: float
    local_key: Ints
    local_count: Ints
    size: int

    def places(self, observation_ids: Ints) -> Ints:
        """Return where observations are in ``ids``; -1 for those that are not."""
        return places_in(self.ids, observation_ids)

    def others(self, place: Ints, unit: Ints) -> Floats:
        """Return the logarithm of 1 + the other observations with the label, less its mean."""
        others: Floats = np.log1p(self.by_unit[unit] - self._is_own(place, unit)) - self.mean_log
        return others

    def cells(self, place: Ints) -> Ints:
        """Return the cell of each observation; -1 for an unknown place or observation."""
        found = np.full(len(place), NONE, dtype=np.int64)
        found[place != NONE] = self.cell[place[place != NONE]]
        return found

    def nearby(self, place: Ints, unit: Ints) -> Floats:
        """Return the logarithm of 1 + the other observations with the label in the same cell."""
        own = self._is_own(place, unit)
        cell = self.cells(place)
        found = places_in(self.local_key, np.where(cell == NONE, NONE, unit * (_ROWS * _COLUMNS) + cell))
        others = np.zeros(len(unit))
        others[found != NONE] = self.local_count[found[found != NONE]] - own[found != NONE]
        nearby: Floats = np.log1p(others)
        return nearby

    def _is_own(self, place: Ints, unit: Ints) -> Ints:
        """Return 1 where the observation itself was named so, else 0."""
        key = np.where(place == NONE, NONE, place * self.size + unit)
        is_own: Ints = (places_in(self.named, key) != NONE).astype(np.int64)
        return is_own


def read_crowd(
    con: duckdb.DuckDBPyConnection, taxonomy: Taxonomy, history: History, at: datetime | None
) -> Crowd:
    """Count labels over the lake's observations, by the identifications in the history."""
    rows = con.execute(_OBSERVATIONS, {"at": at}).fetchnumpy()
    ids, size = integers(rows["observation_id"]), np.int64(max(len(taxonomy.tree), 1))
    cells = integers(rows["cell"])
    shown = taxonomy.tree.positions(integers(rows["taxon_id"]))
    pairs = [np.flatnonzero(shown != NONE) * size + taxonomy.unit[shown[shown != NONE]]]
    if len(history.named):
        place = places_in(ids, history.observation_ids)
        is_silent = np.ones(len(ids), dtype=np.bool_)
        is_silent[place[place != NONE]] = False
        pairs[0] = pairs[0][is_silent[pairs[0] // size]]
        kept = (place[history.observation] != NONE) & (history.named != NONE)
        pairs.append(place[history.observation[kept]] * size + history.named[kept])
    named = np.unique(np.concatenate(pairs))
    unit, cell = named % size, cells[named // size]
    by_unit = np.bincount(unit, minlength=size)
    is_placed = cell != NONE
    local_key, local_count = np.unique(
        unit[is_placed] * (_ROWS * _COLUMNS) + cell[is_placed], return_counts=True
    )
    mean_log = float(np.log1p(by_unit[unit]).mean()) if len(unit) else 0.0
    return Crowd(ids, cells, named, by_unit, mean_log, local_key, local_count, int(size))
