"""Which classes are to be expected at a place and on a date, from the snapshot's own observations.

Observations are counted in cells of the map, coarse to fine, and in each cell by day of the year. A cell's
shares of classes are shrunk towards those of the coarser cell around. What the date says is a smooth window
around it, on the circle of the year, so that December is next to January: at every level the shares within
the window are shrunk towards the cell's own shares, times what the coarser cell's date changed. So the season
that the whole Earth's observations show is felt in a cell with few, and is corrected where a cell has enough.
How many observations the coarser cell and the date are worth is fitted, level by level, on observations held
out.

With it a photo's probabilities become p(class | photo) * (p(class | place, date) / p(class)) ^ weight, which
is Bayes' rule for independent photo and place when the weight is 1; the weight is fitted on the validation
set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import optimize

from trainer.metrics import log_softmax
from trainer.snapshot import Floats, Ints, Snapshot

#: Sides of the cells in degrees of latitude, coarse to fine; None: the whole Earth.
_CELLS = (None, 20.0, 5.0, 2.0)
#: Observations that the coarser cell is worth, and that the date is worth, where there are too few to fit it.
SHRINKAGE = 20.0
#: What is tried where there are more than that many observations; the last: this level says nothing.
_STRENGTHS = (5.0, 20.0, 80.0, 320.0, 1280.0, 1e12)
_LEAST_FITTED = 2000
#: Observations held out to fit it.
_HELD_OUT = 500
#: Days of the year are counted in so many bins, and one for an unknown day.
BINS = 73
_UNKNOWN = BINS
_DAYS = 365.25
#: Standard deviation of the window around a date.
WINDOW_DAYS = 15.0
_MOST_WEIGHT = 1.5

_COLUMNS = {
    "observation_id": pa.int64(),
    "latitude": pa.float64(),
    "longitude": pa.float64(),
    "observed_on": pa.date32(),
    "leaf_class_id": pa.int64(),
}


@dataclass(frozen=True)
class Places:
    """Where and when observations were made, by ascending id.

    Degrees; days of the year from 0, -1: not known.
    """

    observation_ids: Ints
    latitudes: Floats
    longitudes: Floats
    days: Ints
    class_ids: Ints

    def of(self, observation_ids: Ints) -> Ints:
        """The row of each observation; -1 where it is not known."""
        if not len(self.observation_ids):
            return np.full(len(observation_ids), -1)
        rows = np.searchsorted(self.observation_ids, observation_ids)
        rows = np.minimum(rows, len(self.observation_ids) - 1)
        return np.where(self.observation_ids[rows] == observation_ids, rows, -1)

    def spots(self, observation_ids: Ints) -> "Spots":
        """Where and when each of these observations was made; not a number where it is not known."""
        rows = self.of(observation_ids)
        if not len(self.observation_ids):
            nowhere = np.full(len(rows), np.nan)
            return Spots(nowhere, nowhere, rows)
        is_known = rows >= 0
        return Spots(
            np.where(is_known, self.latitudes[rows], np.nan),
            np.where(is_known, self.longitudes[rows], np.nan),
            np.where(is_known, self.days[rows], -1),
        )


@dataclass(frozen=True)
class Spots:
    """Places and dates to ask about: degrees, not a number where unknown; days of the year from 0, or -1."""

    latitudes: Floats
    longitudes: Floats
    days: Ints

    def __len__(self) -> int:
        return len(self.days)


def read_places(snapshot: Snapshot) -> Places:
    """The places of a snapshot's observations that have coordinates; an observation counts once."""
    table = snapshot.table("spatial_data.csv", _COLUMNS)
    has_place = np.isfinite(table["latitude"].to_numpy()) & np.isfinite(table["longitude"].to_numpy())
    table = table.filter(pa.array(has_place))
    ids, rows = np.unique(table["observation_id"].to_numpy(), return_index=True)
    return Places(
        observation_ids=ids,
        latitudes=table["latitude"].to_numpy()[rows],
        longitudes=table["longitude"].to_numpy()[rows],
        days=days_of_year(table["observed_on"].to_numpy().astype("datetime64[D]")[rows]),
        class_ids=table["leaf_class_id"].to_numpy()[rows],
    )


def days_of_year(dates: Any) -> Ints:
    """The day of the year, from 0, of each datetime64[D]; -1 for none."""
    days = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    return np.where(np.isnat(dates), -1, days)


class Prior:
    """Shares of classes by place and date. ``arrays``: all that it knows, to be kept in a file."""

    def __init__(self, classes: int, arrays: dict[str, Any]) -> None:
        self.arrays = arrays
        self._classes = classes
        self._overall: Floats = arrays["overall"]
        #: Of each level: what the coarser cell is worth, and what the date is.
        self._strengths: Floats = arrays["strengths"]
        self._levels = [
            _Level(side, {name: arrays[f"{name}{number}"] for name in _LEVEL_COLUMNS}, classes)
            for number, side in enumerate(_CELLS)
        ]

    @classmethod
    def count(cls, places: Places, classes: int, without: Ints) -> "Prior":
        """Count all places but those of the observations ``without``, which are to be judged."""
        used = np.flatnonzero(~np.isin(places.observation_ids, without))
        strengths = np.full((len(_CELLS), 2), SHRINKAGE)
        if len(used) >= _LEAST_FITTED:
            held = np.random.default_rng(0).choice(used, _HELD_OUT, replace=False)
            rest = cls(classes, _counts(places, classes, np.setdiff1d(used, held), strengths))
            strengths = rest._fitted_strengths(places, held)
        return cls(classes, _counts(places, classes, used, strengths))

    def _fitted_strengths(self, places: Places, held: Ints) -> Floats:
        """What the coarser cell and the date are worth at each level: so that classes held out are likeliest.

        Level by level, coarse to fine, the place before the date. A level with cells so small that their
        counts are chance gets a strength at which it says little; one that separates the classes a small
        one.
        """
        self._strengths = np.full((len(_CELLS), 2), _STRENGTHS[-1])
        for level in range(len(_CELLS)):
            for column in range(2):
                losses = []
                for strength in _STRENGTHS:
                    self._strengths[level, column] = strength
                    losses.append(self._loss(places, held))
                self._strengths[level, column] = _STRENGTHS[int(np.argmin(losses))]
        return self._strengths

    def _loss(self, places: Places, held: Ints) -> float:
        spots = zip(places.latitudes[held], places.longitudes[held], places.days[held], strict=True)
        labels = places.class_ids[held].tolist()
        result = [
            self._shares(float(north), float(east), int(day))[label]
            for (north, east, day), label in zip(spots, labels, strict=True)
        ]
        return -float(np.log(result).mean())

    def log_ratios(self, spots: Spots) -> Floats:
        """log(p(class | place, date) / p(class)), (n, classes); 0 where the place is not known."""
        result = np.zeros((len(spots), self._classes))
        is_known = np.isfinite(spots.latitudes) & np.isfinite(spots.longitudes)
        for row in np.flatnonzero(is_known).tolist():
            place, date = float(spots.latitudes[row]), int(spots.days[row])
            shares = self._shares(place, float(spots.longitudes[row]), date)
            result[row] = np.log(shares / self._overall)
        return result

    def _shares(self, latitude: float, longitude: float, day: int) -> Floats:
        """Shares of classes there and then: down the levels, each shrunk towards the one before."""
        by_place = by_date = self._overall
        for level, (of_place, of_date) in zip(self._levels, self._strengths.tolist(), strict=True):
            here = level.shrunk(by_place, of_place, latitude, longitude)
            if day >= 0:
                expected = here * by_date / by_place
                by_date = level.shrunk(expected / expected.sum(), of_date, latitude, longitude, day)
            by_place = here
        return by_date if day >= 0 else by_place


def _counts(places: Places, classes: int, used: Ints, strengths: Floats) -> dict[str, Any]:
    counts = np.bincount(places.class_ids[used], minlength=classes) + 1.0
    arrays = {"overall": counts / counts.sum(), "strengths": strengths}
    for number, side in enumerate(_CELLS):
        columns = _count(side, places, used)
        arrays |= {f"{name}{number}": column for name, column in columns.items()}
    return arrays


_LEVEL_COLUMNS = ("cells", "bins", "classes", "counts")


def _count(side: float | None, places: Places, used: Ints) -> dict[str, Any]:
    """How often each class is in each cell and bin of days, by ascending cell."""
    cells = _cells(side, places.latitudes[used], places.longitudes[used])
    rows = np.stack([cells, _bins(places.days[used]), places.class_ids[used]], axis=1)
    result, counts = np.unique(rows, axis=0, return_counts=True)
    return dict(zip(_LEVEL_COLUMNS, (*result.T, counts), strict=True))


class _Level:
    """Counts of classes in the cells of one size."""

    def __init__(self, side: float | None, columns: dict[str, Any], classes: int) -> None:
        self._side = side
        self._classes = classes
        self._columns = columns
        self._windows = _windows()
        self._earth: dict[int, Floats] = {}

    def shrunk(
        self, shares: Floats, strength: float, latitude: float, longitude: float, day: int = -1
    ) -> Floats:
        """This cell's shares, shrunk towards ``shares``; with a day, of the window around it."""
        if self._side is None:
            window = int(_bins(np.array([day]))[0])
            if window not in self._earth:
                self._earth[window] = self._sums(0, len(self._columns["cells"]), day)
            sums = self._earth[window]
        else:
            [cell] = _cells(self._side, np.array([latitude]), np.array([longitude]))
            start, end = np.searchsorted(self._columns["cells"], [cell, cell + 1]).tolist()
            if start == end:
                return shares
            sums = self._sums(start, end, day)
        mixed: Floats = (sums + strength * shares) / (sums.sum() + strength)
        return mixed

    def _sums(self, start: int, end: int, day: int) -> Floats:
        counts = self._columns["counts"][start:end]
        if day >= 0:
            counts = counts * self._windows[_bins(np.array([day]))[0]][self._columns["bins"][start:end]]
        sums: Floats = np.bincount(self._columns["classes"][start:end], counts, self._classes).astype(float)
        return sums


def _bins(days: Ints) -> Ints:
    bins: Ints = np.where(days < 0, _UNKNOWN, (days * BINS / _DAYS).astype(np.int64))
    return np.minimum(bins, _UNKNOWN)


def _windows() -> Floats:
    """How much an observation in each bin counts for a date in each bin: a normal curve around the year."""
    steps = np.abs(np.arange(BINS)[:, None] - np.arange(BINS)[None, :])
    days = np.minimum(steps, BINS - steps) * _DAYS / BINS
    windows = np.zeros((BINS + 1, BINS + 1))
    windows[:BINS, :BINS] = np.exp(-0.5 * (days / WINDOW_DAYS) ** 2)
    return windows


def _cells(side: float | None, latitudes: Floats, longitudes: Floats) -> Ints:
    """A number for the cell of each place; cells are about as wide as high."""
    if side is None:
        return np.zeros(len(latitudes), dtype=np.int64)
    bands = np.floor((latitudes + 90) / side).astype(np.int64)
    width = side / np.maximum(np.cos(np.radians((bands + 0.5) * side - 90)), 0.05)
    columns = np.floor((longitudes + 180) / width).astype(np.int64)
    cells: Ints = bands * 1000 + columns
    return cells


def combine(log_probabilities: Floats, ratios: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Photo, place and date together, normalised; each (n, classes)."""
    total = log_probabilities
    for ratio, weight in zip(ratios, weights, strict=True):
        total = total + weight * ratio
    return log_softmax(total)


def fit_weights(labels: Ints, log_probabilities: Floats, ratios: Sequence[Floats]) -> list[float]:
    """The weights from 0 to 1.5, one for each of ``ratios``, that make the labels likeliest.

    The loss is convex in them, so this minimum is the only one.
    """
    rows = np.arange(len(labels))

    def loss(weights: Floats) -> tuple[float, Floats]:
        logs = combine(log_probabilities, ratios, weights.tolist())
        probabilities = np.exp(logs)
        slopes = [
            float(((probabilities * ratio).sum(axis=1) - ratio[rows, labels]).mean()) for ratio in ratios
        ]
        return -float(logs[rows, labels].mean()), np.array(slopes)

    bounds = [(0.0, _MOST_WEIGHT)] * len(ratios)
    result = optimize.minimize(loss, np.full(len(ratios), 0.5), jac=True, method="L-BFGS-B", bounds=bounds)
    return [round(float(weight), 6) for weight in result.x]
