"""Observations of whose identifications only numbers are known: votes (CSV exports), grade, anomaly score."""

from dataclasses import dataclass

import numpy as np

from exporter.hotspots.arrays import Floats
from exporter.hotspots.observed import Observed
from exporter.hotspots.sensitivity import VAIN_OBJECTION, log_odds_of_review
from exporter.tree import Bools, Ints

#: More votes than these add nothing.
MOST_VOTES = 4

#: What an unusual place (iNaturalist's own score) adds to the log-odds. Chosen, not measured.
ANOMALY = 1.0

#: What is known of a label's rate, as a share of what identifications would show: votes show neither who gave
#: them nor what came first.
KNOWN = {"votes": 0.75, "records": 0.5}


@dataclass(frozen=True)
class Votes:
    """Per exported observation, by id: what is known beside its identifications."""

    is_research: Bools
    has_votes: Bools
    agreements: Ints
    disagreements: Ints
    is_anomalous: Bools

    def evidence(self, usual: float) -> Floats:
        """Return what the votes say for a label's being wrong, as log-odds.

        ``usual``: how often reviewers overturn a wrong label. Research Grade takes one who agrees at least.
        """
        agreeing = np.maximum(np.minimum(self.agreements, MOST_VOTES), self.is_research)
        for_it, against_it = (
            log_odds_of_review(np.array([usual]), np.array([is_overturned]), VAIN_OBJECTION)[0]
            for is_overturned in (False, True)
        )
        disagreeing = np.minimum(self.disagreements, MOST_VOTES)
        evidence: Floats = agreeing * for_it + disagreeing * against_it + ANOMALY * self.is_anomalous
        return evidence


def votes_of(observed: Observed, place: Ints) -> Votes:
    """Return what is known of exported observations (places among the observed), by id."""
    return Votes(
        observed.is_research[place],
        observed.has_votes[place],
        observed.agreements[place],
        observed.disagreements[place],
        observed.are_anomalous(place),
    )
