"""Do simulated worlds look like real ones? The same statistics of both, side by side.

python -m benchmarks.likeness [--folder var/benchmarks] [--worlds SEED:DIFFICULTY ...] [--data FOLDER]

Real are the shared days, which were fetched the morning after; so every history, simulated or not, is read up
to 14 hours after its upload. Only the last lines read a world's truth: of the labels at species level, which
are wrong, beside those that were wrong to the experts of iNaturalist's experiment. Its classes are those of
iNaturalist's model of 2019, and of its genera only as many as a world has are looked at for the last line.
"""

import argparse
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from benchmarks import histories
from benchmarks.hotspots_real import area
from benchmarks.worlds import World, true_taxa, world
from exporter.columns import distinct
from exporter.criteria import GENUS_RANK_LEVEL, INAT_2022, SPECIES_RANK_LEVEL
from exporter.hotspots.history import History, read_history, read_rows
from exporter.hotspots.records import Records
from exporter.hotspots.reviews import Reviews, find_reviews
from exporter.hotspots.taxonomy import Taxonomy, read_taxonomy
from exporter.simulation.groups import GENERA
from exporter.tree import NONE, load_tree

HOURS = 14
#: Somebody who overturned so many labels has a record.
RECORD = 3
BUSIEST_REVIEWERS, BUSIEST_OBSERVERS = 0.05, 0.1
DRAWS = 400
WORLDS = ("101:1.0", "102:1.0", "103:0.6")

_EARLY = f"""
CREATE OR REPLACE TEMP TABLE early AS
SELECT i.* FROM identifications AS i JOIN observations AS o USING (observation_id)
WHERE epoch(i.created_at) - epoch(o.created_at) <= {HOURS * 3600}
"""
_SECOND = """
SELECT min(epoch(i.created_at) - epoch(o.created_at)) / 3600 AS hours
FROM identifications AS i JOIN observations AS o USING (observation_id)
WHERE NOT is_own_observation GROUP BY observation_id
"""
_OBSERVERS = "SELECT count(*) AS number FROM observations GROUP BY observer_id"
_LABELS = (
    "SELECT observation_id, taxon_id FROM observations WHERE taxon_id IS NOT NULL ORDER BY observation_id"
)


class Early:
    """The first hours of a lake's histories, and what was said in them."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        con.execute(_EARLY)
        con.execute("CREATE OR REPLACE TEMP VIEW identifications AS FROM early")
        self.taxonomy: Taxonomy = read_taxonomy(con, load_tree(con))
        self.history: History = read_history(con, self.taxonomy, read_rows(con, None))
        self.reviews: Reviews = find_reviews(self.history, self.taxonomy)
        self.hours = con.execute(_SECOND).fetchnumpy()["hours"]
        self.of_observers = con.execute(_OBSERVERS).fetchnumpy()["number"]
        observation = self.history.observation
        self.first = np.flatnonzero(np.append(True, observation[1:] != observation[:-1]))
        self.named_first = self.history.named[self.first]

    def is_species(self, label: np.ndarray) -> np.ndarray:
        """Return which labels are at species level."""
        is_species: np.ndarray = (label != NONE) & (self.taxonomy.level[label] <= SPECIES_RANK_LEVEL)
        return is_species

    def overturning(self) -> np.ndarray:
        """Return the reviews that overturned a species label."""
        rows: np.ndarray = np.flatnonzero(self.reviews.is_overturned & self.is_species(self.reviews.label))
        return rows

    def first_reviews(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return of the first review of each species label: the label, whether it fell, was suggested."""
        _, first = np.unique(self.reviews.observation, return_index=True)
        first = first[self.is_species(self.reviews.label[first])]
        is_suggested = self.reviews.standing.is_suggested[first]
        return self.reviews.label[first], self.reviews.is_overturned[first], is_suggested


def agreeing(early: Early) -> float:
    """Of others' first words on a label, those that name it or a taxon within it."""
    history = early.history
    is_later = np.ones(len(history.named), dtype=np.bool_)
    is_later[early.first] = False
    place = np.flatnonzero(is_later & ~history.is_own & ~history.is_repeat & (history.shown != NONE))
    return float(early.taxonomy.is_within(history.shown[place], history.named[place]).mean())


def suggested(early: Early) -> float:
    """Of first names, those chosen from the suggestions."""
    return float(early.history.is_vision[early.first].mean())


def at_species(early: Early) -> float:
    """Of first names, those at species level."""
    return float(early.is_species(early.named_first).mean())


def reviewed(early: Early) -> float:
    """Of observations, those that somebody else identified."""
    return len(early.hours) / len(early.first)


def waiting(early: Early) -> float:
    """Median hours until somebody else identified one."""
    return float(np.median(early.hours))


def falling(early: Early) -> float:
    """Of species labels, those that their first review overturned."""
    return float(early.first_reviews()[1].mean())


def rarity(early: Early) -> float:
    """How well rare labels foretell that: the area under the curve."""
    label, is_overturned, _ = early.first_reviews()
    known = early.named_first[early.named_first != NONE]
    number = np.bincount(known, minlength=len(early.taxonomy.tree))
    return area(-number[label].astype(float), is_overturned)


def suggested_falling(early: Early) -> float:
    """How much more often suggested ones fell than others: the ratio of the shares."""
    _, is_overturned, is_suggested = early.first_reviews()
    return float(is_overturned[is_suggested].mean() / is_overturned[~is_suggested].mean())


def falling_far(early: Early) -> float:
    """Of overturned species labels, those whose new name lies in another genus or above genus."""
    label, named = early.reviews.label, early.reviews.named
    rows = early.overturning()
    genus = early.taxonomy.genus
    return float((genus[label[rows]] != genus[named[rows]]).mean())


def falling_to_genus(early: Early) -> float:
    """Of overturned species labels, those whose new name is just the genus."""
    rows = early.overturning()
    return float((early.taxonomy.genus[early.reviews.label[rows]] == early.reviews.named[rows]).mean())


def confirmed_falling(early: Early) -> float:
    """Of species labels that their first review overturned, what the next visitor named the new way.

    Others named the label again, or something else; where nobody came in time, nothing is known.
    """
    history, within, reviews = early.history, early.taxonomy.is_within, early.reviews
    is_visit = ~history.is_own & ~history.is_repeat
    visits = np.flatnonzero(is_visit)
    _, first = np.unique(reviews.observation, return_index=True)
    rows = first[reviews.is_overturned[first] & early.is_species(reviews.label[first])]
    following = np.searchsorted(visits, reviews.place[rows], side="right")
    rows, following = rows[following < len(visits)], following[following < len(visits)]
    visit = visits[following]
    is_same = history.observation[visit] == history.observation[reviews.place[rows]]
    return float(within(reviews.named[rows[is_same]], history.named[visit[is_same]]).mean())


def repeating_genus(early: Early) -> float:
    """Of others' first words on a label at genus, those that are this genus again."""
    history, level = early.history, early.taxonomy.level
    is_visit = ~history.is_own & ~history.is_repeat & (history.shown != NONE)
    is_visit[early.first] = False
    shown, named = history.shown[is_visit], history.named[is_visit]
    is_genus = (level[shown] > SPECIES_RANK_LEVEL) & (level[shown] <= GENUS_RANK_LEVEL)
    return float((shown == named)[is_genus].mean())


def falling_by_suggestion(early: Early) -> float:
    """Of overturned species labels, those whose new name was chosen from the suggestions."""
    return float(early.history.is_vision[early.reviews.place[early.overturning()]].mean())


def without_record(early: Early) -> float:
    """Of reviews, those by people who overturned fewer labels than make a record."""
    _, person = np.unique(early.reviews.reviewer, return_inverse=True)
    overturned = np.bincount(person, weights=early.reviews.is_overturned)
    return float((overturned[person] < RECORD).mean())


def of_busiest_reviewers(early: Early) -> float:
    """Of reviews, those by the busiest reviewers."""
    return _of_busiest(np.unique(early.reviews.reviewer, return_counts=True)[1], BUSIEST_REVIEWERS)


def reviewers(early: Early) -> float:
    """Reviewers for every thousand observations."""
    return 1000 * len(np.unique(early.reviews.reviewer)) / len(early.first)


def of_busiest_observers(early: Early) -> float:
    """Of observations, those by the busiest observers."""
    return _of_busiest(early.of_observers, BUSIEST_OBSERVERS)


def _of_busiest(numbers: np.ndarray, share: float) -> float:
    return float(np.sort(numbers)[::-1][: max(1, int(share * len(numbers)))].sum() / numbers.sum())


#: What is printed, with its format.
STATISTICS: dict[str, tuple[Callable[[Early], float], str]] = {
    "others' identifications that agree with the label, or name a taxon within it": (agreeing, ".1%"),
    "first names chosen from computer-vision suggestions": (suggested, ".1%"),
    "first names at species level": (at_species, ".1%"),
    f"observations that somebody else identified within {HOURS} hours": (reviewed, ".1%"),
    "hours until then, median": (waiting, ".2f"),
    "species labels that their first review overturned": (falling, ".1%"),
    "area under the curve of the rarest label first, for that": (rarity, ".2f"),
    "share of suggested labels overturned, over that of others": (suggested_falling, ".2f"),
    "overturned species labels of which the new name is outside the genus": (falling_far, ".1%"),
    "overturned species labels of which the new name is the genus": (falling_to_genus, ".1%"),
    "overturned species labels of which the new name was a suggestion": (falling_by_suggestion, ".1%"),
    "overturned species labels of which the next visitor took the new name": (confirmed_falling, ".1%"),
    "others' identifications of a genus that name it again": (repeating_genus, ".1%"),
    f"reviews by people who overturned fewer than {RECORD} labels": (without_record, ".1%"),
    f"reviews by the busiest {BUSIEST_REVIEWERS:.0%} of the reviewers": (of_busiest_reviewers, ".1%"),
    "reviewers for every thousand observations": (reviewers, ".0f"),
    f"observations by the busiest {BUSIEST_OBSERVERS:.0%} of the observers": (of_busiest_observers, ".1%"),
}


def main() -> None:
    """Print a line for each statistic: real, then each world."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--worlds", nargs="+", default=WORLDS, metavar="SEED:DIFFICULTY")
    parser.add_argument("--data", type=Path, default=histories.PARKS, help="the folder of days")
    options = parser.parse_args()
    real = histories.load(options.folder / f"histories_{options.data.name}", [options.data])
    worlds = []
    for number in options.worlds:
        seed, difficulty = number.split(":")
        worlds.append(world(options.folder, int(seed), float(difficulty)))
    with real.connect() as con:
        columns = [Early(con)]
    judged = [experts_judged()]
    for one in worlds:
        with one.lake.connect() as con:
            judged.append(truly_judged(con, one))
            columns.append(Early(con))
    names = " | ".join(f"world {number}" for number in options.worlds)
    print(f"| | real | {names} |\n| --- |{' ---: |' * len(columns)}")
    for name, (statistic, form) in STATISTICS.items():
        print(f"| {name} | {' | '.join(format(statistic(early), form) for early in columns)} |")
    drawn = int((judged[0].is_wrong & judged[0].is_class & judged[0].is_frequent).sum())
    for name, shares in {
        "species labels that are wrong": [one.wrong() for one in judged],
        "species labels of classes": [one.of_classes() for one in judged],
        "wrong species labels of classes": [one.wrong_of_classes() for one in judged],
        f"{drawn} wrong labels of classes, those under one species": [one.under_one(drawn) for one in judged],
    }.items():
        print(f"| {name} (real: by the experts of 2017) | {' | '.join(f'{share:.1%}' for share in shares)} |")


@dataclass(frozen=True)
class Judged:
    """One entry a label at species level: its taxon; is it wrong, of a class, of a genus with many labels?"""

    label: np.ndarray
    is_wrong: np.ndarray
    is_class: np.ndarray
    is_frequent: np.ndarray

    def wrong(self) -> float:
        """Of labels, those that are wrong."""
        return float(self.is_wrong.mean())

    def of_classes(self) -> float:
        """Of labels, those of classes."""
        return float(self.is_class.mean())

    def wrong_of_classes(self) -> float:
        """Of wrong labels, those of classes."""
        return float(self.is_class[self.is_wrong].mean())

    def under_one(self, number: int) -> float:
        """Of so many wrong labels of classes, those of the taxon that has most: the mean over draws.

        The largest share of a few is larger than that of many, so like is set beside like.
        """
        rng = np.random.default_rng(1)
        wrong = self.label[self.is_wrong & self.is_class & self.is_frequent]
        draws = (rng.choice(wrong, min(number, len(wrong)), replace=False) for _ in range(DRAWS))
        return float(np.mean([np.unique(draw, return_counts=True)[1].max() / len(draw) for draw in draws]))


def experts_judged() -> Judged:
    """Return what the experts said of the experiment's species labels, of the genera with most rows."""
    rows = [
        row
        for _, row in histories.experiment()
        if float(row["prev_obs_taxon_rank_level"]) <= SPECIES_RANK_LEVEL
    ]
    label = np.array([int(float(row["prev_obs_taxon_id"])) for row in rows])
    genera = [row["prev_obs_taxon_name"].split()[0] for row in rows]
    frequent = {name for name, _ in Counter(genera).most_common(len(GENERA))}
    return Judged(
        label,
        np.array([row["disagreement"] == "true" for row in rows]),
        np.isin(label, list(histories.model_classes())),
        np.array([name in frequent for name in genera]),
    )


def truly_judged(con: duckdb.DuckDBPyConnection, one: World) -> Judged:
    """Return which of a world's species labels its truth lies outside of."""
    drawable, assessment = Records(con, None).drawable(INAT_2022)
    tree = assessment.tree
    classes = tree.taxon_ids[distinct(drawable.leaf)]
    rows = con.execute(_LABELS).fetchnumpy()
    taxa = np.asarray(rows["taxon_id"]).astype(np.int64)
    label = tree.positions(taxa)
    is_species = read_taxonomy(con, tree).level[label] <= SPECIES_RANK_LEVEL
    true = tree.positions(true_taxa(one, np.asarray(rows["observation_id"])))
    is_right = tree.contains(label, true)[is_species]
    taxa = taxa[is_species]
    return Judged(taxa, ~is_right, np.isin(taxa, classes), np.ones(len(taxa), dtype=np.bool_))


if __name__ == "__main__":
    main()
