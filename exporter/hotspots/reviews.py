"""What became of labels when somebody reviewed them, and whether suggested labels fare worse.

A *review* is a person's first identification of an observation that already carried a label. The label
*fell* if they named a taxon outside it, or said by a coarser name that it is wrong; it *stood* if they named
it or a taxon within it. A coarser name without a disagreement says neither: it is no review.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from scipy.stats import false_discovery_control, norm

from exporter.columns import integers, numbered
from exporter.hotspots.arrays import Floats, tally
from exporter.hotspots.history import History
from exporter.hotspots.standing import Standing, standing
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints

#: Month and region of the reviewed observations; a region is a cell of 30 degrees.
_STRATA = """
SELECT coalesce(month(observed_on), 0) * 10000 + coalesce(CAST(floor(latitude / 30) AS INTEGER) * 100
    + CAST(floor(longitude / 30) AS INTEGER), 9999) AS stratum
FROM reviewed LEFT JOIN observations USING (observation_id)
ORDER BY place
"""


@dataclass(frozen=True)
class Reviews:
    """One entry a review, by observation and time; taxa are positions of units.

    place:        where it is in the history.
    label, named: the label that was reviewed, and what the reviewer named.
    is_overturned: the label fell.
    is_wrong:     so did its class: what was named lies outside that, too.
    stops_at_genus: the reviewer named just the genus of the label.
    standing:     the label's standing before.
    """

    place: Ints
    observation: Ints
    reviewer: Ints
    label: Ints
    named: Ints
    is_overturned: Bools
    is_wrong: Bools
    stops_at_genus: Bools
    standing: Standing


def find_reviews(history: History, taxonomy: Taxonomy, clade: Ints) -> Reviews:
    """Collect the reviews; ``clade``: by position, the class of a taxon, or itself where it has none."""
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
    is_overturned, is_explicit = is_overturned[kept], is_explicit[kept]
    observation, reviewer = history.observation[place], history.person[place]
    return Reviews(
        place=place,
        observation=observation,
        reviewer=reviewer,
        label=label,
        named=named,
        is_overturned=is_overturned,
        is_wrong=is_overturned & falls(taxonomy, clade[label], named, is_explicit),
        stops_at_genus=stops[kept],
        standing=standing(history, taxonomy, None, observation, label, place),
    )


def falls(taxonomy: Taxonomy, label: Ints, named: Ints, is_explicit: Bools) -> Bools:
    """Return which labels the names beside them reject."""
    is_within, is_above = taxonomy.is_within(label, named), taxonomy.is_within(named, label)
    rejected: Bools = ~is_within & (~is_above | is_explicit)
    return rejected


def strata(con: duckdb.DuckDBPyConnection, ids: Ints) -> Ints:
    """Return the month and region of observations, as one number."""
    con.register("reviewed", pa.table({"observation_id": ids, "place": np.arange(len(ids))}))
    result = integers(con.execute(_STRATA).fetchnumpy()["stratum"])
    con.unregister("reviewed")
    return result


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
