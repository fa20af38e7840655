"""Does the search find what people overturned afterwards? Real histories, cut before the second person.

python -m benchmarks.retrospect [days] [past] [experts] [pairs] [--folder var/benchmarks] [--data FOLDER]

days     each of the shared days in turn is cut before its second person; the others are known in full
past     the same, but only the days before are known: the first nine days, then the last five are judged
experts  iNaturalist's experiment with experts: the expert is hidden from a fifth of the rows at a time
pairs    pairs of CSV exports of one place: what had another label later

What is fitted on the shared days is not used on them: there every coefficient starts at about zero. Printed
for every method: area under the curve, share overturned among the first 50, 100 and 400, share of all
overturned labels under the 15 taxa with the highest sums, and the paired difference in area with its 90 %
interval (500 draws of observers; of taxa for pairs, which do not tell observers).
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks import baselines, histories, hotspots_real
from benchmarks.baselines import Asked
from benchmarks.hotspots_real import area
from exporter.hotspots.chances import Chances
from exporter.hotspots.intervals import LEVEL, intervals, law, variances
from exporter.hotspots.judging import Reading, judge, read
from exporter.hotspots.prior import BLANK, Prior
from exporter.hotspots.records import Records
from exporter.hotspots.standing import standing
from exporter.hotspots.taxonomy import Taxonomy, read_taxonomy
from exporter.tree import NONE, load_tree

OURS, RAREST = "this search", "rarest label first"
DRAWS = 500
FIRST = (50, 100, 400)
TOP = 15
MANY_REVIEWS = 20
FOLDS = 5
KNOWN_DAYS = 9
LEAST_LABELS = (3, 5, 10)
#: A batch of a worklist, and what batches are stated to hold.
BATCH, YIELDS = 30, (5.0, 3.0, 2.0, 1.0, 0.5, 0.0)


class Judged:
    """Labels with what became of them, and every method's scores; parts are judged apart and joined."""

    def __init__(self) -> None:
        self._parts: list[dict[str, np.ndarray]] = []

    def add(self, scores: dict[str, np.ndarray], **columns: np.ndarray) -> None:
        """Add some labels: their scores, and the columns label, is_overturned, observer, level."""
        self._parts.append(columns | {f"score {name}": score for name, score in scores.items()})

    def last(self) -> dict[str, np.ndarray]:
        """Return the part added last."""
        return self._parts[-1]

    def column(self, name: str) -> np.ndarray:
        """Return a column over all parts."""
        return np.concatenate([part[name] for part in self._parts])

    def scores(self) -> dict[str, np.ndarray]:
        """Return each method's scores over all parts."""
        names = [name for name in self._parts[0] if name.startswith("score ")]
        return {name.removeprefix("score "): self.column(name) for name in names}


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", default=["days", "past", "experts", "pairs"])
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--data", type=Path, default=histories.PARKS, help="the folder of days")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if "days" in options.parts:
        days = histories.days(options.data)
        judged = judge_days(options.folder, options.data, [[day] for day in days])
        report("Each day by the others", judged)
    if "past" in options.parts:
        days = histories.days(options.data)
        judged = judge_days(options.folder, options.data, [list(days)[KNOWN_DAYS:]])
        report("The last days by the first", judged)
    if "experts" in options.parts:
        judge_experiment(options.folder)
    if "pairs" in options.parts:
        judge_pairs()


def judge_days(folder: Path, data: Path, hidden: Sequence[Sequence[str]], prior: Prior = BLANK) -> Judged:
    """Cut the hidden days, each group of them in turn, and judge their labels by the rest."""
    lake = histories.load(folder / f"histories_{data.name}", [data])
    days, judged = histories.days(data), Judged()
    for group in hidden:
        with lake.connect() as con:
            outcomes = histories.hide(con, [number for day in group for number in days[day]])
            taxonomy = read_taxonomy(con, load_tree(con))
            reading = read(Records(con, None), taxonomy, prior=prior)
        add(judged, reading, taxonomy, outcomes)
    return judged


def add(judged: Judged, reading: Reading, taxonomy: Taxonomy, outcomes: histories.Outcomes) -> None:
    """Score the labels of outcomes, by the search and by every other method."""
    tree = taxonomy.tree
    label, later = taxonomy.unit[tree.positions(outcomes.label)], tree.positions(outcomes.later)
    known = tree.positions(outcomes.label) != NONE
    observation = np.searchsorted(reading.history.observation_ids, outcomes.observation_id)
    end = np.searchsorted(reading.history.observation, observation, side="right")
    own = standing(reading.history, taxonomy, None, observation, label, end)
    requested = Asked(observation[known], label[known], own.namer[known], own.is_suggested[known])
    scores = {OURS: judge(reading, taxonomy, requested.observation, requested.label).suspicion}
    scores |= baselines.scores(reading, taxonomy, requested)
    judged.add(
        scores,
        label=tree.taxon_ids[requested.label],
        is_overturned=~taxonomy.is_within(label, later)[known],
        observer=outcomes.observer[known],
        level=taxonomy.level[requested.label],
    )


def report(title: str, judged: Judged) -> None:
    """Print a table of the methods on labels at species level, and how the search's sums came true."""
    is_species = judged.column("level") <= 10
    outcome, observer = judged.column("is_overturned")[is_species], judged.column("observer")[is_species]
    label = judged.column("label")[is_species]
    scores = {name: score[is_species] for name, score in judged.scores().items()}
    print(
        f"\n## {title}\n{len(outcome):,} labels at species level reviewed,"
        f" {outcome.sum():,} overturned ({outcome.mean():.1%})"
    )
    print("| method | area | first 50 | 100 | 400 | top 15 taxa | area of the search less this one |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    differences = bootstrap(scores, outcome, observer)
    for name, score in scores.items():
        first = [f"{precision(score, outcome, number):.0%}" for number in FIRST]
        low, high = np.quantile(differences[name], (0.05, 0.95))
        apart = "" if name == OURS else f"{differences[name].mean():+.3f} ({low:+.3f} to {high:+.3f})"
        caught = catch(score, outcome, label)
        print(f"| {name} | {area(score, outcome):.3f} | {' | '.join(first)} | {caught:.0%} | {apart} |")
    print_calibration(scores[OURS], outcome, label)


def print_calibration(suspicion: np.ndarray, outcome: np.ndarray, label: np.ndarray) -> None:
    """Print expected and found sums: in all, by fifths of the suspicion, and of labels with many reviews."""
    print(f"expected {suspicion.sum():.0f}, found {outcome.sum()}: {suspicion.sum() / outcome.sum():.2f}")
    for rows in np.array_split(np.argsort(suspicion, kind="stable"), 5):
        print(f"  fifth of {len(rows):,}: expected {suspicion[rows].sum():.1f}, found {outcome[rows].sum()}")
    _, group, number = np.unique(label, return_inverse=True, return_counts=True)
    many = number[group] >= MANY_REVIEWS
    expected, result = suspicion[many].sum(), outcome[many].sum()
    print(
        f"  labels with {MANY_REVIEWS} reviews or more ({(number >= MANY_REVIEWS).sum()}):"
        f" expected {expected:.1f}, found {result}: {expected / max(result, 1):.2f}"
    )
    for number_of in (30, 100):
        first = np.argsort(-suspicion, kind="stable")[:number_of]
        print(f"  first {number_of}: stated {suspicion[first].sum():.1f}, found {outcome[first].sum()}")
    print_batches(suspicion, outcome)


def print_batches(suspicion: np.ndarray, outcome: np.ndarray) -> None:
    """Print what batches of a worklist hold, the most doubted first: stated and found, by what was stated."""
    order = np.argsort(-suspicion, kind="stable")
    batches = order[: len(order) // BATCH * BATCH].reshape(-1, BATCH)
    stated, found = suspicion[batches].sum(axis=1), outcome[batches].sum(axis=1)
    for most, least in pairwise((np.inf, *YIELDS)):
        own = (stated < most) & (stated >= least)
        if own.any():
            print(
                f"  {own.sum()} batches of {BATCH} stated to hold {least:g} or more, less than {most:g}:"
                f" stated {stated[own].sum():.1f}, found {found[own].sum()};"
                f" a batch {stated[own].mean():.1f} and {found[own].mean():.1f}"
            )


def bootstrap(scores: dict[str, np.ndarray], outcome: np.ndarray, group: np.ndarray) -> dict[str, np.ndarray]:
    """Return draws of the area of the search less that of each method, over groups of rows drawn again."""
    rng = np.random.default_rng(1)
    groups, place = np.unique(group, return_inverse=True)
    rows_of = np.split(np.argsort(place, kind="stable"), np.cumsum(np.bincount(place))[:-1])
    result: dict[str, list[float]] = {name: [] for name in scores}
    for _ in range(DRAWS):
        rows = np.concatenate([rows_of[one] for one in rng.integers(0, len(groups), len(groups))])
        if not 0 < outcome[rows].sum() < len(rows):
            continue  # a draw in which nothing happened tells nothing
        areas = {name: area(score[rows], outcome[rows]) for name, score in scores.items()}
        for name, value in areas.items():
            result[name].append(areas[OURS] - value)
    return {name: np.array(values) for name, values in result.items()}


def precision(score: np.ndarray, outcome: np.ndarray, number: int) -> float:
    """Share of hits among the first; ties by place."""
    return float(outcome[np.argsort(-score, kind="stable")[:number]].mean())


def catch(score: np.ndarray, outcome: np.ndarray, label: np.ndarray) -> float:
    """Share of all hits under the taxa with the highest sums of scores (ranks, where a score is no sum)."""
    _, group = np.unique(label, return_inverse=True)
    weight = score if score.min() >= 0 else score - score.min()
    sums, hits = np.bincount(group, weights=weight), np.bincount(group, weights=outcome)
    return float(hits[np.argsort(-sums, kind="stable")[:TOP]].sum() / outcome.sum())


def judge_pairs() -> None:
    """Print how labels that changed between two exports were foreseen, beside the rarest label first."""
    print(
        "\n## Pairs of exports\n| pair | labels | changed | area | rarest first | first 100 | rarest first"
        " | area of the search less that of the rarest first |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, (first, later) in histories.PAIRS.items():
        with tempfile.TemporaryDirectory() as folder:
            ids, suspicion = hotspots_real.search(first, Path(folder))
        before, after = hotspots_real.labels(first), hotspots_real.labels(later)
        kept = np.array([number in after and number in before for number in ids.tolist()])
        label = [before[number] for number in ids.tolist()]
        number_of = Counter(label)
        rarity = -np.array([number_of[one] for one in label], dtype=float)[kept]
        changed = np.array([before[number] != after[number] for number in ids[kept].tolist()])
        scores = {OURS: suspicion[kept], RAREST: rarity}
        areas = " | ".join(f"{area(score, changed):.3f}" for score in scores.values())
        shares = " | ".join(f"{precision(score, changed, 100):.0%}" for score in scores.values())
        differences = bootstrap(scores, changed, np.array(label)[kept])[RAREST]
        low, high = np.quantile(differences, (0.05, 0.95))
        apart = f"{differences.mean():+.3f} ({low:+.3f} to {high:+.3f})"
        print(f"| {name} | {len(changed):,} | {changed.sum()} | {areas} | {shares} | {apart} |")


def judge_experiment(folder: Path) -> None:
    """Hide the expert from a fifth of the rows at a time; print how their words were foreseen."""
    rows = list(histories.experiment())
    fold = np.random.default_rng(1).integers(0, FOLDS, len(rows) + 1)
    judged, held = Judged(), []
    for one in range(FOLDS):
        hidden = {number for number, _ in rows if fold[number] == one}
        place = folder / f"experiment_{one}"
        place.mkdir(parents=True, exist_ok=True)
        source = place / "observations.ndjson"
        source.write_text("".join(json.dumps(row) + "\n" for row in histories.experiment_records(hidden)))
        taxa = histories.write_experiment_taxa(place / "taxa.csv")
        lake = histories.load(place, [histories.PARKS / "taxa.csv.gz", taxa, source])
        outcomes = histories.experts_said([(number, row) for number, row in rows if number in hidden])
        with lake.connect() as con:
            taxonomy = read_taxonomy(con, load_tree(con))
            reading = read(Records(con, None), taxonomy)
        add(judged, reading, taxonomy, outcomes)
        held += coverage(reading.chances, taxonomy, judged)
    report("Experts", judged)
    for least in LEAST_LABELS:
        those = np.array([row[1:] for row in held if row[0] >= least])
        print(
            f"90 % intervals hold the truth of {those[:, 0].sum():.0f} of {len(those)} labels with {least}"
            f" hidden rows or more ({those[:, 0].mean():.1%}; for whole numbers they should hold"
            f" {those[:, 1].mean():.1%}); randomised, {those[:, 2].mean():.1%}"
        )


def coverage(chances: Chances, taxonomy: Taxonomy, judged: Judged) -> list[tuple[int, bool, float, float]]:
    """Return of the labels judged last: rows, did the interval hold, how likely was that, `randomised`."""
    part = judged.last()
    unit, of = np.unique(taxonomy.tree.positions(part["label"]), return_inverse=True)
    suspicion = part[f"score {OURS}"]
    information = 1.0 / chances.variance(taxonomy, unit)
    variance = variances(of, of, suspicion * (1.0 - suspicion), information, len(unit))
    number = np.bincount(of)
    mean, most = np.bincount(of, weights=suspicion), number.astype(float)
    low, high = intervals(mean, variance, most)
    result = np.bincount(of, weights=part["is_overturned"])
    held = (low <= result) & (result <= high)
    likely = probability_within(low, high, mean, variance, most)
    inside = randomised(result, mean, variance, most)
    return list(zip(number.tolist(), held.tolist(), likely.tolist(), inside.tolist(), strict=True))


def probability_within(
    low: np.ndarray, high: np.ndarray, mean: np.ndarray, variance: np.ndarray, most: np.ndarray
) -> np.ndarray:
    """Return how likely a whole number with this mean and variance is to lie in each interval.

    It is more than 90 % where numbers are small: what is 0 in 95 % of cases has no interval that holds less.
    """
    share = law(mean, variance, most)
    # Zero takes all below one half, the largest number all from half below it on.
    below = np.where(np.ceil(low) > 0.0, share.cdf((np.ceil(low) - 0.5) / most), 0.0)
    up_to = np.where(np.floor(high) < most, share.cdf((np.floor(high) + 0.5) / most), 1.0)
    return up_to - below


def randomised(result: np.ndarray, mean: np.ndarray, variance: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return how much of what a result's whole number stands for lies in the middle 90 % of the distribution.

    A whole number stands for the stretch from half below it to half above. Its part within the 90 % that the
    interval is made of counts, as if the result were drawn evenly from the stretch (the randomised
    coverage; Agresti and Gottard 2007). The mean over labels is 90 % if the distributions are right, however
    small the numbers are.
    """
    share = law(mean, variance, most)
    below = np.where(result > 0, share.cdf((result - 0.5) / most), 0.0)
    up_to = np.where(result < most, share.cdf((result + 0.5) / most), 1.0)
    tail = (1.0 - LEVEL) / 2
    lowest = np.where(most * share.ppf(tail) > 0.5, tail, 0.0)
    overlap = np.minimum(up_to, lowest + LEVEL) - np.maximum(below, lowest)
    inside: np.ndarray = overlap.clip(0.0) / np.maximum(up_to - below, 1e-300)
    return inside


if __name__ == "__main__":
    main()
