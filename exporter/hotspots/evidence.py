"""Is there enough evidence to look for wrong labels at all?

A label is *reviewed* once a second person has judged it: two people identified the observation, or, where no
identification of it is known, its record counts one that agrees or disagrees. About one review in eight moves
a label, so that fewer than `LEAST_REVIEWS` hold about three moves or less: nothing to learn from. Below that,
what the methods give is their own assumptions, and it is not listed.
"""

from dataclasses import dataclass

import numpy as np

from exporter.hotspots.arrays import places_in, starts_of
from exporter.hotspots.observed import Observed
from exporter.messages import Message, message
from exporter.tree import NONE, Ints

#: Reviewed observations that a lake has at least before hotspots and worklists are listed.
LEAST_REVIEWS = 30


@dataclass(frozen=True)
class Reviews:
    """How many observations anybody identified, as far as the lake knows, and how many were reviewed."""

    identified: int
    reviewed: int

    @property
    def are_enough(self) -> bool:
        """Whether hotspots rest on more than assumptions."""
        return self.reviewed >= LEAST_REVIEWS

    @property
    def missing(self) -> list[Message]:
        """Return what is missing and which command brings it; nothing if nothing is."""
        if self.are_enough:
            return []
        if not self.identified:
            return [message("no_identifications"), message("how_to_load")]
        return [message("few_reviews", reviewed=self.reviewed, least=LEAST_REVIEWS), message("how_to_load")]


def count_reviews(observed: Observed, rows: dict[str, Ints]) -> Reviews:
    """Count the reviews among identifications (`history.read_rows`), and those that records count."""
    is_named = rows["taxon_id"] != NONE
    observation, person = rows["observation_id"][is_named], rows["person_id"][is_named]
    starts = starts_of(observation)
    is_reviewed = np.zeros(len(starts), dtype=np.bool_)
    if len(starts):
        is_reviewed = np.minimum.reduceat(person, starts) != np.maximum.reduceat(person, starts)
    has_votes = observed.agreements + observed.disagreements > 0
    counted = int(np.count_nonzero(places_in(observation[starts], observed.ids[has_votes]) == NONE))
    return Reviews(len(starts) + counted, int(np.count_nonzero(is_reviewed)) + counted)
