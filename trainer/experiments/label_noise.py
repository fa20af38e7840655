"""How wrong labels act: training photos get wrong labels on purpose, and test photos keep their true ones.

Two kinds of wrong labels. ``uniform``: from any other class. ``collapse``: from the nearest relatives, all
towards one species of the group, as where a genus's species are all labelled as one.

Two questions. *Everywhere*: labels of all classes are wrong at one rate; what do accuracy, calibration and
confusions come to? *Somewhere*: a share of the labels of a few classes is wrong, and the rest are right; how
often does the model name such a class for photos of others, against the same model with right labels? The
answer to the second is the response table that the exporter's policy lab reads.

Each draw shares the photos out anew (`trainer.experiments.pool`), and all its trainings share their random
numbers. Validation labels, on which the temperature is fitted, are wrong as training labels are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.config import Config
from trainer.experiments.heads import train_heads
from trainer.experiments.kept import recipe, run_draws
from trainer.experiments.pool import Draw, Pool, read_pool
from trainer.experiments.spread import LEVEL, mean_with_interval, ratio_with_interval
from trainer.metrics import expected_calibration_error, fit_temperature, log_softmax
from trainer.runs import Run
from trainer.snapshot import Floats, Ints

#: In a run's folder: a file for each draw.
FOLDER = "label_noise"
KINDS = ("uniform", "collapse")
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4)
#: Factors are against this share of wrong labels, which the policy lab takes as today's.
REFERENCE = 0.05
#: Of the classes, so many have wrong labels where the others have none.
_SOMEWHERE = 4

_FIGURES = (
    "top1",
    "expected_calibration_error",
    "expected_calibration_error_uncalibrated",
    "mean_confidence_uncalibrated",
    "log_loss",
    "wrong_to_relatives",
)


@dataclass(frozen=True)
class Noise:
    """One way to make labels wrong. ``share``: of the labels of each class in ``targets``."""

    kind: str
    share: float
    targets: Ints
    is_everywhere: bool


def wrong_labels(pool: Pool, rows: Ints, noise: Noise, random: np.random.Generator) -> Ints:
    """Return the labels of these photos after some photos of other classes were labelled as the targets.

    A target keeps its own photos, and gets so many wrong ones that they are ``share`` of its labels, as far
    as there are photos left. No photo is moved twice.
    """
    true = pool.class_ids[rows]
    labels = true.copy()
    is_free = ~np.isin(true, noise.targets) if not noise.is_everywhere else np.ones(len(rows), dtype=np.bool_)
    for target in random.permutation(noise.targets).tolist():
        donors = is_free & (true != target)
        if noise.kind == "collapse":
            donors &= np.isin(true, pool.relatives(target))
        candidates = np.flatnonzero(donors)
        own = int((labels == target).sum())
        number = min(round(own * noise.share / (1 - noise.share)), len(candidates))
        moved = random.choice(candidates, number, replace=False)
        labels[moved] = target
        is_free[moved] = False
    return labels


def noises(pool: Pool, random: np.random.Generator) -> list[Noise]:
    """Return the ways of one draw: by kind, everywhere and somewhere, at each of `SHARES`."""
    heads = _one_of_each_group(pool, random)
    everything = np.arange(pool.classes)
    number = max(pool.classes // _SOMEWHERE, 1)
    targets = {
        ("uniform", True): everything,
        ("collapse", True): heads,
        ("uniform", False): np.sort(random.choice(everything, number, replace=False)),
        ("collapse", False): np.sort(random.choice(heads, min(number, len(heads)), replace=False)),
    }
    return [
        Noise(kind, share, some, is_everywhere)
        for (kind, is_everywhere), some in targets.items()
        for share in SHARES
        if len(some)
    ]


def _one_of_each_group(pool: Pool, random: np.random.Generator) -> Ints:
    """The classes towards which relatives collapse: one of each group of nearest relatives."""
    result: list[int] = []
    for one in random.permutation(pool.classes).tolist():
        near = pool.relatives(one)
        if len(near) and not np.isin(near, result).any():
            result.append(one)
    return np.sort(np.array(result, dtype=np.int64))


def run_draw(pool: Pool, config: Config, number: int) -> dict[str, Any]:
    """Train a draw's models side by side, and give the figures of each beside those of right labels."""
    random = np.random.default_rng([config.seed, number])
    draw, ways = pool.draw(number), noises(pool, random)
    # The same numbers for each way: ways that have the same targets go through them in the same order.
    seed = int(random.integers(2**32))
    labels = [
        np.stack(
            [
                pool.class_ids[rows],
                *(wrong_labels(pool, rows, one, np.random.default_rng(seed)) for one in ways),
            ]
        )
        for rows in (draw.train, draw.val)
    ]
    seeded = config.model_copy(update={"seed": config.seed + number})
    heads = train_heads(seeded, pool.features[draw.train], labels[0], pool.classes)
    temperatures = [
        fit_temperature(given, logs)
        for given, logs in zip(labels[1], heads.log_probabilities(pool.features[draw.val]), strict=True)
    ]
    logs = heads.log_probabilities(pool.features[draw.test])
    clean, *rest = (_Judged(pool, draw, *one) for one in zip(logs, temperatures, strict=True))
    return {
        "draw": number,
        "clean": clean.figures(),
        "rows": [
            {
                "kind": way.kind,
                "share": way.share,
                "is_everywhere": way.is_everywhere,
                "reached": float(np.mean([_wrong(pool, draw, given, one) for one in way.targets])),
                "false": judged.false(way.targets),
                "false_clean": clean.false(way.targets),
                "photos": judged.others(way.targets),
                **judged.figures(),
            }
            for way, given, judged in zip(ways, labels[0][1:], rest, strict=True)
        ],
    }


def _wrong(pool: Pool, draw: Draw, labels: Ints, target: int) -> float:
    """The share of wrong labels among a class's training labels."""
    mine = labels == target
    return float((pool.class_ids[draw.train][mine] != target).mean())


class _Judged:
    """What one model says of the test photos, whose labels are true."""

    def __init__(self, pool: Pool, draw: Draw, logs: Floats, temperature: float) -> None:
        self._pool, self._logs = pool, logs
        self._calibrated = log_softmax(logs / temperature)
        self._true = pool.class_ids[draw.test]
        self._named = logs.argmax(axis=1)

    def figures(self) -> dict[str, float]:
        """Accuracy, calibration and confusions; see `_FIGURES`."""
        right = self._named == self._true
        at = np.arange(len(right))
        pairs = zip(self._true.tolist(), self._named.tolist(), strict=True)
        near = [named in self._pool.relatives(true) for true, named in pairs]
        raw, calibrated = (np.exp(one.max(axis=1)) for one in (self._logs, self._calibrated))
        values = (
            right.mean(),
            expected_calibration_error(calibrated, right),
            expected_calibration_error(raw, right),
            raw.mean(),
            -self._calibrated[at, self._true].mean(),
            np.mean(near),
        )
        return dict(zip(_FIGURES, map(float, values), strict=True))

    def false(self, targets: Ints) -> int:
        """Count how often one of these classes is named for a photo of another class."""
        return int((np.isin(self._named, targets) & (self._named != self._true)).sum())

    def others(self, targets: Ints) -> int:
        """Count pairs of one of these classes and a photo of another."""
        return int(sum((self._true != target).sum() for target in targets.tolist()))


def measure(run: Run, draws: Sequence[int], say: Callable[[str], None] = print) -> dict[str, Any]:
    """Run the draws that the run's folder does not have yet, and return the summary of all."""
    pool = read_pool(run, say)
    made_from = recipe(run.config) | {"pool": pool.digest, "shares": SHARES, "somewhere": _SOMEWHERE}
    results = run_draws(
        run.folder / FOLDER, draws, made_from, lambda number: run_draw(pool, run.config, number), say
    )
    return {
        "photos": len(pool.class_ids),
        "classes": pool.classes,
        "draws": len(draws),
        "level": LEVEL,
        "network": run.config.network.name,
        "snapshot_digest": run.snapshot.digest,
        "is_simulated": run.snapshot.is_simulated,
        **summarise(results),
    }


def summarise(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the response table and the figures everywhere, each number as [value, low, high].

    responses: by kind, in ascending order of wrong_share, factor: how often a class is named wrongly, against
    one with `REFERENCE` of its labels wrong; against_right: against right labels; false_share: of the photos
    of other classes, those that are given its name.
    """
    keys = {(row["kind"], row["share"]) for one in results for row in one["rows"]}
    kinds = [kind for kind in KINDS if any(key[0] == kind for key in keys)]
    return {
        "reference_share": REFERENCE,
        "responses": {kind: [_response(results, kind, share) for share in (0.0, *SHARES)] for kind in kinds},
        "everywhere": [_everywhere(results, kind, share) for kind in kinds for share in (0.0, *SHARES)],
    }


def _rows(
    results: Sequence[dict[str, Any]], kind: str, share: float, *, is_everywhere: bool
) -> list[dict[str, Any]]:
    return [
        row
        for one in results
        for row in one["rows"]
        if (row["kind"], row["share"], row["is_everywhere"]) == (kind, share, is_everywhere)
    ]


def _response(results: Sequence[dict[str, Any]], kind: str, share: float) -> dict[str, Any]:
    reference = _rows(results, kind, REFERENCE, is_everywhere=False)
    rows = _rows(results, kind, share, is_everywhere=False) if share else reference
    name = "false" if share else "false_clean"
    false = [row[name] for row in rows]
    return {
        "wrong_share": float(np.mean([row["reached"] for row in rows])) if share else 0.0,
        "factor": ratio_with_interval(false, [row["false"] for row in reference]),
        "against_right": ratio_with_interval(false, [row["false_clean"] for row in rows]),
        "false_share": ratio_with_interval(false, [row["photos"] for row in rows]),
        "false": int(sum(false)),
    }


def _everywhere(results: Sequence[dict[str, Any]], kind: str, share: float) -> dict[str, Any]:
    clean = [one["clean"] for one in results]
    rows = _rows(results, kind, share, is_everywhere=True) if share else clean
    figures = {name: mean_with_interval([row[name] for row in rows]) for name in _FIGURES}
    changes = [row["top1"] - one["top1"] for row, one in zip(rows, clean, strict=True)]
    return {"kind": kind, "wrong_share": share, "top1_change": mean_with_interval(changes), **figures}
