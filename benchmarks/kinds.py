"""Are the kinds of hotspots true of real histories? What overturned labels became, on the shared days.

python -m benchmarks.kinds [--folder var/benchmarks] [--data FOLDER]

Labels at species level and their first review. Each day is judged by the others, and each fifth of
iNaturalist's experiment with experts by the rest:

alternatives  the taxon that others named most often when they rejected the label, wherever such an overturn
              is known: how often is it what the label became?
suggestions   are labels that computer vision suggested overturned more often than others of the same taxon?
              Mantel-Haenszel odds ratio over taxa, and how many taxa `vision_loop` would name
range         how often do labels fall around which they are named less often than their order lets expect,
              beside labels that are as common in the lake
"""

import argparse
from collections import Counter, defaultdict
from pathlib import Path

import duckdb
import numpy as np

from benchmarks import histories
from exporter.criteria import SPECIES_RANK_LEVEL
from exporter.hotspots.crowd import Crowd, count_crowd
from exporter.hotspots.history import read_history, read_rows
from exporter.hotspots.observed import read_observed
from exporter.hotspots.places import OUT_OF_RANGE
from exporter.hotspots.reviews import Reviews, find_reviews, vision_q_values
from exporter.hotspots.taxonomy import Taxonomy, read_taxonomy
from exporter.tree import NONE, load_tree

FOLDS = 5
LEAST_NAMED = (1, 2, 3)
#: Logarithms: beside what counts as out of range, what is less so.
AT_MOST = (-0.3, 0.0)
SIGNIFICANT = 0.05


def main() -> None:
    """Print one paragraph a kind."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--data", type=Path, default=histories.PARKS, help="the folder of days")
    options = parser.parse_args()
    lake = histories.load(options.folder / f"histories_{options.data.name}", [options.data])
    day_of = {
        number: day for day, numbers in enumerate(histories.days(options.data).values()) for number in numbers
    }
    with lake.connect() as con:
        taxonomy = read_taxonomy(con, load_tree(con))
        history = read_history(con, taxonomy, read_rows(con, None))
        reviews = find_reviews(history, taxonomy)
        _, rows = np.unique(reviews.observation, return_index=True)
        rows = rows[taxonomy.level[reviews.label[rows]] <= SPECIES_RANK_LEVEL]
        ids = history.observation_ids[reviews.observation[rows]]
        label, named, kept = overturned(con, reviews, taxonomy, rows)
        judge_alternatives("days", label, named, [day_of[number] for number in ids[kept].tolist()])
        judge_alternatives("experts", *experts_overturned())
        observed = read_observed(con, None)
        judge_suggestions(reviews, taxonomy, rows, observed.strata(ids))
        judge_range(count_crowd(observed, taxonomy, history), reviews, rows, ids)


def judge_alternatives(title: str, label: list[str], named: list[str], part: list[int]) -> None:
    """Print how often the usual alternative, by the other parts, is what an overturned label became.

    Taxa are names; a species begins with its genus.
    """
    by_label: dict[str, Counter[tuple[str, int]]] = defaultdict(Counter)
    for one, other, where in zip(label, named, part, strict=True):
        by_label[one][other, where] += 1
    for least in LEAST_NAMED:
        recorded = [
            (best, other)
            for one, other, where in zip(label, named, part, strict=True)
            if (best := _usual(by_label[one], where, least)) is not None
        ]
        right = sum(best == other for best, other in recorded)
        genus = sum(best.split()[0] == other.split()[0] for best, other in recorded)
        print(
            f"alternatives, {title}: of {len(label)} labels that became another taxon one named {least}"
            f" times or more was known for {len(recorded)}: it was right for {right}, and in the right genus"
            f" for {genus}"
        )


def overturned(
    con: duckdb.DuckDBPyConnection, reviews: Reviews, taxonomy: Taxonomy, rows: np.ndarray
) -> tuple[list[str], list[str], np.ndarray]:
    """Return names of labels that fell and of what they became, no coarser taxa; and which rows these are."""
    name_of = dict(con.execute("SELECT taxon_id, coalesce(name, '?') FROM taxa").fetchall())
    label, named = reviews.label[rows], reviews.named[rows]
    kept = np.flatnonzero(reviews.is_overturned[rows] & ~taxonomy.is_within(named, label))
    ids = taxonomy.tree.taxon_ids
    names = [[name_of.get(taxon, "?") for taxon in ids[one[kept]].tolist()] for one in (label, named)]
    return names[0], names[1], kept


def experts_overturned() -> tuple[list[str], list[str], list[int]]:
    """Return the same of the experiment's species labels, with a fifth for each at random."""
    fold = np.random.default_rng(1).integers(0, FOLDS, 10_000).tolist()
    label, named, part = [], [], []
    for number, row in histories.experiment():
        is_species = float(row["prev_obs_taxon_rank_level"]) <= SPECIES_RANK_LEVEL
        is_coarser = row["more_conservative"] == "true"
        if is_species and row["disagreement"] == "true" and not is_coarser:
            label.append(row["prev_obs_taxon_name"])
            named.append(row["taxon_name"])
            part.append(fold[number])
    return label, named, part


def _usual(named: Counter[tuple[str, int]], part: int, least: int) -> str | None:
    """What a label became most often in other parts, if so often."""
    known: Counter[str] = Counter()
    for (taxon, then), number in named.items():
        if then != part:
            known[taxon] += number
    return next((taxon for taxon, number in known.most_common(1) if number >= least), None)


def judge_suggestions(reviews: Reviews, taxonomy: Taxonomy, rows: np.ndarray, stratum: np.ndarray) -> None:
    """Print whether suggested labels of a taxon fall more often."""
    label, fell = reviews.label[rows], reviews.is_overturned[rows]
    is_suggested = reviews.standing.is_suggested[rows]
    _, group, number = np.unique(label, return_inverse=True, return_counts=True)
    cell = [
        np.bincount(group, weights=(is_suggested == suggested) & (fell == fallen))
        for suggested in (True, False)
        for fallen in (True, False)
    ]
    odds = (cell[0] * cell[3] / number).sum() / (cell[1] * cell[2] / number).sum()
    q_values = vision_q_values(label, is_suggested, fell, stratum, len(taxonomy.tree))
    print(
        f"suggestions: {fell[is_suggested].mean():.2%} of {is_suggested.sum():,} suggested labels fell,"
        f" and {fell[~is_suggested].mean():.2%} of {(~is_suggested).sum():,} others; within taxa the odds"
        f" ratio is {odds:.2f}; {np.isfinite(q_values).sum()} taxa can be compared, and in"
        f" {(q_values < SIGNIFICANT).sum()} of them suggested labels fall more often (q < 5 %)"
    )


def judge_range(crowd: Crowd, reviews: Reviews, rows: np.ndarray, ids: np.ndarray) -> None:
    """Print how often labels fall around which they are named less often than their order lets expect."""
    place, label, fell = crowd.places(ids), reviews.label[rows], reviews.is_overturned[rows]
    others, surplus = crowd.numbers(place, label)
    is_placed = crowd.cells(place) != NONE
    _, alike = np.unique(np.rint(2 * others), return_inverse=True)
    number = np.bincount(alike, weights=is_placed)
    usual = np.bincount(alike, weights=fell & is_placed) / np.maximum(number, 1.0)
    for most in (OUT_OF_RANGE, *AT_MOST):
        out = is_placed & (surplus <= most)
        print(
            f"range: {out.sum()} of {is_placed.sum():,} labels are named here at most {np.exp(most):.2f}"
            f" times as often as their order lets expect: {fell[out].sum()} fell ({fell[out].mean():.1%}),"
            f" where of labels as common {usual[alike[out]].sum():.1f} would ({usual[alike[out]].mean():.1%})"
        )


if __name__ == "__main__":
    main()
