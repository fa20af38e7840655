"""Observations without identifications in the lake: how likely their label is wrong, by what is told instead.

The rate of their genus stands for it where identifications of other observations give one, else a prior.
The quality grade, the numbers of agreeing and disagreeing identifications (CSV exports) or the anomaly score
(open data), and how many labels like it there are, move its log-odds by fixed amounts. So little is known of
these rates that their prior counts as few observations: the intervals are wide.
"""

from dataclasses import dataclass

import duckdb
import numpy as np

from exporter.columns import booleans, integers
from exporter.hotspots.arrays import Floats
from exporter.tree import Bools, Ints

#: Of 4,336 identifications by experts in iNaturalist's experiment of 2017, about one in eight disagreed.
RATE = 0.12

#: What moves the log-odds of being wrong. Chosen by us, not measured: hence `INFORMATION`.
RESEARCH_GRADE = -0.7
AGREEMENT = -0.5
DISAGREEMENT = 1.5
MOST_VOTES = 4
ANOMALY = 1.0

#: A rare label gathers the mistakes of commoner taxa around it, a common one drowns them: log-odds by the
#: logarithm of how many times fewer than `USUAL_NUMBER` labels there are, up to `MOST_RARITY`.
RARITY = 0.3
USUAL_NUMBER = 20
MOST_RARITY = 1.0

#: How much is known of the log-odds of a label's rate: one over their variance.
INFORMATION = {"votes": 1.5, "records": 0.75}

_COLUMNS = """
SELECT coalesce(quality_grade = 'research', false) AS is_research,
    identification_agreements IS NOT NULL OR identification_disagreements IS NOT NULL AS has_votes,
    coalesce(identification_agreements, 0) AS agreements,
    coalesce(identification_disagreements, 0) AS disagreements,
    coalesce(anomaly_score, 0.0) AS anomaly_score,
    percent_rank() OVER (PARTITION BY anomaly_score IS NULL ORDER BY anomaly_score) > 0.95
        AND anomaly_score IS NOT NULL AS is_anomalous
FROM exported JOIN observations USING (observation_id)
ORDER BY observation_id
"""


@dataclass(frozen=True)
class Votes:
    """Per exported observation, by id: what is told beside its identifications."""

    is_research: Bools
    has_votes: Bools
    agreements: Ints
    disagreements: Ints
    is_anomalous: Bools


def read_votes(con: duckdb.DuckDBPyConnection) -> Votes:
    """The votes and grades of the exported observations."""
    rows = con.execute(_COLUMNS).fetchnumpy()
    return Votes(
        booleans(rows["is_research"]),
        booleans(rows["has_votes"]),
        integers(rows["agreements"]),
        integers(rows["disagreements"]),
        booleans(rows["is_anomalous"]),
    )


def suspicion(votes: Votes, rate: Floats, number: Ints) -> Floats:
    """The probability that each label is wrong, from the rate of its like and the number of its labels."""
    log_odds = np.log(rate / (1.0 - rate))
    log_odds = log_odds + RESEARCH_GRADE * votes.is_research
    log_odds += AGREEMENT * np.minimum(votes.agreements, MOST_VOTES)
    log_odds += DISAGREEMENT * np.minimum(votes.disagreements, MOST_VOTES)
    log_odds += ANOMALY * votes.is_anomalous
    log_odds += (RARITY * np.log(USUAL_NUMBER / number)).clip(-MOST_RARITY, MOST_RARITY)
    odds: Floats = 1.0 / (1.0 + np.exp(-log_odds))
    return odds
