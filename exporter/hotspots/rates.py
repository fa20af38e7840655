"""How often first names are wrong: a rate for each name and source, shrunk to its genus and its family."""

import numpy as np

from exporter.hotspots.arrays import Floats, tally
from exporter.hotspots.cases import Patterns
from exporter.hotspots.responses import SOURCES, SUGGESTED
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Ints

#: By source: suggestions, people unaided, skilled people.
_PRIOR = np.array([0.15, 0.12, 0.05])

#: How many cases each level of the tree weighs in the estimate of the one below it.
TAXON_STRENGTH = 4.0
_GENUS_STRENGTH = 4.0
_FAMILY_STRENGTH = 6.0
_OVERALL_STRENGTH = 6.0

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
        families, self._family = np.unique((family, self.source), axis=1, return_inverse=True)
        self._family_source = families[1]
        self._family_of_genus = np.zeros(self._genus.max() + 1, dtype=np.int64)
        self._family_of_genus[self._genus] = self._family
        self._ratio = np.where(self.source == SUGGESTED, unaided_ratio[taxon], 1.0)

    def __len__(self) -> int:
        return len(self.source)

    def prior(self) -> Floats:
        """Each rate before anything is known."""
        rates: Floats = _PRIOR[self.source]
        return rates

    def fit(self, weight: Floats, wrong: Floats) -> Floats:
        """The rates, given per pattern its number of cases and the probability that its first name is wrong.

        What a rate is shrunk to is its genus's; that of a suggested name is corrected by how much less
        people name that taxon unaided.
        """
        number = tally(self.of_pattern, weight, len(self))
        wrongs = tally(self.of_pattern, weight * wrong, len(self))
        overall = _shrunk(self.source, number, wrongs, _OVERALL_STRENGTH, _PRIOR)
        family = _shrunk(self._family, number, wrongs, _FAMILY_STRENGTH, overall[self._family_source])
        genus = _shrunk(self._genus, number, wrongs, _GENUS_STRENGTH, family[self._family_of_genus])
        right = ((1.0 - genus[self._genus]) * self._ratio).clip(_LEAST_RIGHT, _MOST_RIGHT)
        rates: Floats = (wrongs + TAXON_STRENGTH * (1.0 - right)) / (number + TAXON_STRENGTH)
        return rates


def _shrunk(group: Ints, number: Floats, wrongs: Floats, strength: float, prior: Floats) -> Floats:
    rates: Floats = (tally(group, wrongs, len(prior)) + strength * prior) / (
        tally(group, number, len(prior)) + strength
    )
    return rates
