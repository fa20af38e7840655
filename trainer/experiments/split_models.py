"""One model against a model for each clade: what iNaturalist tried in 2022, with the figures it lacked.

Ways to name a photo, all trained on the same photos:

one            one model of all classes
one_twice      the same, trained for twice the epochs: what the router costs, spent on the one model
one_masked     the one model where the true clade is known: other clades' classes are masked
split_oracle   a model for each clade, where the true clade is known
split_router   a router names the clade, and that clade's model the class
split_weighed  each clade's model, weighed by the router's probability of the clade

The models of all clades together see as many photos as the one model does, and the router sees as many
again; with ``equal_steps`` each clade's model takes as many steps as the one model instead, so that small
clades are not cut short. A clade of one class needs no model.

Each draw shares the photos out anew, as an export with another seed would, and is trained with several
seeds. So the spread between draws is what two releases would differ by if nothing but the draw had changed.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trainer.config import Config
from trainer.experiments.heads import train_heads
from trainer.experiments.kept import recipe, run_draws
from trainer.experiments.pool import Draw, Pool
from trainer.experiments.spread import LEVEL, mean_with_interval
from trainer.paired import mcnemar, paired_interval
from trainer.snapshot import Floats, Ints

#: In a run's folder: a file for each draw.
FOLDER = "compare"
WAYS = ("one", "one_twice", "one_masked", "split_oracle", "split_router", "split_weighed")
#: Pairs that answer a question each, as the report words it.
PAIRS = (
    ("split_router", "one"),
    ("split_weighed", "one"),
    ("split_router", "one_twice"),
    ("split_oracle", "one_masked"),
    ("one_masked", "one"),
)
#: Below this a difference of one draw is called clear.
CLEAR = 0.05


def run_draw(
    pool: Pool, groups: Ints, config: Config, number: int, seeds: int, *, equal_steps: bool = False
) -> dict[str, Any]:
    """Train all ways on a draw with each seed. ``groups``: the clade of each class, from 0.

    Returns ``test``, the number of test photos in each group, and for each seed: ``right``, of each way how
    many of them it names right, by group; ``routed``, how many the router sends to their clade, by group; and
    ``pairs``, of each pair of `PAIRS` how many both name right, only the first, and only the second.
    """
    draw = pool.draw(number)
    true = groups[pool.class_ids[draw.test]]
    count = int(groups.max()) + 1
    return {
        "test": np.bincount(true, minlength=count).tolist(),
        "seeds": [
            _judge(pool, groups, draw, _logs(pool, groups, one, draw, equal_steps=equal_steps))
            for one in (_seeded(config, seed) for seed in range(seeds))
        ],
    }


def _seeded(config: Config, seed: int) -> Config:
    return config.model_copy(update={"seed": config.seed + seed})


def _times(config: Config, factor: float) -> Config:
    """The same config with so many times the epochs."""
    epochs = math.ceil(config.training.epochs * factor)
    return config.model_copy(update={"training": config.training.model_copy(update={"epochs": epochs})})


def _logs(pool: Pool, groups: Ints, config: Config, draw: Draw, *, equal_steps: bool) -> dict[str, Floats]:
    """Log-probabilities of the test photos, (n, classes), by model; of the router (n, groups)."""
    batch = config.training.batch_size
    train, test = pool.features[draw.train], pool.features[draw.test]
    class_ids = pool.class_ids[draw.train]
    number = int(groups.max()) + 1

    def learn(rows: Ints, labels: Ints, classes: int, factor: float = 1.0) -> Floats:
        heads = train_heads(_times(config, factor), train[rows], labels[None], classes)
        result: Floats = heads.log_probabilities(test)[0]
        return result

    everything = np.arange(len(class_ids))
    split = np.full((len(test), pool.classes), -np.inf)
    for group in range(number):
        members = np.flatnonzero(groups == group)
        rows = np.flatnonzero(groups[class_ids] == group)
        if len(members) == 1 or not len(rows):
            split[:, members] = -np.log(len(members))
        else:
            steps = max(len(rows) // batch, 1)
            factor = max(len(class_ids) // batch, 1) / steps if equal_steps else 1.0
            labels = np.searchsorted(members, class_ids[rows])
            split[:, members] = learn(rows, labels, len(members), factor)
    return {
        "one": learn(everything, class_ids, pool.classes),
        "one_twice": learn(everything, class_ids, pool.classes, 2.0),
        "split": split,
        "router": learn(everything, groups[class_ids], number),
    }


def _judge(pool: Pool, groups: Ints, draw: Draw, logs: dict[str, Floats]) -> dict[str, Any]:
    true = pool.class_ids[draw.test]
    clade = groups[true]
    routed = logs["router"].argmax(axis=1)
    named = {
        "one": logs["one"].argmax(axis=1),
        "one_twice": logs["one_twice"].argmax(axis=1),
        "one_masked": _within(logs["one"], groups, clade),
        "split_oracle": _within(logs["split"], groups, clade),
        "split_router": _within(logs["split"], groups, routed),
        "split_weighed": (logs["split"] + logs["router"][:, groups]).argmax(axis=1),
    }
    right = {way: named[way] == true for way in WAYS}
    number = int(groups.max()) + 1
    return {
        "right": {way: np.bincount(clade, right[way], number).astype(int).tolist() for way in WAYS},
        "routed": np.bincount(clade, routed == clade, number).astype(int).tolist(),
        "pairs": [_shared(right[first], right[second]) for first, second in PAIRS],
    }


def _within(logs: Floats, groups: Ints, chosen: Ints) -> Ints:
    """The likeliest class of the chosen group of each photo."""
    named: Ints = np.where(groups == chosen[:, None], logs, -np.inf).argmax(axis=1)
    return named


def _shared(first: Any, second: Any) -> list[int]:
    return [int((first & second).sum()), int((first & ~second).sum()), int((second & ~first).sum())]


def measure(
    pool: Pool,
    groups: Ints,
    config: Config,
    folder: Path,
    draws: Sequence[int],
    seeds: int,
    say: Callable[[str], None] = print,
    *,
    equal_steps: bool = False,
) -> dict[str, Any]:
    """Run the draws that ``folder`` does not have yet, and return the summary of all."""
    made_from = recipe(config) | {"pool": pool.digest, "groups": groups.tolist(), "seeds": seeds}
    if equal_steps:
        made_from["equal_steps"] = True

    def run(number: int) -> dict[str, Any]:
        return run_draw(pool, groups, config, number, seeds, equal_steps=equal_steps)

    results = run_draws(folder, draws, made_from, run, say)
    clades = int(np.sum(np.bincount(groups) > 1)) if equal_steps else 1
    passes = int(np.mean([len(pool.draw(number).train) for number in draws])) * config.training.epochs
    return {
        "photos": len(pool.class_ids),
        "classes": pool.classes,
        "draws": len(draws),
        "seeds": seeds,
        "level": LEVEL,
        "epochs": config.training.epochs,
        "photos_seen": {"one": passes, "one_twice": 2 * passes, "split": clades * passes, "router": passes},
        **summarise(results),
    }


def summarise(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of all draws; shares are of test photos, each as [mean, low, high] over draws.

    ways: top1 of each. router: the share sent to the right clade. groups: the same for each clade, over all
    draws. pairs: what the first of a pair gets right more than the second, and of each draw (its first seed)
    McNemar's test. spread: see `_spread`.
    """
    return {
        "ways": {way: _within_bounds(_shares(results, way)) for way in WAYS},
        "router": _within_bounds(_shares(results, "routed")),
        "groups": [_of_group(results, group) for group in range(len(results[0]["test"]))],
        "pairs": [_pair(results, number) for number in range(len(PAIRS))],
        "spread": _spread(results),
    }


def _right(seed: dict[str, Any], way: str) -> list[int]:
    result: list[int] = seed["routed"] if way == "routed" else seed["right"][way]
    return result


def _shares(results: Sequence[dict[str, Any]], way: str) -> list[float]:
    """The share right in each draw, the mean over its seeds."""
    return [
        float(np.mean([sum(_right(seed, way)) for seed in one["seeds"]]) / sum(one["test"]))
        for one in results
    ]


def _within_bounds(shares: Sequence[float]) -> list[float]:
    """The mean of shares with its interval, whose ends are shares too."""
    return [float(end) for end in np.clip(mean_with_interval(shares), 0.0, 1.0)]


def _of_group(results: Sequence[dict[str, Any]], group: int) -> dict[str, Any]:
    photos = sum(one["test"][group] for one in results)
    seeds = len(results[0]["seeds"])

    def share(way: str) -> float | None:
        right = sum(_right(seed, way)[group] for one in results for seed in one["seeds"])
        return right / seeds / photos if photos else None

    return {"test_photos": photos, **{way: share(way) for way in (*WAYS, "routed")}}


def _pair(results: Sequence[dict[str, Any]], number: int) -> dict[str, Any]:
    first, second = PAIRS[number]
    rows = []
    for one in results:
        both, only_first, only_second = one["seeds"][0]["pairs"][number]
        low, high = paired_interval(both, only_first, only_second, sum(one["test"]))
        rows.append(
            {
                "photos": sum(one["test"]),
                "only_first": only_first,
                "only_second": only_second,
                "difference": (only_first - only_second) / sum(one["test"]),
                "low": low,
                "high": high,
                "p_value": mcnemar(only_first, only_second),
            }
        )
    differences = np.subtract(_shares(results, first), _shares(results, second))
    clear = [row for row in rows if row["p_value"] < CLEAR]
    return {
        "first": first,
        "second": second,
        "difference": mean_with_interval(differences),
        "clearly_better": sum(row["difference"] > 0 for row in clear),
        "clearly_worse": sum(row["difference"] < 0 for row in clear),
        "draws": rows,
    }


def _spread(results: Sequence[dict[str, Any]]) -> dict[str, float]:
    """How far the one model's top1 varies where nothing changed but chance; standard deviations.

    seeds: between trainings of one draw. test_photos: what so many test photos make of the same model
    (binomial). draws: between draws, both of these included. two_releases: so far apart are two draws in 19
    of 20 cases.
    """
    top1 = [[sum(seed["right"]["one"]) / sum(one["test"]) for seed in one["seeds"]] for one in results]
    within = float(np.mean([np.var(row, ddof=1) for row in top1])) if len(top1[0]) > 1 else 0.0
    between = float(np.var([np.mean(row) for row in top1], ddof=1))
    total = between + within * (1 - 1 / len(top1[0]))
    share, photos = float(np.mean(top1)), float(np.mean([sum(one["test"]) for one in results]))
    return {
        "seeds": within**0.5,
        "test_photos": (share * (1 - share) / photos) ** 0.5,
        "draws": total**0.5,
        "two_releases": 1.96 * (2 * total) ** 0.5,
    }
