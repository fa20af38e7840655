"""What wrong labels truly are: observations labelled X that are Y, as expected.

Learned from what people named when they rejected a label. Where X was never taken for Y, but Y for X, this
counts half: mistakes between two taxa mostly go both ways, but seldom equally often.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from exporter.columns import distinct, numbered
from exporter.hotspots.arrays import Floats, significant, starts_of, tally
from exporter.hotspots.assembly import Exported
from exporter.hotspots.intervals import intervals
from exporter.hotspots.judging import Reading
from exporter.hotspots.schema import CONFUSIONS, DECIMALS_OF_PAIRS, DIGITS
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints

#: Pairs of which fewer observations are expected are left out.
_LEAST_EXPECTED = 0.05
_REVERSE = 0.5
#: Overturns of a label to taxa that nobody has named for it yet, before any.
_UNSEEN = 1.0
#: A taxon is named as what a label is taken for from so many overturns on: on real histories what was named
#: once was right for one in two at most, what was named twice for four in five (`benchmarks/kinds.py`).
LEAST_NAMED = 2.0


@dataclass(frozen=True)
class Alternatives:
    """Pairs of label and other taxon (units), by label and the most frequent first.

    number: overturns of the label to that taxon, those the other way counted half.
    share:  of the label's overturns; what is missing to 1 went to a coarser taxon, or is not known.
    """

    label: Ints
    other: Ints
    number: Floats
    share: Floats

    def best(self, size: int) -> Ints:
        """Return, by position, the taxon that most of a label's wrong ones are; -1 where too few say."""
        result = np.full(size, NONE, dtype=np.int64)
        first = starts_of(self.label)
        first = first[self.number[first] >= LEAST_NAMED]
        result[self.label[first]] = self.other[first]
        return result


def find_alternatives(reading: Reading, taxonomy: Taxonomy) -> Alternatives:
    """Count what people named when they rejected labels; each observation once for a pair."""
    reviews, size = reading.reviews, np.int64(max(len(taxonomy.tree), 1))
    rejects = np.flatnonzero(reviews.is_overturned)
    case, named = reading.case[rejects], reviews.named[rejects]
    recorded = distinct(case * size + named)
    label, other = reading.case_label[recorded // size], recorded % size
    is_apart = ~taxonomy.is_within(other, label) & ~taxonomy.is_within(label, other)
    total = np.bincount(label, minlength=size).astype(np.float64)
    label, other = label[is_apart], other[is_apart]
    keys, pair = numbered(np.concatenate([label * size + other, other * size + label]))
    number = tally(pair, np.repeat([1.0, _REVERSE], len(label)), len(keys))
    label, other = keys // size, keys % size
    apart = tally(label, number, int(size))
    share = number / (np.maximum(total, apart)[label] + _UNSEEN)
    order = np.lexsort((other, -number, label))
    return Alternatives(label[order], other[order], number[order], share[order])


def confusions(exported: Exported, taxonomy: Taxonomy, reading: Reading, known: Alternatives) -> pa.Table:
    """Return one row a pair of label and true taxon, by label; the most frequent first.

    The columns of `schema.CONFUSIONS`, and ``seen``: overturns and identifications that speak for the pair.
    The sum of two parts: taxa named on the observations themselves, and for the others the label's usual
    alternatives. A taxon within the label is a finer name and no mistake: it is in no pair.
    """
    size = np.int64(max(len(taxonomy.tree), 1))
    has_other = exported.other != NONE
    label, other = exported.label[has_other], exported.other[has_other]
    mass = _unnamed(exported, taxonomy, reading, ~has_other)
    by_unit = np.flatnonzero(mass > 0)
    start = np.searchsorted(known.label, taxonomy.unit[by_unit])
    number = np.searchsorted(known.label, taxonomy.unit[by_unit], side="right") - start
    owner = np.repeat(by_unit, number)
    row = np.repeat(start - (np.cumsum(number) - number), number) + np.arange(len(owner))
    keys, pair = numbered(np.concatenate([label * size + other, owner * size + known.other[row]]))
    weights = np.concatenate([exported.suspicion[has_other], mass[owner] * known.share[row]])
    expected = tally(pair, weights, len(keys))
    seen = tally(pair, np.concatenate([np.ones(len(label)), known.number[row]]), len(keys))
    label, other = keys // size, keys % size
    # The share is known from so many overturns; the label's own rate as well as its reviews allow.
    relative = 1.0 / (seen + 1.0) + reading.chances.variance(taxonomy, taxonomy.unit[label])
    labels = np.bincount(exported.label, minlength=size).astype(np.float64)
    most = np.maximum(labels[label], expected + 1e-9)
    low, high = intervals(expected, expected + relative * expected**2, most)
    ids = taxonomy.tree.taxon_ids
    kept = np.flatnonzero((expected >= _LEAST_EXPECTED) & ~taxonomy.is_within(label, other))
    # By what is expected before it is rounded.
    order = kept[np.lexsort((ids[other[kept]], -expected[kept], ids[label[kept]]))]
    estimates = (significant(column[order], DIGITS, DECIMALS_OF_PAIRS) for column in (expected, low, high))
    table = pa.table([ids[label[order]], ids[other[order]], *estimates], schema=CONFUSIONS)
    return table.append_column("seen", pa.array(seen[order]))


def _unnamed(exported: Exported, taxonomy: Taxonomy, reading: Reading, chosen: Bools) -> Floats:
    """By label, how many of the chosen observations are expected to be another taxon.

    A label within a larger class is suspect only as far as the class is wrong; of mistakes within it, which
    do no harm to the export, its own reviews show.
    """
    size = len(taxonomy.tree)
    mass = tally(exported.label[chosen], exported.suspicion[chosen], size)
    inside = chosen & (exported.leaf != exported.label)
    reviewed = np.bincount(reading.case_label, minlength=size)
    overturned = np.bincount(reading.case_label[reading.is_overturned], minlength=size)
    rate = (overturned / np.maximum(reviewed + _UNSEEN, 1.0))[taxonomy.unit]
    within = np.bincount(exported.label[inside], minlength=size) * rate
    unnamed: Floats = np.maximum(mass, within)
    return unnamed
