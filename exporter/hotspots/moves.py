"""Does one more disagreement move a label? Learned from the labels of the lake that somebody rejected.

By iNaturalist's rule the community taxon leaves a label once no more than two thirds of the identifications
are for it. Where one more disagreement does that, the label moves at once; where it takes more, it moves if
others follow. How often they do is what is learned, by how many it takes.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa

from exporter.columns import distinct, integers
from exporter.community import labels
from exporter.hotspots.arrays import Floats, places_in, tally
from exporter.hotspots.history import History
from exporter.hotspots.reviews import Reviews
from exporter.hotspots.schema import FIT
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Ints

#: Labels that take so many disagreements, or more, are alike.
MOST_NEEDED = 4
#: What is believed before: each disagreement beyond the first halves the chance. And the labels it weighs.
_USUAL = 0.5 ** np.arange(MOST_NEEDED)
_STRENGTH = 10.0

_REJECTED = """
CREATE OR REPLACE TEMP TABLE rejected AS
SELECT * FROM identifications SEMI JOIN rejected_ids USING (observation_id)
"""
_LABELS = "SELECT observation_id, taxon_id FROM labels ORDER BY observation_id"


@dataclass(frozen=True)
class Moves:
    """How often a label that is rejected once more moves.

    chance:   by how many disagreements it takes, 1 first; the last is for that many or more.
    rejected: how many rejected labels each is learned from.
    """

    chance: Floats
    rejected: Ints

    def of(self, agreeing: Ints, disagreeing: Ints) -> Floats:
        """Return the chance for labels with so many people for and against them."""
        result: Floats = self.chance[needed(agreeing, disagreeing).clip(1, MOST_NEEDED) - 1]
        return result

    def as_table(self) -> pa.Table:
        """Return what was learned, as `schema.FIT`."""
        names = [f"disagreements it takes: {number}" for number in range(1, MOST_NEEDED)]
        names.append(f"disagreements it takes: {MOST_NEEDED} or more")
        part, rejected = ["moves"] * MOST_NEEDED, self.rejected.astype(np.float64)
        return pa.table([part, names, self.chance, rejected], schema=FIT)


def needed(agreeing: Ints, disagreeing: Ints) -> Ints:
    """Return how many more disagreements it takes until no more than 2/3 are for the label; 1 at least."""
    result: Ints = np.maximum((agreeing + 1) // 2 - disagreeing, 1)
    return result


def learn_moves(
    con: duckdb.DuckDBPyConnection,
    taxonomy: Taxonomy,
    history: History,
    reviews: Reviews,
    at: datetime | None,
) -> Moves:
    """Learn from the first rejection of each label, and from where its observation stands at ``at``."""
    rejects = np.flatnonzero(reviews.is_overturned & (reviews.standing.namer != NONE))
    case = reviews.observation[rejects] * np.int64(len(taxonomy.tree)) + reviews.label[rejects]
    rejects = rejects[np.unique(case, return_index=True)[1]]
    standing = reviews.standing
    takes = needed(1 + standing.agreeing[rejects], standing.disagreeing[rejects]).clip(1, MOST_NEEDED) - 1
    now = _labels_at(con, taxonomy, history.observation_ids[reviews.observation[rejects]], at)
    has_moved = (now != NONE) & ~taxonomy.is_within(reviews.label[rejects], now)
    rejected = np.bincount(takes, minlength=MOST_NEEDED)
    moved = tally(takes, has_moved, MOST_NEEDED)
    return Moves((moved + _STRENGTH * _USUAL) / (rejected + _STRENGTH), rejected)


def _labels_at(
    con: duckdb.DuckDBPyConnection, taxonomy: Taxonomy, observation_ids: Ints, at: datetime | None
) -> Ints:
    """The unit that each observation shows, -1 for none."""
    con.register("rejected_ids", pa.table({"observation_id": distinct(observation_ids)}))
    con.execute(_REJECTED)
    labels(con, at, "rejected")
    rows = con.execute(_LABELS).fetchnumpy()
    for table in ("labels", "rejected"):
        con.execute(f"DROP TABLE {table}")
    con.unregister("rejected_ids")
    shown = np.full(len(observation_ids), NONE, dtype=np.int64)
    place = places_in(integers(rows["observation_id"]), observation_ids)
    taxon_ids = integers(rows["taxon_id"], null=NONE)
    shown[place != NONE] = taxonomy.tree.positions(taxon_ids[place[place != NONE]])
    return np.where(shown == NONE, NONE, taxonomy.unit[shown])
