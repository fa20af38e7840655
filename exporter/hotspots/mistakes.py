"""What first names are mistaken for: for each name, the shares of the taxa that it truly is when it is wrong.

Shares are those of the taxa named beside it on some observation, and of NEAR and FAR: taxa of its genus, and
others, that nobody named.
"""

import numpy as np

from exporter.hotspots.arrays import Floats, place_in_run, places_in, tally
from exporter.hotspots.cases import FAR, NEAR, Patterns
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints

#: Shares of what nobody named, before anything is known.
_UNNAMED = {NEAR: 0.25, FAR: 0.05}
_STRENGTH = 3.0
_TINY = 1e-9

#: A mistake is usual if it is more than this share of a name's mistakes.
_USUAL = 0.5


class Mistakes:
    """The shares of one set of patterns, in arrays by pair of first name and candidate."""

    def __init__(self, patterns: Patterns, taxonomy: Taxonomy) -> None:
        self._owner = patterns.candidate_owner
        self._count = len(patterns.weight)
        candidate = patterns.candidate
        first = patterns.first[self._owner]
        self.is_first = candidate == first
        self._is_near, self._is_far = candidate == NEAR, candidate == FAR
        self._is_named = ~(self.is_first | self._is_near | self._is_far)

        self._names, self.name = np.unique(patterns.first, return_inverse=True)
        self._size = np.int64(len(taxonomy.tree) - FAR)
        self._keys, self._pair = np.unique(
            self.name[self._owner] * self._size + candidate - FAR, return_inverse=True
        )
        self._pair_name = self._keys // self._size
        self._pair_candidate = self._keys % self._size + FAR
        self._pair_is_own = self._pair_candidate == self._names[self._pair_name]
        genus = taxonomy.genus[self._names[self._pair_name]]
        taxon = np.maximum(self._pair_candidate, 0)
        is_kin = (self._pair_candidate >= 0) & (genus != NONE) & (taxonomy.genus[taxon] == genus)
        self._pair_is_near = (is_kin | (self._pair_candidate == NEAR)) & ~self._pair_is_own
        self._pair_is_far = ~self._pair_is_near & ~self._pair_is_own
        self._base = self._base_shares(patterns.weight.astype(np.float64))

    def base(self) -> Floats:
        """The shares before anything is known."""
        return self._base

    def pairs_of(self, first: Ints, candidate: Ints) -> Ints:
        """The pair of each first name and candidate, -1 where they never met."""
        name = places_in(self._names, first)
        pair = places_in(self._keys, name * self._size + candidate - FAR)
        return np.where(name != NONE, pair, NONE)

    def prior(self, error: Floats, shares: Floats) -> Floats:
        """The probability of each candidate before the responses; ``error`` is each pattern's rate."""
        share = shares[self._pair]
        near = self._left(shares, self._pair_is_near)
        far = self._left(shares, self._pair_is_far)
        share = np.where(self._is_near, near[self._owner], np.where(self._is_far, far[self._owner], share))
        prior: Floats = np.where(self.is_first, 1.0 - error[self._owner], error[self._owner] * share)
        return prior.clip(_TINY)

    def fit(self, mass: Floats, shares: Floats) -> Floats:
        """The shares, given how many cases each candidate is true of."""
        counts = self.count(mass, shares)
        total = tally(self._pair_name, counts, len(self._names))[self._pair_name]
        fitted: Floats = (counts + _STRENGTH * self._base) / (total + _STRENGTH)
        fitted[self._pair_is_own] = 0.0
        return fitted

    def count(self, mass: Floats, shares: Floats) -> Floats:
        """Cases of each pair; those of NEAR and FAR go to the taxa not named, as far as these are known."""
        size = len(shares)
        counts = tally(self._pair, mass * self._is_named, size)
        for is_kind, of_kind in ((self._is_near, self._pair_is_near), (self._is_far, self._pair_is_far)):
            odds = tally(self._owner, mass * is_kind, self._count) / self._left(shares, of_kind)
            total = tally(self.name, odds, len(self._names))
            named = tally(self._pair, odds[self._owner] * (self._is_named & of_kind[self._pair]), size)
            counts += np.where(of_kind, shares * (total[self._pair_name] - named).clip(0.0), 0.0)
        return counts

    def totals_by_truth(self, counts: Floats, truths: Ints) -> Floats:
        """Per truth, its cases over all first names.

        ``counts`` has two entries a pair, one a source; a truth is twice its candidate plus the source.
        """
        pair_truths = (self._pair_candidate[:, None] * 2 + np.arange(2)).ravel()
        place = places_in(truths, pair_truths)
        is_asked = (place != NONE) & np.repeat(self._pair_candidate >= 0, 2)
        return tally(place[is_asked], counts[is_asked], len(truths))

    def likely(self, shares: Floats, name: Ints, is_near: Bools) -> tuple[Ints, Ints, Floats]:
        """What the NEAR (else FAR) candidates of some first names are: row of the input, taxon, probability.

        ``name`` is a number as `name` gives it for a pattern. What no observation names is left out.
        """
        is_taxon = (self._pair_candidate >= 0) & ~self._pair_is_own
        start = np.searchsorted(self._pair_name, name)
        number = np.searchsorted(self._pair_name, name, side="right") - start
        row = np.repeat(np.arange(len(name)), number)
        pair = np.repeat(start, number) + place_in_run(row)
        kept = is_taxon[pair] & (self._pair_is_near[pair] == is_near[row])
        row, pair = row[kept], pair[kept]
        near, far = (
            tally(self._pair_name, shares * kind, len(self._names))
            for kind in (self._pair_is_near, self._pair_is_far)
        )
        whole = np.where(is_near[row], near[name[row]], far[name[row]])
        probability: Floats = shares[pair] / np.maximum(whole, _TINY)
        return row, self._pair_candidate[pair], probability

    def usual(self, shares: Floats) -> Ints:
        """Per pattern, the taxon that makes up most of its first name's mistakes; -1 if none does."""
        found = np.full(len(self._names), NONE, dtype=np.int64)
        clear = np.flatnonzero((shares > _USUAL) & (self._pair_candidate >= 0))
        found[self._pair_name[clear]] = self._pair_candidate[clear]
        return found[self.name]

    def _left(self, shares: Floats, of_kind: Bools) -> Floats:
        """Per pattern, the shares within the genus (or outside) of taxa that nobody named on it."""
        whole = tally(self._pair_name, shares * of_kind, len(self._names))[self.name]
        is_here = self._is_named & of_kind[self._pair]
        left: Floats = whole - tally(self._owner, shares[self._pair] * is_here, self._count)
        return left.clip(_TINY)

    def _base_shares(self, weight: Floats) -> Floats:
        """In proportion to how often each taxon was named beside the first name; the rest unnamed."""
        count = len(self._names)
        beside = tally(self._pair, weight[self._owner] * self._is_named, len(self._keys))
        total = tally(self._pair_name, beside, count)[self._pair_name]
        unnamed = np.select(
            [self._pair_candidate == NEAR, self._pair_candidate == FAR], [_UNNAMED[NEAR], _UNNAMED[FAR]], 0.0
        )
        unnamed_total = tally(self._pair_name, unnamed, count)[self._pair_name]
        named_share = beside * (1.0 - unnamed_total) / np.maximum(total, _TINY)
        base: Floats = np.where(total > 0, named_share + unnamed, unnamed / unnamed_total)
        return base
