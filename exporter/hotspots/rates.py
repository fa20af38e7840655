"""How often first names are wrong: a rate for each name and source, shrunk to its genus and its family."""

import numpy as np

from exporter.hotspots.arrays import Floats, tally
from exporter.hotspots.cases import Patterns
from exporter.hotspots.responses import SOURCES, SUGGESTED
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Ints

#: By source: suggestions, people unaided, skilled people.
_PRIOR = np.array([0.15, 0.12, 0.05])

#: How many cases the prior weighs among all others, these in a family, and that in a genus. The first is
#: large, so that a small lake, where people hardly disagree, does not talk itself into anything.
_STRENGTHS = (50.0, 20.0, 8.0)
#: How many cases the genus weighs in a taxon.
TAXON_STRENGTH = 4.0

#: No first name is surely right or wrong before anybody responds.
_LEAST_RIGHT, _MOST_RIGHT = 0.02, 0.995


class Rates:
    """The rates of one set of patterns, in arrays by rate; ``of_pattern`` is each pattern's rate."""

    def __init__(self, patterns: Patterns, taxonomy: Taxonomy, unaided_ratio: Floats) -> None:
        """``unaided_ratio`` by position of the tree, as `openings.unaided_ratio` gives it."""
        keys, self.of_pattern = np.unique(patterns.first * SOURCES + patterns.source, return_inverse=True)
        self.source: Ints = keys % SOURCES
        taxon = keys // SOURCES
        # A genus's own name is shrunk with those of other genera, not with its species.
        genus = np.where(taxonomy.genus[taxon] == taxon, NONE, taxonomy.genus[taxon])
        family = taxonomy.family[taxon]
        _, self._genus = np.unique((genus, family, self.source), axis=1, return_inverse=True)
        _, self._family = np.unique((family, self.source), axis=1, return_inverse=True)
        self._ratio = np.where(self.source == SUGGESTED, unaided_ratio[taxon], 1.0)

    def __len__(self) -> int:
        return len(self.source)

    def prior(self) -> Floats:
        """Each rate before anything is known."""
        rates: Floats = _PRIOR[self.source]
        return rates

    def fit(self, weight: Floats, wrong: Floats) -> Floats:
        """The rates, given per pattern its number of cases and the probability that its first name is wrong.

        A rate is shrunk to that of the rest of its genus, that to the rest of the family, that to all others:
        each case counts once. What a suggested name is shrunk to is corrected by how much less people name
        that taxon unaided.
        """
        number = tally(self.of_pattern, weight, len(self))
        wrongs = tally(self.of_pattern, weight * wrong, len(self))
        expected = _PRIOR[self.source]
        # From all down to the taxon: the cases in each group that are not in the next smaller one.
        groups = (self.source, self._family, self._genus, np.arange(len(self)))
        sums = [(tally(group, number)[group], tally(group, wrongs)[group]) for group in groups]
        for outer, inner, strength in zip(sums[:-1], sums[1:], _STRENGTHS, strict=True):
            others, others_wrong = outer[0] - inner[0], outer[1] - inner[1]
            expected = (others_wrong + strength * expected) / (others + strength)
        right = ((1.0 - expected) * self._ratio).clip(_LEAST_RIGHT, _MOST_RIGHT)
        rates: Floats = (wrongs + TAXON_STRENGTH * (1.0 - right)) / (number + TAXON_STRENGTH)
        return rates
