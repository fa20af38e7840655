"""What the lake knows of each observation beside its identifications, as arrays: read once for all rules."""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np

from exporter.columns import booleans, floats, integers
from exporter.hotspots.arrays import Floats, laid, places_in
from exporter.tree import NONE, Bools, Ints

#: Degrees. Small enough to separate coasts from mountains, large enough to hold more than one observer.
CELL = 2
ROWS, COLUMNS = 180 // CELL + 1, 360 // CELL

#: The most anomalous twentieth of some observations.
_ANOMALOUS = 0.95

#: Degrees of a region: people there see much the same in the same month.
_REGION = 30
#: The stratum of an observation without a place, in any month; of one without a day, the month is 0.
_NOWHERE, _PER_MONTH = 9999, 10000

_OBSERVATIONS = f"""
SELECT observation_id, coalesce(taxon_id, {NONE}) AS taxon_id,
    coalesce(
        CAST(floor((latitude + 90) / {CELL}) AS BIGINT) * {COLUMNS}
        + CAST(floor((longitude + 180) / {CELL}) AS BIGINT) % {COLUMNS},
        {NONE}
    ) AS cell,
    CAST(coalesce(month(observed_on), 0) * {_PER_MONTH} + coalesce(
        CAST(floor(latitude / {_REGION}) AS INTEGER) * 100 + CAST(floor(longitude / {_REGION}) AS INTEGER),
        {_NOWHERE}
    ) AS INTEGER) AS stratum,
    coalesce(created_at <= $at::TIMESTAMPTZ, true) AS is_made,
    coalesce(quality_grade = 'research', false) AS is_research,
    identification_agreements IS NOT NULL OR identification_disagreements IS NOT NULL AS has_votes,
    coalesce(identification_agreements, 0) AS agreements,
    coalesce(identification_disagreements, 0) AS disagreements,
    anomaly_score, coalesce(is_out_of_range, false) AS is_out_of_range
FROM observations
ORDER BY observation_id
"""


@dataclass(frozen=True)
class Observed:
    """One entry an observation of the lake, by ascending id, as it is now.

    cell:            where it is, in a grid of `ROWS` and `COLUMNS`; -1 for an unknown place.
    stratum:         its month and region, as one number.
    is_made:         it was there at the time that is asked for.
    has_votes:       a source gives numbers of identifications that agree and disagree.
    anomaly_score:   how unusual iNaturalist finds its place; NaN where it does not say.
    is_out_of_range: iNaturalist has it outside the taxon's range.
    """

    ids: Ints
    taxon_ids: Ints
    cell: Ints
    stratum: Ints
    is_made: Bools
    is_research: Bools
    has_votes: Bools
    agreements: Ints
    disagreements: Ints
    anomaly_score: Floats
    is_out_of_range: Bools

    def places(self, observation_ids: Ints) -> Ints:
        """Return where observations are in ``ids``; -1 for those that are not."""
        return places_in(self.ids, observation_ids)

    def are_anomalous(self, place: Ints) -> Bools:
        """Return which of some observations (places) are the most anomalous of them, by iNaturalist's score.

        More than a share of `_ANOMALOUS` of the others have a lower one.
        """
        score = self.anomaly_score[place]
        known = np.sort(score[~np.isnan(score)])
        lower = np.searchsorted(known, score) / max(len(known) - 1, 1)
        return ~np.isnan(score) & (lower > _ANOMALOUS)

    def strata(self, observation_ids: Ints) -> Ints:
        """Return the month and region of observations; of unknown ones those of nowhere and never."""
        return laid(self.stratum, self.places(observation_ids), _NOWHERE)


def read_observed(con: duckdb.DuckDBPyConnection, at: datetime | None) -> Observed:
    """Read the lake's observations; ``at``: a time with a zone, None for now."""
    rows = con.sql(_OBSERVATIONS, params={"at": at}).to_arrow_table()
    return Observed(
        ids=integers(rows["observation_id"]),
        taxon_ids=integers(rows["taxon_id"]),
        cell=integers(rows["cell"]),
        stratum=integers(rows["stratum"]),
        is_made=booleans(rows["is_made"]),
        is_research=booleans(rows["is_research"]),
        has_votes=booleans(rows["has_votes"]),
        agreements=integers(rows["agreements"]),
        disagreements=integers(rows["disagreements"]),
        anomaly_score=floats(rows["anomaly_score"]),
        is_out_of_range=booleans(rows["is_out_of_range"]),
    )
