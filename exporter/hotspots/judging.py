"""What the identifications of a lake say: its reviews, and the probabilities learned from them."""

from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property

import duckdb
import numpy as np

from exporter.hotspots.arrays import Floats, tally
from exporter.hotspots.chances import Cases, Chances, fit
from exporter.hotspots.crowd import Crowd, read_crowd
from exporter.hotspots.evidence import Reviews as ReviewCounts
from exporter.hotspots.evidence import count_reviews
from exporter.hotspots.history import History, read_history
from exporter.hotspots.learned import Learned
from exporter.hotspots.predictors import COLUMNS, describe
from exporter.hotspots.prior import Prior, load_prior
from exporter.hotspots.reviews import Reviews, find_reviews
from exporter.hotspots.standing import Standing, standing
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import Bools, Ints, Tree

#: From this sensitivity on, somebody's silence about a label, or their stopping at genus, says something.
ATTENTIVE = 0.5
#: Labels judged at once.
_CHUNK = 1_000_000
_RANGE = COLUMNS.index("range")


@dataclass(frozen=True)
class Reading:
    """The lake as read: its history, its reviews, how common labels are, and what was learned.

    learned:       what the chances were learned before, if it serves.
    case:          of each review, its label on its observation: an index into the next four.
    case_observation, case_label: of each case, the observation (of the history) and the label.
    is_suggested:  of each case, the label came from a suggestion.
    is_overturned: of each case, somebody rejected the label.
    is_attentive:  of each review, its maker is known to overturn labels of the family when they are wrong.
    """

    history: History
    reviews: Reviews
    crowd: Crowd
    chances: Chances
    learned: Learned | None
    case: Ints
    case_observation: Ints
    case_label: Ints
    is_suggested: Bools
    is_overturned: Bools
    is_attentive: Bools


class Records:
    """The history of a lake by a time, and how common its labels are: what the searches by all rules share.

    It is read once, for all searches over the same tree.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, at: datetime | None) -> None:
        self.con = con
        self.at = at
        self._tree: Tree | None = None
        self._read: tuple[History, Crowd] | None = None

    @cached_property
    def counted(self) -> ReviewCounts:
        """Return how many reviews there are."""
        return count_reviews(self.con, self.at)

    def of(self, taxonomy: Taxonomy) -> tuple[History, Crowd]:
        """Return history and crowd over the positions of a tree."""
        tree = taxonomy.tree
        if self._read is None or self._tree is None or not tree.is_same(self._tree):
            history = read_history(self.con, taxonomy, self.at)
            self._read = history, read_crowd(self.con, taxonomy, history, self.at)
            self._tree = tree
        return self._read


def read(
    records: Records,
    taxonomy: Taxonomy,
    clade: Ints | None = None,
    prior: Prior | None = None,
    learned: Learned | None = None,
) -> Reading:
    """Learn from the lake's identifications; without any, the prior is all there is.

    clade: by position of the tree, the class of a taxon, or itself where it has none: a label is wrong if the
           true taxon lies outside that. By default every taxon is its own.
    learned: what was learned before; it serves unless the lake has outgrown it.
    """
    own = np.arange(len(taxonomy.tree)) if clade is None else clade
    history, crowd = records.of(taxonomy)
    reviews = find_reviews(history, taxonomy, own)
    size = np.int64(max(len(taxonomy.tree), 1))
    keys, first, case = np.unique(
        reviews.observation * size + reviews.label, return_index=True, return_inverse=True
    )
    observation, label = keys // size, keys % size
    known = _take(reviews.standing, first)
    place = crowd.places(history.observation_ids[observation])
    family = taxonomy.family[reviews.label]
    cases = Cases(
        predictors=describe(taxonomy, crowd, place, label, known),
        observation=observation,
        case=case,
        person=reviews.reviewer,
        family=family,
        is_overturned=reviews.is_wrong,
        is_aided=history.is_vision[reviews.place],
    )
    if learned is not None and learned.is_outgrown(len(cases)):
        learned = None
    if learned is None:
        chances = fit(cases, taxonomy, load_prior() if prior is None else prior)
    else:
        chances = learned.chances(cases, taxonomy)
    return Reading(
        history=history,
        reviews=reviews,
        crowd=crowd,
        chances=chances,
        learned=learned,
        case=case,
        case_observation=observation,
        case_label=label,
        is_suggested=known.is_suggested,
        is_overturned=tally(case, reviews.is_overturned, len(keys)) > 0,
        is_attentive=chances.sensitivity.of(reviews.reviewer, family) >= ATTENTIVE,
    )


@dataclass(frozen=True)
class Judgement:
    """One entry a label on an observation; ``surplus`` is its of `Crowd.numbers`, the rest of `Standing`."""

    suspicion: Floats
    surplus: Floats
    evidence: Floats
    is_suggested: Bools
    agreeing: Ints
    disagreeing: Ints
    other: Ints


def judge(reading: Reading, taxonomy: Taxonomy, observation: Ints, label: Ints) -> Judgement:
    """Judge labels (units) on observations (indices into the history) by all that is known."""
    parts = [
        _judge(reading, taxonomy, observation[start : start + _CHUNK], label[start : start + _CHUNK])
        for start in range(0, max(len(label), 1), _CHUNK)
    ]
    return Judgement(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _judge(
    reading: Reading, taxonomy: Taxonomy, observation: Ints, label: Ints
) -> tuple[Floats, Floats, Floats, Bools, Ints, Ints, Ints]:
    history, chances = reading.history, reading.chances
    end = np.searchsorted(history.observation, observation, side="right")
    known = standing(history, taxonomy, chances.sensitivity, observation, label, end)
    place = reading.crowd.places(history.observation_ids[observation])
    predictors = describe(taxonomy, reading.crowd, place, label, known)
    suspicion = chances.of(predictors, known.evidence)
    counts = known.agreeing, known.disagreeing, known.other
    return suspicion, predictors.columns[:, _RANGE].copy(), known.evidence, known.is_suggested, *counts


def judge_unheard(
    reading: Reading, taxonomy: Taxonomy, observation_ids: Ints, label: Ints, evidence: Floats
) -> tuple[Floats, Floats]:
    """Return suspicion and surplus (as of a `Judgement`) of labels of which no identification is known."""
    place = reading.crowd.places(observation_ids)
    predictors = describe(taxonomy, reading.crowd, place, label, None)
    return reading.chances.of(predictors, evidence), predictors.columns[:, _RANGE]


def _take(whole: Standing, rows: Ints) -> Standing:
    return Standing(*(getattr(whole, field.name)[rows] for field in fields(whole)))
