"""Which classes are to be expected at a place and in a month, from the snapshot's own observations.

Shares of classes are counted in cells of the map, each month for itself in the finest, and shrunk towards
the coarser cell around: a cell with n observations weighs n, the coarser one SHRINKAGE. With it a photo's
probabilities become p(class | photo) * (p(class | place, month) / p(class)) ^ weight, which is Bayes' rule
for independent photo and place when the weight is 1; the weight is fitted on the validation set.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from trainer.metrics import log_softmax
from trainer.snapshot import Floats, Ints, Snapshot

#: Sides of the cells in degrees of latitude, coarse to fine; None: the whole Earth.
_CELLS = (None, 20.0, 5.0, 2.0)
#: Observations that the coarser cell is worth.
SHRINKAGE = 20.0
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)

_COLUMNS = {
    "observation_id": pa.int64(),
    "latitude": pa.float64(),
    "longitude": pa.float64(),
    "observed_on": pa.date32(),
    "leaf_class_id": pa.int64(),
}


@dataclass(frozen=True)
class Places:
    """Where and when observations were made, by ascending id. Degrees; month 1 to 12, 0: not known."""

    observation_ids: Ints
    latitudes: Floats
    longitudes: Floats
    months: Ints
    class_ids: Ints

    def of(self, observation_ids: Ints) -> Ints:
        """The row of each observation; -1 where it is not known."""
        if not len(self.observation_ids):
            return np.full(len(observation_ids), -1)
        rows = np.searchsorted(self.observation_ids, observation_ids)
        rows = np.minimum(rows, len(self.observation_ids) - 1)
        return np.where(self.observation_ids[rows] == observation_ids, rows, -1)


def read_places(snapshot: Snapshot) -> Places:
    """The places of a snapshot's observations that have coordinates; an observation counts once."""
    table = snapshot.table("spatial_data.csv", _COLUMNS)
    has_place = np.isfinite(table["latitude"].to_numpy()) & np.isfinite(table["longitude"].to_numpy())
    table = table.filter(pa.array(has_place))
    ids, rows = np.unique(table["observation_id"].to_numpy(), return_index=True)
    days = table["observed_on"].to_numpy().astype("datetime64[M]")[rows]
    months = np.where(np.isnat(days), 0, days.astype(np.int64) % 12 + 1)
    return Places(
        observation_ids=ids,
        latitudes=table["latitude"].to_numpy()[rows],
        longitudes=table["longitude"].to_numpy()[rows],
        months=months,
        class_ids=table["leaf_class_id"].to_numpy()[rows],
    )


class Prior:
    """Shares of classes by place and month."""

    def __init__(self, places: Places, classes: int, without: Ints) -> None:
        """Count all places but those of the observations ``without``, which are to be judged."""
        self._places = places
        used = np.flatnonzero(~np.isin(places.observation_ids, without))
        self._levels = [_Level(level, places, used) for level in range(len(_CELLS) + 1)]
        counts = np.bincount(places.class_ids[used], minlength=classes) + 1.0
        self._overall: Floats = counts / counts.sum()

    def log_ratios(self, observation_ids: Ints) -> Floats:
        """log(p(class | place, month) / p(class)), (n, classes); 0 where the place is not known."""
        rows = self._places.of(observation_ids)
        shares = np.tile(self._overall, (len(rows), 1))
        for level in self._levels[1:]:
            for number, row in enumerate(rows.tolist()):
                if row >= 0:
                    level.add_to(shares[number], self._places, row)
        ratios: Floats = np.log(shares / self._overall)
        return ratios


class _Level:
    """Counts of classes in the cells of one size; the last level has the finest cells by month."""

    def __init__(self, number: int, places: Places, used: Ints) -> None:
        self._number = number
        keys = self._keys(places, used)
        order = np.argsort(keys, kind="stable")
        self._sorted = keys[order]
        self._class_ids = places.class_ids[used][order]

    def add_to(self, shares: Floats, places: Places, row: int) -> None:
        """Shrink this cell's counts towards the shares, in place."""
        [key] = self._keys(places, np.array([row]))
        start, end = np.searchsorted(self._sorted, [key, key + 1])
        shares *= SHRINKAGE / (SHRINKAGE + end - start)
        np.add.at(shares, self._class_ids[start:end], 1 / (SHRINKAGE + end - start))

    def _keys(self, places: Places, rows: Ints) -> Ints:
        """A number for the cell of each row; cells are about as wide as high."""
        side = _CELLS[min(self._number, len(_CELLS) - 1)]
        if side is None:
            return np.zeros(len(rows), dtype=np.int64)
        bands = np.floor((places.latitudes[rows] + 90) / side).astype(np.int64)
        width = side / np.maximum(np.cos(np.radians((bands + 0.5) * side - 90)), 0.05)
        columns = np.floor((places.longitudes[rows] + 180) / width).astype(np.int64)
        months = places.months[rows] if self._number == len(_CELLS) else 0
        keys: Ints = (bands * 1000 + columns) * 13 + months
        return keys


def combine(log_probabilities: Floats, log_ratios: Floats, weight: float) -> Floats:
    """Photo and place together, normalised; (n, classes)."""
    return log_softmax(log_probabilities + weight * log_ratios)


def fit_weight(labels: Ints, log_probabilities: Floats, log_ratios: Floats) -> float:
    """The one of WEIGHTS that makes the labels likeliest; of equals, the least."""
    rows = np.arange(len(labels))
    losses = [-combine(log_probabilities, log_ratios, weight)[rows, labels].mean() for weight in WEIGHTS]
    return WEIGHTS[int(np.argmin(losses))]
