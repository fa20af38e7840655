"""Measure what place and date add where photos do not show enough: look-alikes split by season, or by place.

python -m benchmarks.prior [--observations 400000] [--seed 1] [--worlds seasons "few, seasons" ...]

A world has groups of four look-alikes: a photo shows the group and nothing else. Observations lie evenly over
the whole Earth, and 50 groups share them; in the worlds called "few" one group has them all.

seasons      each species has a season of its own, a normal curve of 42 days (standard deviation) around peaks
             a quarter of a year apart, everywhere alike
hemispheres  the same, with the seasons half a year later south of the equator
places       each species has a centre anywhere on the Earth, and thins out from it as a normal curve of 35
             degrees; the date says nothing

So a table of months is right on 71 % where seasons are alike, and in the world of one group the prior as it
was is right on about 48 %. Of each world 1,000 observations are validation, on which the weights are fitted,
and 1,000 test, of which a line shows how many get the right name. The ways:

before      as it was: shares by place in cells, and by month in the finest cell alone
months      a table of months for the whole Earth and nothing else
gridded     trainer.prior
learned     trainer.geomodel
together    both, with fitted weights
ceiling     the probabilities from which the world was drawn: nothing can be right more often, but by chance
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

from trainer.geomodel import GeoModel
from trainer.metrics import log_softmax
from trainer.prior import Places, Prior, Spots, combine, fit_weights
from trainer.snapshot import Floats, Ints

#: Kind and number of groups.
WORLDS = {
    "seasons": ("seasons", 50),
    "few, seasons": ("seasons", 1),
    "hemispheres": ("hemispheres", 50),
    "places": ("places", 50),
    "few, places": ("places", 1),
}
ALIKE = 4
YEAR = 365
SEASON_DAYS = 42.0
RANGE_DEGREES = 35.0
JUDGED = 1000
CELLS = (20.0, 5.0, 2.0)
SHRINKAGE = 20.0


@dataclass(frozen=True)
class World:
    """A world: its observations, and ``shares``, from rows to the look-alikes' true shares, (n, ALIKE)."""

    places: Places
    classes: int
    shares: Callable[[Ints], Floats]


def main() -> None:
    """Print a line for each world and way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--observations", type=int, default=400_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=list(WORLDS))
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for name in options.worlds:
        kind, groups = WORLDS[name]
        measure(name, make_world(kind, options.observations, groups, options.seed), options.seed)


def measure(name: str, world: World, seed: int) -> None:
    """Print the shares of right names in one world."""
    places = world.places
    random = np.random.default_rng(seed + 1)
    val, test = random.permutation(len(places.class_ids))[: 2 * JUDGED].reshape(2, JUDGED)
    judged = np.concatenate([places.observation_ids[val], places.observation_ids[test]])
    before = Before(places, world.classes, judged)
    start = time.process_time()
    prior = Prior.count(places, world.classes, judged)
    print(f"  counted in {time.process_time() - start:.0f} s of processor time")
    start = time.process_time()
    learned = GeoModel.fit(places, world.classes, judged, seed)
    print(f"  learned in {time.process_time() - start:.0f} s of processor time")
    assert learned is not None
    ways: dict[str, list[Callable[[Ints], Floats]]] = {
        "before": [before.log_ratios],
        "months": [before.log_months],
        "gridded": [lambda rows: prior.log_ratios(spots(places, rows))],
        "learned": [lambda rows: learned.log_ratios(spots(places, rows))],
    }
    ways["together"] = [*ways["gridded"], *ways["learned"]]
    for way, ratios in ways.items():
        report(name, way, world, (val, test), [[ratio(rows) for ratio in ratios] for rows in (val, test)])
    members = places.class_ids[test] % ALIKE
    print(
        f"{name:12} ceiling   {np.mean(world.shares(test).argmax(axis=1) == members):.1%} right", flush=True
    )


def report(
    name: str, way: str, world: World, rows: tuple[Ints, Ints], ratios: Sequence[Sequence[Floats]]
) -> None:
    """Fit the weights on validation, and print the share of right names of the test; of each in turn."""
    val, test = (world.places.class_ids[of] for of in rows)
    seen = [photos(world, of) for of in rows]
    weights = fit_weights(val, seen[0], ratios[0])
    share = np.mean(combine(seen[1], ratios[1], weights).argmax(axis=1) == test)
    recorded = ", ".join(f"{weight:.2f}" for weight in weights)
    print(f"{name:12} {way:9} {share:.1%} right; weights {recorded}", flush=True)


def spots(places: Places, rows: Ints) -> Spots:
    """Where and when these were made."""
    return Spots(places.latitudes[rows], places.longitudes[rows], places.days[rows])


def photos(world: World, rows: Ints) -> Floats:
    """What a network says that knows the group of four and no more."""
    group = world.places.class_ids[rows] // ALIKE
    is_in = np.arange(world.classes)[None, :] // ALIKE == group[:, None]
    noise = np.random.default_rng(3).normal(0, 0.01, is_in.shape)
    return log_softmax(np.where(is_in, 5.0, 0.0) + noise)


def make_world(kind: str, number: int, groups: int, seed: int) -> World:
    """Make a world of that kind."""
    random = np.random.default_rng(seed)
    group = random.integers(0, groups, number)
    north = np.arcsin(random.uniform(-1, 1, number))
    east = random.uniform(-np.pi, np.pi, number)
    if kind == "places":
        days = random.integers(0, YEAR, number)
        centres = random.normal(0, 1, (groups, ALIKE, 3))
        centres /= np.linalg.norm(centres, axis=2, keepdims=True)

        def shares(rows: Ints) -> Floats:
            return _near(centres[group[rows]], north[rows], east[rows])

        ends = np.cumsum(shares(np.arange(number)), axis=1)
        member = np.sum(ends < random.random((number, 1)), axis=1)
    else:
        peaks = random.uniform(0, YEAR, groups)[:, None] + YEAR / ALIKE * np.arange(ALIKE)
        later = np.where((north < 0) & (kind == "hemispheres"), YEAR / 2, 0.0)
        member = random.integers(0, ALIKE, number)
        middle = peaks[group, member] + later
        days = np.mod(np.rint(middle + random.normal(0, SEASON_DAYS, number)), YEAR).astype(np.int64)

        def shares(rows: Ints) -> Floats:
            return _in_season(peaks[group[rows]] + later[rows, None], days[rows])

    result = Places(np.arange(number), np.degrees(north), np.degrees(east), days, group * ALIKE + member)
    return World(result, ALIKE * groups, shares)


def _near(centres: Floats, north: Floats, east: Floats) -> Floats:
    """The share of each species at these places, (n, ALIKE), from their centres, (n, ALIKE, 3)."""
    sphere = np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)
    angles = np.degrees(np.arccos(np.clip((centres * sphere[:, None]).sum(axis=2), -1, 1)))
    return np.exp(log_softmax(-0.5 * (angles / RANGE_DEGREES) ** 2))


def _in_season(peaks: Floats, days: Ints) -> Floats:
    """The share of each species on these days, (n, ALIKE)."""
    apart = np.mod(days[:, None] - peaks + YEAR / 2, YEAR) - YEAR / 2
    turns = YEAR * np.array([-1, 0, 1])
    density = np.exp(-0.5 * ((apart[:, :, None] + turns) / SEASON_DAYS) ** 2).sum(axis=2)
    result: Floats = density / density.sum(axis=1, keepdims=True)
    return result


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
            selected = self._keys(side, rows, by_month=by_month)
            for number, key in enumerate(selected.tolist()):
                start, end = np.searchsorted(keys, [key, key + 1])
                shares[number] *= SHRINKAGE / (SHRINKAGE + end - start)
                np.add.at(shares[number], class_ids[start:end], 1 / (SHRINKAGE + end - start))
        result: Floats = np.log(shares / self._overall)
        return result

    def log_months(self, rows: Ints) -> Floats:
        """(n, classes)."""
        result: Floats = np.log(self._months[self._places.days[rows] * 12 // 365] / self._overall)
        return result

    def _keys(self, side: float, rows: Ints, *, by_month: bool) -> Ints:
        places = self._places
        bands = np.floor((places.latitudes[rows] + 90) / side).astype(np.int64)
        width = side / np.maximum(np.cos(np.radians((bands + 0.5) * side - 90)), 0.05)
        columns = np.floor((places.longitudes[rows] + 180) / width).astype(np.int64)
        months: Ints = places.days[rows] * 12 // 365 if by_month else np.full(len(rows), 12)
        keys: Ints = (bands * 1000 + columns) * 13 + months
        return keys


if __name__ == "__main__":
    main()
