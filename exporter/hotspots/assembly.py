"""Arrays over the exported observations: everything that the tables of findings are made of."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from exporter.columns import integers, numbered
from exporter.hotspots import weak
from exporter.hotspots.arrays import Floats, places_in
from exporter.hotspots.exported import Drawable
from exporter.hotspots.judging import Reading, judge, judge_unheard
from exporter.hotspots.observed import Observed
from exporter.hotspots.places import out_of_range
from exporter.hotspots.schema import LABEL_ISSUES, Evidence
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints

#: Evidence by number, from most to least.
EVIDENCE = (Evidence.IDENTIFICATIONS, Evidence.VOTES, Evidence.RECORDS)
EVIDENCE_NAMES = [one.value for one in EVIDENCE]


@dataclass(frozen=True)
class Exported:
    """Per exported observation, by ascending id; taxa are positions of the tree, -1 for none.

    suspicion:       probability that an attentive review would overturn the label.
    said:            what its reviews say for the label's being wrong: log-odds, below 0 for agreement.
    other:           another taxon that somebody named on it and holds to.
    rate:            index of the rate that its suspicion depends on, into `information`: one a label and kind
                     of evidence. `information` is one over the variance of the rate's log-odds.
    is_suggested:    its label came from a computer-vision suggestion.
    evidence:        index into `EVIDENCE`.
    agreeing, disagreeing: people whose last word is the label or a taxon within it, and another or that it
                     is wrong.
    is_out_of_range: see `places`.
    contradicted:    what a trained model takes it for, where it contradicts the label.
    """

    observation_ids: Ints
    label: Ints
    leaf: Ints
    photos: Ints
    exported_photos: Floats
    suspicion: Floats
    said: Floats
    other: Ints
    rate: Ints
    information: Floats
    is_suggested: Bools
    evidence: Ints
    agreeing: Ints
    disagreeing: Ints
    is_out_of_range: Bools
    contradicted: Ints


def gather(
    drawable: Drawable,
    observed: Observed,
    taxonomy: Taxonomy,
    reading: Reading,
    label_issues: pa.Table | None = None,
) -> Exported:
    """Judge the observations that the next export could draw."""
    ids, label = drawable.observation_ids, drawable.label
    unit = taxonomy.unit[label]
    place = places_in(reading.history.observation_ids, ids)
    observed_place = observed.places(ids)
    votes = weak.votes_of(observed, observed_place)
    evidence = np.where(place != NONE, 0, np.where(votes.has_votes, 1, 2))
    said = votes.evidence(reading.chances.sensitivity.usual)
    heard, unheard = np.flatnonzero(place != NONE), np.flatnonzero(place == NONE)
    suspicion, surplus = np.zeros(len(ids)), np.zeros(len(ids))
    suspicion[unheard], surplus[unheard] = judge_unheard(
        reading, taxonomy, ids[unheard], unit[unheard], said[unheard]
    )
    judged = judge(reading, taxonomy, place[heard], unit[heard])
    suspicion[heard], surplus[heard], said[heard] = judged.suspicion, judged.surplus, judged.evidence
    agreeing, disagreeing = 1 + votes.agreements, votes.disagreements.copy()
    agreeing[heard], disagreeing[heard] = 1 + judged.agreeing, judged.disagreeing
    other, is_suggested = np.full(len(ids), NONE, dtype=np.int64), np.zeros(len(ids), dtype=np.bool_)
    other[heard], is_suggested[heard] = judged.other, judged.is_suggested
    rate, information = _rates(reading, taxonomy, unit, evidence)
    return Exported(
        observation_ids=ids,
        label=label,
        leaf=drawable.leaf,
        photos=drawable.photos,
        exported_photos=drawable.exported_photos,
        suspicion=suspicion,
        said=said,
        other=other,
        rate=rate,
        information=information,
        is_suggested=is_suggested,
        evidence=evidence,
        agreeing=agreeing,
        disagreeing=disagreeing,
        is_out_of_range=out_of_range(observed, observed_place, surplus),
        contradicted=_contradicted(taxonomy, ids, label, label_issues),
    )


def _rates(reading: Reading, taxonomy: Taxonomy, unit: Ints, evidence: Ints) -> tuple[Ints, Floats]:
    """A rate for each label and kind of evidence, and what is known of each."""
    keys, rate = numbered(unit * len(EVIDENCE) + evidence)
    of_label = 1.0 / reading.chances.variance(taxonomy, keys // len(EVIDENCE))
    known = np.array([1.0, weak.KNOWN["votes"], weak.KNOWN["records"]])
    return rate, of_label * known[keys % len(EVIDENCE)]


def _contradicted(taxonomy: Taxonomy, ids: Ints, label: Ints, label_issues: pa.Table | None) -> Ints:
    """What a model takes each observation for, -1 for those that it does not contradict."""
    result = np.full(len(ids), NONE, dtype=np.int64)
    if label_issues is None or not len(ids):
        return result
    observation, labelled, suggested = (
        integers(label_issues[name], null=NONE) for name in LABEL_ISSUES.names
    )
    place = places_in(ids, observation)
    holds = (place != NONE) & taxonomy.is_within(taxonomy.tree.positions(labelled), label[place])
    result[place[holds]] = taxonomy.tree.positions(suggested[holds])
    return result
