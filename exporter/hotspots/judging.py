"""What the identifications of a lake say: its reviews, and the probabilities learned from them."""

from dataclasses import dataclass, replace

import numpy as np

from exporter.hotspots.arrays import Floats, tally
from exporter.hotspots.chances import Chances, fit
from exporter.hotspots.crowd import Crowd
from exporter.hotspots.history import History
from exporter.hotspots.learned import Learned
from exporter.hotspots.predictors import describe
from exporter.hotspots.prior import Prior, load_prior
from exporter.hotspots.records import Records
from exporter.hotspots.reviews import Reviews
from exporter.hotspots.standing import standing
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import Bools, Ints

#: From this sensitivity on, somebody's silence about a label, or their stopping at genus, says something.
ATTENTIVE = 0.5
#: Labels judged at once.
_CHUNK = 1_000_000


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
    said = records.said(taxonomy)
    history, reviews, cases = said.history, said.reviews, said.cases
    own = np.arange(len(taxonomy.tree)) if clade is None else clade
    cases = replace(cases, is_overturned=reviews.is_wrong(taxonomy, own))
    if learned is not None and learned.is_outgrown(len(cases)):
        learned = None
    if learned is None:
        chances = fit(cases, taxonomy, load_prior() if prior is None else prior)
    else:
        chances = learned.chances(cases, taxonomy)
    return Reading(
        history=history,
        reviews=reviews,
        crowd=said.crowd,
        chances=chances,
        learned=learned,
        case=cases.case,
        case_observation=cases.observation,
        case_label=said.case_label,
        is_suggested=said.is_suggested,
        is_overturned=tally(cases.case, reviews.is_overturned, len(cases)) > 0,
        is_attentive=chances.sensitivity.of(reviews.reviewer, cases.family) >= ATTENTIVE,
    )


@dataclass(frozen=True)
class Judgement:
    """One entry a label on an observation; ``surplus`` is of `Crowd.numbers`, see `Standing` for the rest."""

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
    return suspicion, predictors.surplus, known.evidence, known.is_suggested, *counts


def judge_unheard(
    reading: Reading, taxonomy: Taxonomy, observation_ids: Ints, label: Ints, evidence: Floats
) -> tuple[Floats, Floats]:
    """Return suspicion and surplus (as of a `Judgement`) of labels of which no identification is known."""
    place = reading.crowd.places(observation_ids)
    predictors = describe(taxonomy, reading.crowd, place, label, None)
    return reading.chances.of(predictors, evidence), predictors.surplus
