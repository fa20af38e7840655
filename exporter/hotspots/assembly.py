"""Arrays over the exported observations: everything that the tables of findings are made of."""

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from exporter.columns import floats, integers
from exporter.hotspots import weak
from exporter.hotspots.arrays import Floats, ends_of, places_in, tally
from exporter.hotspots.cases import FAR, NEAR
from exporter.hotspots.judging import Candidates, Reading, candidates
from exporter.hotspots.places import out_of_range
from exporter.hotspots.responses import SKILLED, SUGGESTED
from exporter.hotspots.schema import LABEL_ISSUES, Evidence
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints

#: Evidence by number, from most to least.
EVIDENCE = (Evidence.IDENTIFICATIONS, Evidence.VOTES, Evidence.RECORDS)

_EXPORTED = "SELECT * FROM exported ORDER BY observation_id"


@dataclass(frozen=True)
class Exported:
    """Per exported observation, by ascending id; taxa are positions of the tree, -1 for none.

    suspicion:       probability that the label is wrong.
    suggested:       what it most likely is instead.
    rate:            index of the rate that its suspicion depends on, into `information`.
    is_suggested:    its first name came from a computer-vision suggestion.
    evidence:        index into `EVIDENCE`.
    agreeing, disagreeing: people whose last word is the label or a taxon within it, and another or that it
                     is wrong.
    skilled_for, skilled_against: the skilled ones among them.
    is_out_of_range: see `places`.
    contradicted:    what a trained model takes it for, where it contradicts the label.
    """

    observation_ids: Ints
    label: Ints
    leaf: Ints
    photos: Ints
    exported_photos: Floats
    suspicion: Floats
    suggested: Ints
    rate: Ints
    information: Floats
    is_suggested: Bools
    evidence: Ints
    agreeing: Ints
    disagreeing: Ints
    skilled_for: Ints
    skilled_against: Ints
    is_out_of_range: Bools
    contradicted: Ints
    candidates: Candidates | None


def gather(
    con: duckdb.DuckDBPyConnection,
    taxonomy: Taxonomy,
    reading: Reading | None,
    label_issues: pa.Table | None = None,
) -> Exported:
    """Judge the observations of the table ``exported``."""
    rows = con.execute(_EXPORTED).fetchnumpy()
    ids = integers(rows["observation_id"])
    label = taxonomy.tree.positions(integers(rows["label_taxon_id"]))
    leaf = taxonomy.tree.positions(integers(rows["leaf_taxon_id"]))
    case = _find(reading, ids)
    votes = weak.read_votes(con)
    evidence = np.where(case != NONE, 0, np.where(votes.has_votes, 1, 2))
    rate_of_label = _label_rates(reading, taxonomy, label)
    number = np.bincount(label, minlength=1)[label]
    suspicion = weak.suspicion(votes, rate_of_label, number)
    suggested = np.full(len(ids), NONE, dtype=np.int64)
    is_suggested = np.zeros(len(ids), dtype=np.bool_)
    rate, information = _weak_rates(
        label, evidence, 0 if reading is None else len(reading.fit.rate_information)
    )
    agreeing, disagreeing = 1 + votes.agreements, votes.disagreements.copy()
    skilled_for, skilled_against = np.zeros_like(agreeing), np.zeros_like(agreeing)
    found: Candidates | None = None
    if reading is not None:
        known = np.flatnonzero(case != NONE)
        pattern = reading.patterns.of_observation[case[known]]
        found = candidates(reading, taxonomy, pattern, leaf[known])
        wrong = tally(found.owner, found.probability * found.is_wrong, len(known))
        suspicion[known] = wrong.clip(0.0, 1.0)
        suggested[known] = _likeliest(reading, found, pattern)
        is_suggested[known] = reading.patterns.source[pattern] == SUGGESTED
        rate[known] = reading.model.rates.of_pattern[pattern]
        words = _last_words(reading, taxonomy, case[known], label[known])
        agreeing[known], disagreeing[known], skilled_for[known], skilled_against[known] = words
        found = Candidates(known[found.owner], found.name, found.taxon, found.probability, found.is_wrong)
        information = np.concatenate([reading.fit.rate_information, information])
    return Exported(
        observation_ids=ids,
        label=label,
        leaf=leaf,
        photos=integers(rows["photos"]),
        exported_photos=floats(rows["exported_photos"], null=0.0),
        suspicion=suspicion,
        suggested=suggested,
        rate=rate,
        information=information,
        is_suggested=is_suggested,
        evidence=evidence,
        agreeing=agreeing,
        disagreeing=disagreeing,
        skilled_for=skilled_for,
        skilled_against=skilled_against,
        is_out_of_range=out_of_range(con, ids, label, suspicion),
        contradicted=_contradicted(taxonomy, ids, label, label_issues),
        candidates=found,
    )


def _contradicted(taxonomy: Taxonomy, ids: Ints, label: Ints, label_issues: pa.Table | None) -> Ints:
    """What a model takes each observation for, -1 for those that it does not contradict."""
    found = np.full(len(ids), NONE, dtype=np.int64)
    if label_issues is None or not len(ids):
        return found
    observation, labelled, suggested = (
        integers(label_issues[name], null=NONE) for name in LABEL_ISSUES.names
    )
    place = places_in(ids, observation)
    holds = (place != NONE) & taxonomy.is_within(taxonomy.tree.positions(labelled), label[place])
    found[place[holds]] = taxonomy.tree.positions(suggested[holds])
    return found


def _find(reading: Reading | None, ids: Ints) -> Ints:
    """Index of each observation in the history, -1 for one without identifications."""
    if reading is None:
        return np.full(len(ids), NONE, dtype=np.int64)
    return places_in(reading.history.observation_ids, ids)


def _label_rates(reading: Reading | None, taxonomy: Taxonomy, label: Ints) -> Floats:
    """How often a label's genus is wrong where identifications tell, else the prior."""
    rates = np.full(len(label), weak.RATE)
    if reading is None:
        return rates
    patterns = reading.patterns
    genus = taxonomy.genus[patterns.first]
    size = len(taxonomy.tree)
    is_placed = genus != NONE
    weight = patterns.weight[is_placed]
    number = tally(genus[is_placed], weight, size)
    wrong = tally(genus[is_placed], weight * reading.fit.error[is_placed], size)
    prior = 10.0
    by_genus = (wrong + prior * weak.RATE) / (number + prior)
    return np.where(taxonomy.genus[label] == NONE, rates, by_genus[taxonomy.genus[label]])


def _weak_rates(label: Ints, evidence: Ints, before: int) -> tuple[Ints, Floats]:
    """A rate for each label and kind of evidence, numbered after those of the model."""
    keys, number = np.unique(label * len(EVIDENCE) + evidence, return_inverse=True)
    known = np.array([1.0, weak.INFORMATION["votes"], weak.INFORMATION["records"]])
    return before + number, known[keys % len(EVIDENCE)]


def _likeliest(reading: Reading, found: Candidates, pattern: Ints) -> Ints:
    """What each label most likely is if wrong: a taxon named on it, else the usual mistake, else none."""
    wrong = np.where(found.is_wrong, found.probability, -1.0)
    order = np.lexsort((wrong, found.owner))
    last = order[ends_of(found.owner[order])]
    best = found.taxon[last]
    usual = reading.model.mistakes.usual(reading.fit.mistakes)[pattern]
    best = np.where((best == NEAR) | (best == FAR), usual, best)
    likeliest: Ints = np.where(wrong[last] > 0.0, best, NONE)
    return likeliest


def _last_words(reading: Reading, taxonomy: Taxonomy, case: Ints, label: Ints) -> list[Ints]:
    """People for each label, against it, and the skilled ones among them: each person's last word."""
    history = reading.history
    size = len(history.observation_ids)
    label_of = np.full(size, NONE, dtype=np.int64)
    label_of[case] = taxonomy.unit[label]
    person = history.observation * (history.person.max() + 1) + history.person
    _, from_end = np.unique(person[::-1], return_index=True)
    last = len(person) - 1 - from_end
    observation, named = history.observation[last], history.named[last]
    of_label = label_of[observation]
    is_for = taxonomy.is_within(of_label, named)
    is_coarser = taxonomy.is_within(named, of_label) & ~is_for
    is_against = (of_label != NONE) & ~is_for & (~is_coarser | history.is_explicit[last])
    is_skilled = (reading.level[last] >= SKILLED) & ~history.is_vision[last]
    chosen = (is_for, is_against, is_for & is_skilled, is_against & is_skilled)
    return [np.bincount(observation[rows], minlength=size)[case] for rows in chosen]
