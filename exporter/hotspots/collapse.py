"""Genera whose species are all labelled as one: what suggestions name against what skilled people do.

Both are taken from the same records: observations whose first name was a suggestion, and that a skilled
person then named within the same genus (or as just the genus). If suggestions and people said the same, the
two names of a record could be exchanged; the Jensen-Shannon divergence between the two distributions is
compared with those after exchanging them at random.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control

from exporter.hotspots.arrays import Floats, starts_of
from exporter.hotspots.judging import Reading
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Ints

_EXCHANGES = 999
_SEED = 1
#: Records of a genus that the test uses at most, and least that make it worth while.
_MOST, _LEAST = 2_000, 5


@dataclass(frozen=True)
class Collapses:
    """By taxon: its shares of its genus's suggested and skilled names, and its genus's q-value; or NaN."""

    suggested_share: Floats
    skilled_share: Floats
    q_value: Floats


def find_collapses(reading: Reading, taxonomy: Taxonomy) -> Collapses:
    """Compare the shares, and test each genus; q-values by Benjamini and Hochberg (1995) over genera."""
    suggested, skilled = _pairs(reading, taxonomy)
    genus_of = taxonomy.genus
    size = len(taxonomy.tree)
    genus = genus_of[suggested]
    totals = np.bincount(genus, minlength=size)
    is_placed = genus_of != NONE
    total = np.where(is_placed, totals[genus_of], 0)
    shares = [
        np.divide(np.bincount(names, minlength=size), total, out=np.full(size, np.nan), where=total > 0)
        for names in (suggested, skilled)
    ]
    tested, p_values = _test(genus, suggested, skilled)
    by_genus = np.full(size, np.nan)
    by_genus[tested] = false_discovery_control(p_values) if tested.size else p_values
    return Collapses(shares[0], shares[1], np.where(is_placed, by_genus[genus_of], np.nan))


def _pairs(reading: Reading, taxonomy: Taxonomy) -> tuple[Ints, Ints]:
    """The suggested and the attentive reviewer's name of each record, by genus."""
    reviews = reading.reviews
    is_unaided = ~reading.history.is_vision[reviews.place]
    kept = np.flatnonzero(reviews.standing.is_suggested & reading.is_attentive & is_unaided)
    suggested, skilled = reviews.label[kept], reviews.named[kept]
    genus = taxonomy.genus[suggested]
    is_within = (genus != NONE) & (taxonomy.genus[skilled] == genus)
    order = np.argsort(genus[is_within], kind="stable")
    return suggested[is_within][order], skilled[is_within][order]


def _test(genus: Ints, suggested: Ints, skilled: Ints) -> tuple[Ints, Floats]:
    """The genera with enough records, and their p-values."""
    rng = np.random.default_rng(_SEED)
    starts = starts_of(genus)
    tested, p_values = [], []
    for start, number in zip(starts, np.diff(np.append(starts, len(genus))), strict=True):
        one, other = suggested[start : start + number], skilled[start : start + number]
        if np.count_nonzero(one != other) >= _LEAST:
            tested.append(genus[start])
            p_values.append(_exchange_test(one[:_MOST], other[:_MOST], rng))
    return np.array(tested, dtype=np.int64), np.array(p_values)


def _exchange_test(one: Ints, other: Ints, rng: np.random.Generator) -> float:
    """How often exchanging the names at random parts the distributions as far as they are."""
    taxa, names = np.unique(np.stack([one, other]), return_inverse=True)
    count, width = names.shape[1], len(taxa)
    swapped = rng.random((_EXCHANGES + 1, count)) < 0.5
    swapped[0] = False
    rows = np.arange(_EXCHANGES + 1)[:, None] * width
    left = np.where(swapped, names[1], names[0]) + rows
    first = np.bincount(left.ravel(), minlength=rows.size * width).reshape(-1, width) / count
    whole = np.bincount(names.ravel(), minlength=width) / count
    divergence = jensen_shannon(first, whole - first)
    # Sums in another order differ in their last digits.
    return float(np.mean(divergence >= divergence[0] - 1e-12))


def jensen_shannon(left: Floats, right: Floats) -> Floats:
    """Divergence of distributions in the last axis, in bits: 0 for equal ones, 1 for disjoint ones."""
    middle = (left + right) / 2
    result: Floats = (_relative(left, middle) + _relative(right, middle)) / 2
    return result


def _relative(part: Floats, whole: Floats) -> Floats:
    ratio = np.divide(part, whole, out=np.ones_like(part), where=(part > 0) & (whole > 0))
    result: Floats = (part * np.log2(ratio)).sum(axis=-1)
    return result
