"""What labels are confused with: observations labelled X that truly are Y, as expected."""

import numpy as np
import pyarrow as pa

from exporter.hotspots.arrays import Floats, tally
from exporter.hotspots.assembly import Exported
from exporter.hotspots.cases import FAR, NEAR
from exporter.hotspots.intervals import DISCREPANCY, intervals, variances
from exporter.hotspots.judging import Candidates, Reading
from exporter.hotspots.schema import CONFUSIONS
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import Ints

#: Pairs of which fewer observations are expected are left out.
_LEAST_EXPECTED = 0.05


def confusions(exported: Exported, taxonomy: Taxonomy, reading: Reading | None) -> pa.Table:
    """One row a pair of label and true taxon, by label; the most frequent first.

    The sum of two parts: candidates named on the observations themselves, and those that nobody named
    there, which are taken to be what the same first name was elsewhere found to be mistaken for.
    """
    found = exported.candidates
    if found is None or reading is None:
        return CONFUSIONS.empty_table()
    size = np.int64(len(taxonomy.tree))
    unit = taxonomy.unit[exported.label]
    is_named = (found.taxon >= 0) & (found.taxon != unit[found.owner])
    named = exported.label[found.owner[is_named]] * size + found.taxon[is_named]
    label, taxon, number = _unnamed(exported, reading, found)
    kept = taxon != taxonomy.unit[label]
    unnamed, number = label[kept] * size + taxon[kept], number[kept]
    keys, pair = np.unique(np.concatenate([named, unnamed]), return_inverse=True)
    of_named, of_unnamed = pair[: len(named)], pair[len(named) :]

    probability = found.probability[is_named]
    guessed = tally(of_unnamed, number, len(keys))
    expected = tally(of_named, probability, len(keys)) + guessed
    rate = exported.rate[found.owner[is_named]]
    variance = variances(of_named, rate, probability * (1.0 - probability), exported.information, len(keys))
    variance += guessed + (DISCREPANCY * guessed) ** 2
    labels = np.bincount(exported.label, minlength=size).astype(np.float64)
    low, high = intervals(expected, variance, np.maximum(labels[keys // size], expected))
    ids = taxonomy.tree.taxon_ids
    table = pa.table([ids[keys // size], ids[keys % size], expected, low, high], schema=CONFUSIONS)
    return table.filter(pa.array(expected >= _LEAST_EXPECTED)).sort_by(
        [("label_taxon_id", "ascending"), ("expected", "descending"), ("true_taxon_id", "ascending")]
    )


def _unnamed(exported: Exported, reading: Reading, found: Candidates) -> tuple[Ints, Ints, Floats]:
    """Label, true taxon and expected number of what nobody named: one row a first name of the label."""
    is_rest = (found.taxon == NEAR) | (found.taxon == FAR)
    columns = (exported.label[found.owner[is_rest]], found.name[is_rest], found.taxon[is_rest] == NEAR)
    groups, group = np.unique(columns, axis=1, return_inverse=True)
    number = tally(group, found.probability[is_rest], groups.shape[1])
    label, name, is_near = groups[0], groups[1], groups[2].astype(np.bool_)
    row, taxon, share = reading.model.mistakes.likely(reading.fit.mistakes, name, is_near)
    return label[row], taxon, number[row] * share
