"""What became of labels when somebody reviewed them, and whether suggested labels fare worse.

A *review* is a person's first identification of an observation that already carried a label. The label
*fell* if they named a taxon outside it, or said by a coarser name that it is wrong; it *stood* if they named
it or a taxon within it. A coarser name without a disagreement says neither: it is no review.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control, norm

from exporter.columns import numbered
from exporter.hotspots.arrays import Floats, tally
from exporter.hotspots.history import History
from exporter.hotspots.standing import Standing, standing
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints


@dataclass(frozen=True)
class Reviews:
    """One entry a review, by observation and time; taxa are positions of units.

    place:        where it is in the history.
    label, named: the label that was reviewed, and what the reviewer named.
    is_explicit:  the reviewer said that the label is wrong, by a coarser name.
    is_overturned: the label fell.
    stops_at_genus: the reviewer named just the genus of the label.
    standing:     the label's standing before.
    """

    place: Ints
    observation: Ints
    reviewer: Ints
    label: Ints
    named: Ints
    is_explicit: Bools
    is_overturned: Bools
    stops_at_genus: Bools
    standing: Standing

    def is_wrong(self, taxonomy: Taxonomy, clade: Ints) -> Bools:
        """Return whether the label's class fell, too: what was named lies outside that.

        ``clade``: by position, the class of a taxon, or itself where it has none.
        """
        return self.is_overturned & falls(taxonomy, clade[self.label], self.named, self.is_explicit)


def find_reviews(history: History, taxonomy: Taxonomy) -> Reviews:
    """Collect the reviews."""
    # iNaturalist gives a label before the first identification, too: the one that is being made.
    is_later = np.append(False, history.observation[1:] == history.observation[:-1])[: len(history.named)]
    can_review = is_later & (history.shown != NONE) & (history.named != NONE) & ~history.is_repeat
    place = np.flatnonzero(can_review)
    named, label = history.named[place], history.shown[place]
    is_explicit = history.is_explicit[place]
    is_overturned = falls(taxonomy, label, named, is_explicit)
    stops = (named == taxonomy.genus[label]) & (named != label)
    kept = is_overturned | stops | taxonomy.is_within(label, named)
    place, named, label = place[kept], named[kept], label[kept]
    observation, reviewer = history.observation[place], history.person[place]
    return Reviews(
        place=place,
        observation=observation,
        reviewer=reviewer,
        label=label,
        named=named,
        is_explicit=is_explicit[kept],
        is_overturned=is_overturned[kept],
        stops_at_genus=stops[kept],
        standing=standing(history, taxonomy, None, observation, label, place),
    )


def falls(taxonomy: Taxonomy, label: Ints, named: Ints, is_explicit: Bools) -> Bools:
    """Return which labels the names beside them reject."""
    is_within, is_above = taxonomy.is_within(label, named), taxonomy.is_within(named, label)
    rejected: Bools = ~is_within & (~is_above | is_explicit)
    return rejected


def vision_q_values(
    label: Ints, is_suggested: Bools, is_overturned: Bools, stratum: Ints, size: int
) -> Floats:
    """By label: are suggested labels overturned more often than others of the same month and region?

    Mantel-Haenszel over the strata, one-sided, with a correction for continuity; then Benjamini and Hochberg
    (1995) over the labels. NaN where the two cannot be compared.
    """
    least = stratum.min(initial=0)
    width = stratum.max(initial=0) - least + 1
    keys, cell = numbered(label * width + stratum - least)
    count, label_of = len(keys), keys // width
    number = np.bincount(cell, minlength=count).astype(np.float64)
    suggested = tally(cell, is_suggested, count)
    overturned = tally(cell, is_overturned, count)
    both = tally(cell, is_suggested & is_overturned, count)
    excess = tally(label_of, both - suggested * overturned / number, size)
    spread = suggested * (number - suggested) * overturned * (number - overturned)
    spread /= number**2 * np.maximum(number - 1.0, 1.0)
    variance = tally(label_of, spread, size)
    is_tested = variance > 0
    p_values = norm.sf((excess[is_tested] - 0.5) / np.sqrt(variance[is_tested]))
    q_values = np.full(size, np.nan)
    q_values[is_tested] = false_discovery_control(p_values) if p_values.size else p_values
    return q_values
