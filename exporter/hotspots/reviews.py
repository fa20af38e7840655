"""What skilled people did with the labels they saw, and whether suggested labels fare worse.

A review is one observation and one label that a skilled person saw on it; it is overturned if any of them
named a taxon outside the label, or said by a coarser name that it is wrong.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from scipy.stats import false_discovery_control, norm

from exporter.columns import integers
from exporter.hotspots.arrays import Floats, places_in, tally
from exporter.hotspots.cases import is_above
from exporter.hotspots.judging import Reading
from exporter.hotspots.responses import SKILLED
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
    """One entry a review: the label (a position), and what became of it.

    is_suggested:  the label came from a suggestion.
    stops_at_genus: a skilled person named just the genus of the label.
    stratum:       month and region of the observation.
    """

    label: Ints
    is_overturned: Bools
    is_suggested: Bools
    stops_at_genus: Bools
    stratum: Ints


def find_reviews(con: duckdb.DuckDBPyConnection, reading: Reading, taxonomy: Taxonomy) -> Reviews:
    """Collect the reviews."""
    history, response = reading.history, reading.cases.response
    is_skilled = (reading.level[response] >= SKILLED) & ~history.is_vision[response]
    response = response[is_skilled & (history.shown[response] != NONE)]
    named, shown = history.named[response], history.shown[response]
    is_kept = taxonomy.is_within(shown, named)
    is_coarser = is_above(taxonomy, named, shown)
    overturns = ~is_kept & (~is_coarser | history.is_explicit[response])
    stops = is_coarser & (named == taxonomy.genus[shown])

    size = np.int64(len(taxonomy.tree))
    keys, review = np.unique(history.observation[response] * size + shown, return_inverse=True)
    said, first_said = np.unique(history.observation * size + history.named, return_index=True)
    place = places_in(said, keys)
    is_suggested = (place != NONE) & history.is_vision[first_said[place]]
    ids = history.observation_ids[keys // size]
    return Reviews(
        label=keys % size,
        is_overturned=tally(review, overturns, len(keys)) > 0,
        is_suggested=is_suggested,
        stops_at_genus=tally(review, stops, len(keys)) > 0,
        stratum=_strata(con, ids),
    )


def _strata(con: duckdb.DuckDBPyConnection, ids: Ints) -> Ints:
    con.register("reviewed", pa.table({"observation_id": ids, "place": np.arange(len(ids))}))
    found = integers(con.execute(_STRATA).fetchnumpy()["stratum"])
    con.unregister("reviewed")
    return found


def vision_q_values(reviews: Reviews, size: int) -> Floats:
    """By label: are suggested labels overturned more often than others of the same month and region?

    Mantel-Haenszel over the strata, one-sided, with a correction for continuity; then Benjamini and Hochberg
    (1995) over the labels. NaN where the two cannot be compared.
    """
    keys, cell = np.unique((reviews.label, reviews.stratum), axis=1, return_inverse=True)
    count = keys.shape[1]
    number = np.bincount(cell, minlength=count).astype(np.float64)
    suggested = tally(cell, reviews.is_suggested, count)
    overturned = tally(cell, reviews.is_overturned, count)
    both = tally(cell, reviews.is_suggested & reviews.is_overturned, count)
    excess = tally(keys[0], both - suggested * overturned / number, size)
    spread = suggested * (number - suggested) * overturned * (number - overturned)
    spread /= number**2 * np.maximum(number - 1.0, 1.0)
    variance = tally(keys[0], spread, size)
    is_tested = variance > 0
    p_values = norm.sf((excess[is_tested] - 0.5) / np.sqrt(variance[is_tested]))
    q_values = np.full(size, np.nan)
    q_values[is_tested] = false_discovery_control(p_values) if p_values.size else p_values
    return q_values
