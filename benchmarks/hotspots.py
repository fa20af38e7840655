"""Does the search find the wrong labels? Simulated worlds, whose truth only this harness reads.

python -m benchmarks.hotspots [--folder var/benchmarks] [--worlds SEED:DIFFICULTY ...] [--skip-dawid-skene]

In one run, side by side, for every world: the share of all wrong labels that lie under the 15 taxa ranked
highest; the precision of a worklist of 400, over the base rate; and how often the 90 % intervals hold the
truth (labels with 20 observations or more). Compared with `find`:

similar   taxa by how often each was named beside another on one observation (iNaturalist's similar species);
disagree  taxa by disagreeing identifications on their observations;
majority  one person, one vote: the share of votes outside the class;
dawid     Dawid and Skene's model as crowd-kit has it, all identifications alike;
best      what could be known by somebody who knows how the world was made (`benchmarks.attainable`);
ideal     taxa by their true number of wrong labels.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene

from benchmarks.attainable import chance_overturned, chance_wrong
from benchmarks.worlds import World, true_taxa, world
from exporter.criteria import INAT_2022
from exporter.hotspots import Findings, find
from exporter.hotspots.records import Records
from exporter.simulation.people import EXPERT, KEEN, NOVICE
from exporter.tree import NONE, Tree

#: Worlds that nothing in the method was chosen on.
FRESH = ("301:1.0", "302:1.0", "303:0.6", "304:1.4", "305:1.0", "306:0.6")
TOP, WORKLIST, BATCH = 15, 400, 30
DAWID_SKENE_ROUNDS = 10
LEAST_LABELS = 20


@dataclass(frozen=True)
class Labels:
    """The exported observations: id, label, class (taxon ids), and whether the label is wrong."""

    ids: np.ndarray
    label: np.ndarray
    leaf: np.ndarray
    is_wrong: np.ndarray
    tree: Tree

    def sums(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Labels, and the sum of the values over each one's observations."""
        taxa, place = np.unique(self.label, return_inverse=True)
        return taxa, np.bincount(place, weights=values, minlength=len(taxa))


@dataclass(frozen=True)
class Scores:
    """What one method says: a score for each label (in the order of `Labels.sums`) and each observation."""

    taxa: np.ndarray
    observations: np.ndarray


def main() -> None:
    """Print a line for each world and method, then the means."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--worlds", nargs="+", default=FRESH, metavar="SEED:DIFFICULTY")
    parser.add_argument("--skip-dawid-skene", action="store_true", help="it takes most of the time")
    options = parser.parse_args()
    print("| world | method | caught by top 15 | of the ideal | precision of 400 | over base rate |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    rows, covered = [], []
    for number in options.worlds:
        seed, difficulty = number.split(":")
        one = world(options.folder, int(seed), float(difficulty))
        result, coverage = measure(one, with_dawid_skene=not options.skip_dawid_skene)
        rows += result
        covered.append(coverage)
    _print_means(rows)
    held, number = np.sum(covered, axis=0)
    each = ", ".join(f"{one / other:.0%}" for one, other in covered)
    print(f"\n90 % intervals hold the truth of {held} of {number} labels, {held / number:.1%}: {each}")


def measure(world: World, *, with_dawid_skene: bool) -> tuple[list[tuple[object, ...]], tuple[int, int]]:
    """Rows of (method, share caught, share of the ideal, precision, over base), and intervals that held."""
    with world.lake.connect(memory_limit="2GB") as con:
        findings = find(con, INAT_2022)
        labels = read_labels(con, world)
        identifications = _identifications(con)
        best = chance_wrong(con, world.seed, world.observations, world.difficulty, labels.ids, labels.leaf)
        methods = {
            "ours": _ours(findings, labels, by="suspicion"),
            "ours, by worth": _ours(findings, labels, by="priority"),
        }
    methods["similar"] = _similar(identifications, labels)
    methods["disagree"] = _disagreements(identifications, labels)
    methods["majority"] = _votes(identifications, labels)
    if with_dawid_skene:
        methods["dawid"] = _dawid_skene(identifications, labels)
    methods["best"] = Scores(labels.sums(best)[1], best)
    methods["ideal"] = Scores(labels.sums(labels.is_wrong)[1], labels.is_wrong.astype(float))
    rows = [(name, *_judge(scores, labels)) for name, scores in methods.items()]
    _print_sums(world, findings, labels, best)
    for name, caught, of_ideal, precision, over_base in rows:
        print(
            f"| {world.name} | {name} | {caught:.1%} | {of_ideal:.1%} | {precision:.1%} | {over_base:.2f} |",
            flush=True,
        )
    return rows, _coverage(findings, labels)


def read_labels(con: duckdb.DuckDBPyConnection, world: World) -> Labels:
    """The observations that the next export could draw, judged by the truth."""
    drawable, assessment = Records(con, None).drawable(INAT_2022)
    tree, ids = assessment.tree, drawable.observation_ids
    true = tree.positions(true_taxa(world, ids))
    is_right = (true != NONE) & tree.contains(drawable.leaf, true)
    label, leaf = tree.taxon_ids[drawable.label], tree.taxon_ids[drawable.leaf]
    return Labels(ids, label, leaf, ~is_right, tree)


def _print_sums(world: World, findings: Findings, labels: Labels, best: np.ndarray) -> None:
    """What is stated and what is wrong: over all labels, and in the first of the worklist by either order."""
    stated = sum(findings.hotspots["expected_wrong"].to_pylist())
    wrong = dict(zip(labels.ids.tolist(), labels.is_wrong.tolist(), strict=True))
    true = true_taxa(world, labels.ids)
    of_level = [
        chance_overturned(world.seed, world.observations, world.difficulty, level, true, labels.label)
        for level in (NOVICE, KEEN, EXPERT)
    ]
    fall = ", ".join(f"{chance[labels.is_wrong].sum():.0f}" for chance in of_level)
    print(
        f"{world.name}: expected {stated:.0f}, wrong {labels.is_wrong.sum()}, by the best {best.sum():.0f};"
        f" of the wrong, one visitor without skill, keen or expert would overturn {fall}"
    )
    for by in ("suspicion", "priority"):
        rows = findings.worklist.sort_by([(by, "descending"), ("observation_id", "ascending")])
        for number in (BATCH, WORKLIST):
            first = rows.slice(0, number)
            result = sum(wrong[one] for one in first["observation_id"].to_pylist())
            print(
                f"  first {number} by {by}: stated {sum(first['suspicion'].to_pylist()):.1f}, wrong {result}"
            )


def _judge(scores: Scores, labels: Labels) -> tuple[float, float, float, float]:
    wrong = labels.sums(labels.is_wrong)[1]
    caught = wrong[np.argsort(-scores.taxa, kind="stable")[:TOP]].sum()
    ideal = np.sort(wrong)[::-1][:TOP].sum()
    first = np.argsort(-scores.observations, kind="stable")[:WORKLIST]
    precision = labels.is_wrong[first].mean()
    return caught / wrong.sum(), caught / ideal, precision, precision / labels.is_wrong.mean()


def _coverage(findings: Findings, labels: Labels) -> tuple[int, int]:
    """How many of the intervals hold the true number, and how many there are."""
    taxa, wrong = labels.sums(labels.is_wrong)
    truth = dict(zip(taxa.tolist(), wrong.tolist(), strict=True))
    rows = [row for row in findings.hotspots.to_pylist() if row["labels"] >= LEAST_LABELS]
    held = [row["expected_wrong_low"] <= truth[row["taxon_id"]] <= row["expected_wrong_high"] for row in rows]
    return sum(held), len(held)


def _ours(findings: Findings, labels: Labels, by: str) -> Scores:
    rank = dict(zip(*(findings.hotspots[name].to_pylist() for name in ("taxon_id", "rank")), strict=True))
    score = dict(zip(*(findings.worklist[name].to_pylist() for name in ("observation_id", by)), strict=True))
    taxa = np.unique(labels.label)
    return Scores(
        -np.array([rank[taxon] for taxon in taxa.tolist()], dtype=float),
        np.array([score.get(number, 0.0) for number in labels.ids.tolist()]),
    )


def _identifications(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Everybody's last word on every observation, and every taxon named."""
    rows = con.execute(
        "SELECT observation_id, user_id, taxon_id, is_current FROM identifications ORDER BY identification_id"
    ).fetchnumpy()
    return pd.DataFrame({name: np.asarray(column) for name, column in rows.items()})


def _similar(identifications: pd.DataFrame, labels: Labels) -> Scores:
    """Pairs of taxa named on one observation, neither above the other, counted for both."""
    pairs = identifications[["observation_id", "taxon_id"]].drop_duplicates()
    both = pairs.merge(pairs, on="observation_id")
    left, right = (labels.tree.positions(both[name].to_numpy()) for name in ("taxon_id_x", "taxon_id_y"))
    apart = ~labels.tree.contains(left, right) & ~labels.tree.contains(right, left)
    counts = both[apart].groupby("taxon_id_x").size()
    taxa, number = labels.sums(np.ones(len(labels.ids)))
    score = counts.reindex(taxa, fill_value=0).to_numpy(dtype=float)
    share = dict(zip(taxa.tolist(), (score / number).tolist(), strict=True))
    return Scores(score, np.array([share[taxon] for taxon in labels.label.tolist()]))


def _outside(identifications: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Current identifications of exported observations, and whether each lies outside the class."""
    leaf = pd.DataFrame({"observation_id": labels.ids, "leaf": labels.leaf})
    rows = identifications[identifications["is_current"]].merge(leaf, on="observation_id")
    named, own = (labels.tree.positions(rows[name].to_numpy()) for name in ("taxon_id", "leaf"))
    above = labels.tree.contains(named, own)
    return rows.assign(outside=~labels.tree.contains(own, named) & ~above, counts=~above | (named == own))


def _disagreements(identifications: pd.DataFrame, labels: Labels) -> Scores:
    rows = _outside(identifications, labels)
    number = rows.groupby("observation_id")["outside"].sum().reindex(labels.ids, fill_value=0).to_numpy(float)
    return Scores(labels.sums(number)[1], number)


def _votes(identifications: pd.DataFrame, labels: Labels) -> Scores:
    rows = _outside(identifications, labels)
    rows = rows[rows["counts"]]
    share = (
        rows.groupby("observation_id")["outside"].mean().reindex(labels.ids, fill_value=0.0).to_numpy(float)
    )
    return Scores(labels.sums((share >= 0.5).astype(float))[1], share)


def _dawid_skene(identifications: pd.DataFrame, labels: Labels) -> Scores:
    votes = identifications.drop_duplicates(["observation_id", "user_id"], keep="last")
    votes = votes.rename(columns={"observation_id": "task", "user_id": "worker", "taxon_id": "label"})
    model = DawidSkene(n_iter=DAWID_SKENE_ROUNDS)
    probability = model.fit_predict_proba(votes[["task", "worker", "label"]])
    probability = probability.reindex(labels.ids, fill_value=0.0)
    true = labels.tree.positions(probability.columns.to_numpy())
    inside = np.zeros(len(labels.ids))
    table = probability.to_numpy()
    for leaf in np.unique(labels.leaf):
        rows = np.flatnonzero(labels.leaf == leaf)
        clade = np.full(len(true), labels.tree.positions(np.array([leaf]))[0])
        inside[rows] = table[np.ix_(rows, np.flatnonzero(labels.tree.contains(clade, true)))].sum(axis=1)
    suspicion = 1.0 - inside
    return Scores(labels.sums(suspicion)[1], suspicion)


def _print_means(rows: list[tuple[object, ...]]) -> None:
    for name in dict.fromkeys(str(row[0]) for row in rows):
        values = np.array([row[1:] for row in rows if row[0] == name], dtype=float).mean(axis=0)
        print(
            f"| mean | {name} | {values[0]:.1%} | {values[1]:.1%} | {values[2]:.1%} | {values[3]:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
