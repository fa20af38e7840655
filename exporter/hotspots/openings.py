"""What suggestions name against what people name unaided, on records nobody had named yet.

Both see the same kind of record, so if suggestions name a species far more often than people do by
themselves, the surplus is mostly wrong. That tells of labels that nobody skilled has looked at.
"""

import numpy as np

from exporter.hotspots.arrays import Floats, tally
from exporter.hotspots.history import History
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Ints

#: Openings by which each share is drawn to the other before they are compared.
_STRENGTH = 30.0

#: No ratio is below this: there are species that suggestions know well and few people can name.
_LEAST_RATIO = 0.4


def openings(history: History, taxonomy: Taxonomy) -> Ints:
    """The first identification of each observation that names a genus or something within one."""
    within_genus = np.flatnonzero(taxonomy.genus[history.named] != NONE)
    _, first = np.unique(history.observation[within_genus], return_index=True)
    found: Ints = within_genus[first]
    return found


def unaided_ratio(history: History, taxonomy: Taxonomy) -> Floats:
    """Per taxon, its share of its genus's unaided openings over its share of the suggested ones.

    Weighted by what suggestions name, the mean over a genus (its own name included) is 1. Shares of few
    openings are drawn together, so that the ratio of a taxon of which little is known is near 1.
    """
    opening = openings(history, taxonomy)
    named, is_suggested = history.named[opening], history.is_vision[opening]
    size = len(taxonomy.tree)
    suggested, unaided = (
        tally(named[is_suggested], is_suggested[is_suggested], size),
        tally(named[~is_suggested], ~is_suggested[~is_suggested], size),
    )
    genus = taxonomy.genus
    in_genus = genus != NONE
    totals = [tally(genus[in_genus], counts[in_genus], size)[genus] for counts in (suggested, unaided)]
    both = (suggested + unaided) / np.maximum(totals[0] + totals[1], 1.0)
    share_suggested, share_unaided = (
        (counts + _STRENGTH * both) / (total + _STRENGTH)
        for counts, total in zip((suggested, unaided), totals, strict=True)
    )
    ratio: Floats = np.divide(
        share_unaided, share_suggested, out=np.ones(size), where=(share_suggested > 0) & in_genus
    )
    return np.maximum(ratio, _LEAST_RATIO)
