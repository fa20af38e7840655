"""Is there enough evidence to look for wrong labels at all?

A label is *reviewed* once a second person has judged it: two people identified the observation, or, where no
identification of it is known, its record counts one that agrees or disagrees. About one review in eight moves
a label, so that fewer than `LEAST_REVIEWS` hold about three moves or less: nothing to learn from. Below that,
what the methods give is their own assumptions, and it is not listed.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from exporter.messages import Message, message

#: Reviewed observations that a lake has at least before hotspots and worklists are listed.
LEAST_REVIEWS = 30

_REVIEWS = """
WITH identified AS (
    SELECT observation_id, min(person_id) <> max(person_id) AS is_reviewed
    FROM (SELECT *, coalesce(user_id, -identification_id) AS person_id FROM identifications)
    WHERE taxon_id IS NOT NULL
        AND NOT coalesce(is_taxon_change, false) AND NOT coalesce(is_hidden, false)
        AND coalesce(created_at <= $at::TIMESTAMPTZ, true)
    GROUP BY observation_id
),
counted AS (
    SELECT observation_id FROM observations ANTI JOIN identified USING (observation_id)
    WHERE coalesce(identification_agreements, 0) + coalesce(identification_disagreements, 0) > 0
)
SELECT (SELECT count(*) FROM identified) + (SELECT count(*) FROM counted),
    (SELECT count(*) FROM identified WHERE is_reviewed) + (SELECT count(*) FROM counted)
"""


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


def count_reviews(con: duckdb.DuckDBPyConnection, at: datetime | None) -> Reviews:
    """Count the reviews by ``at`` (a time with a zone; None: now)."""
    [row] = con.execute(_REVIEWS, {"at": at}).fetchall()
    return Reviews(*row)
