"""Measure what place and date add where photos cannot tell: look-alikes split by season, or by place.

python -m benchmarks.prior [--observations 400000] [--seed 1] [--worlds seasons places]

A world has groups of four look-alikes: a photo tells the group and nothing else. Observations lie over the
whole Earth. ``seasons``: within a group each species has a season of its own, with a standard deviation of 35
days around peaks a quarter of a year apart, everywhere alike. ``places``: no seasons; each species lives in
one of four quarters of the Earth, with soft borders. Of each world 1,000 observations
are validation, on which the weights are fitted, and 1,000 test, of which the table shows how many get the
right name. The ways:

before      as it was: shares by place in cells, and by month in the finest cell alone
months      a table of months for the whole Earth and nothing else
gridded     trainer.prior
learned     trainer.geomodel
together    both, with fitted weights
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

from trainer.geomodel import GeoModel
from trainer.metrics import log_softmax
from trainer.prior import Places, Prior, Spots, combine, fit_weights
from trainer.snapshot import Floats, Ints

ALIKE = 4
JUDGED = 1000
CELLS = (20.0, 5.0, 2.0)
SHRINKAGE = 20.0


def main() -> None:
    """Print a line for each world and way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--observations", type=int, default=400_000)
    parser.add_argument("--groups", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", nargs="+", default=["seasons", "places"])
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for kind in options.worlds:
        measure(kind, make_world(kind, options.observations, options.groups, options.seed), options)


def measure(kind: str, places: Places, options: argparse.Namespace) -> None:
    """Print the shares of right names in one world."""
    classes = ALIKE * options.groups
    random = np.random.default_rng(options.seed + 1)
    val, test = random.permutation(len(places.class_ids))[: 2 * JUDGED].reshape(2, JUDGED)
    judged = np.concatenate([places.observation_ids[val], places.observation_ids[test]])
    before = Before(places, classes, judged)
    prior = Prior.count(places, classes, judged)
    gridded = {rows: prior.log_ratios(spots(places, order)) for rows, order in (("val", val), ("test", test))}
    rows = {"val": val, "test": test}
    kept = {"before": [before.log_ratios], "months": [before.log_months]}
    for name, ratios in kept.items():
        report(
            kind,
            name,
            places,
            rows,
            classes,
            {key: [ratio(of) for ratio in ratios] for key, of in rows.items()},
        )
    report(kind, "gridded", places, rows, classes, {key: [gridded[key]] for key in rows})
    start = time.process_time()
    learned = GeoModel.fit(places, classes, judged, options.seed)
    print(f"  learned in {time.process_time() - start:.0f} s of processor time")
    said = {key: learned.log_ratios(spots(places, of)) for key, of in rows.items()}
    report(kind, "learned", places, rows, classes, {key: [said[key]] for key in rows})
    report(kind, "together", places, rows, classes, {key: [gridded[key], said[key]] for key in rows})


def report(
    kind: str,
    name: str,
    places: Places,
    rows: dict[str, Ints],
    classes: int,
    ratios: dict[str, list[Floats]],
) -> None:
    """Fit the weights on validation, and print the share of right names of the test."""
    labels = {key: places.class_ids[of] for key, of in rows.items()}
    weights = fit_weights(labels["val"], photos(places, rows["val"], classes), ratios["val"])
    logs = combine(photos(places, rows["test"], classes), ratios["test"], weights)
    share = np.mean(logs.argmax(axis=1) == labels["test"])
    told = ", ".join(f"{weight:.2f}" for weight in weights)
    print(f"{kind:8} {name:9} {share:.1%} right; weights {told}", flush=True)


def spots(places: Places, rows: Ints) -> Spots:
    """Where and when these were made."""
    return Spots(places.latitudes[rows], places.longitudes[rows], places.days[rows])


def photos(places: Places, rows: Ints, classes: int) -> Floats:
    """What a network says that tells the group of four and no more."""
    group = places.class_ids[rows] // ALIKE
    is_in = np.arange(classes)[None, :] // ALIKE == group[:, None]
    noise = np.random.default_rng(3).normal(0, 0.01, (len(rows), classes))
    return log_softmax(np.where(is_in, 5.0, 0.0) + noise)


def make_world(kind: str, number: int, groups: int, seed: int) -> Places:
    """Make a world of that kind."""
    random = np.random.default_rng(seed)
    group = random.integers(0, groups, number)
    latitudes = np.degrees(np.arcsin(random.uniform(-1, 1, number)))
    longitudes = random.uniform(-180, 180, number)
    member = random.integers(0, ALIKE, number)
    peaks = (random.uniform(0, 365, groups)[group] + 365 / ALIKE * member) % 365
    seasonal = np.mod(np.rint(peaks + random.normal(0, 35, number)), 365).astype(np.int64)
    days = random.integers(0, 365, number)
    quarter = np.mod(np.floor((longitudes + random.normal(0, 50, number)) / 90), ALIKE).astype(np.int64)
    if kind == "seasons":
        days = seasonal
    else:
        member = quarter
    return Places(np.arange(number), latitudes, longitudes, days, group * ALIKE + member)


class Before:
    """The prior as it was until November 2026: months in cells of 2 degrees alone."""

    def __init__(self, places: Places, classes: int, judged: Ints) -> None:
        self._places, self._classes = places, classes
        used = np.flatnonzero(~np.isin(places.observation_ids, judged))
        counts = np.bincount(places.class_ids[used], minlength=classes) + 1.0
        self._overall = counts / counts.sum()
        self._months = np.full((12, classes), 1.0)
        np.add.at(self._months, (places.days[used] * 12 // 365, places.class_ids[used]), 1)
        self._months /= self._months.sum(axis=1, keepdims=True)
        self._levels = []
        for side, by_month in ((20.0, False), (5.0, False), (2.0, False), (2.0, True)):
            keys = self._keys(side, used, by_month=by_month)
            order = np.argsort(keys, kind="stable")
            self._levels.append((side, by_month, keys[order], places.class_ids[used][order]))

    def log_ratios(self, rows: Ints) -> Floats:
        """(n, classes)."""
        shares = np.tile(self._overall, (len(rows), 1))
        for side, by_month, keys, class_ids in self._levels:
            wanted = self._keys(side, rows, by_month=by_month)
            for number, key in enumerate(wanted.tolist()):
                start, end = np.searchsorted(keys, [key, key + 1])
                shares[number] *= SHRINKAGE / (SHRINKAGE + end - start)
                np.add.at(shares[number], class_ids[start:end], 1 / (SHRINKAGE + end - start))
        return np.log(shares / self._overall)

    def log_months(self, rows: Ints) -> Floats:
        """(n, classes)."""
        return np.log(self._months[self._places.days[rows] * 12 // 365] / self._overall)

    def _keys(self, side: float, rows: Ints, *, by_month: bool) -> Ints:
        places = self._places
        bands = np.floor((places.latitudes[rows] + 90) / side).astype(np.int64)
        width = side / np.maximum(np.cos(np.radians((bands + 0.5) * side - 90)), 0.05)
        columns = np.floor((places.longitudes[rows] + 180) / width).astype(np.int64)
        return (bands * 1000 + columns) * 13 + (places.days[rows] * 12 // 365 if by_month else 12)


if __name__ == "__main__":
    main()
