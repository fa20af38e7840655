"""Identifications in the order they were made, as arrays: who named what after seeing which label."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import duckdb
import numpy as np
import pyarrow as pa

from exporter.columns import booleans, integers
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import Bools, Ints

#: What replaced an inactive taxon, by the identifications that a taxon change made in people's names.
_SYNONYMS = """
CREATE OR REPLACE TEMP TABLE synonyms AS
WITH steps AS (
    SELECT i.taxon_id, is_taxon_change,
        lead(i.taxon_id) OVER person AS next_taxon_id, lead(is_taxon_change) OVER person AS next_is_change
    FROM identifications AS i
    WHERE observation_id IN (SELECT observation_id FROM identifications WHERE is_taxon_change)
    WINDOW person AS (PARTITION BY observation_id, user_id ORDER BY identification_id)
)
SELECT taxon_id, next_taxon_id AS valid_taxon_id
FROM steps SEMI JOIN (FROM taxa WHERE NOT is_active) USING (taxon_id)
WHERE next_is_change AND next_taxon_id <> taxon_id
GROUP BY taxon_id, next_taxon_id
QUALIFY row_number() OVER (PARTITION BY taxon_id ORDER BY count(*) DESC, next_taxon_id) = 1
"""

#: A label that is not given is what was named last before.
_HISTORY = """
SELECT i.observation_id,
    dense_rank() OVER (ORDER BY coalesce(user_id, -identification_id)) - 1 AS person,
    coalesce(named.node, -1) AS named,
    coalesce(shown.node, -1) AS shown,
    coalesce(is_vision, false) AS is_vision,
    coalesce(is_disagreement, false) AS is_explicit,
    row_number() OVER (
        PARTITION BY i.observation_id, coalesce(user_id, -identification_id) ORDER BY identification_id
    ) > 1 AS is_repeat,
    coalesce(is_own_observation, false) AS is_own
FROM (
    SELECT *, coalesce(
        previous_observation_taxon_id,
        lag(taxon_id) OVER (PARTITION BY observation_id ORDER BY identification_id)
    ) AS shown_id
    FROM identifications
    WHERE NOT coalesce(is_taxon_change, false) AND NOT coalesce(is_hidden, false)
        AND coalesce(created_at <= $at::TIMESTAMPTZ, true)
) AS i
    JOIN current_nodes AS named ON named.taxon_id = i.taxon_id
    LEFT JOIN current_nodes AS shown ON shown.taxon_id = shown_id
ORDER BY i.observation_id, identification_id
"""


@dataclass(frozen=True)
class History:
    """One entry an identification, by observation and time. Taxa are positions of units, -1 for none.

    observation: index into ``observation_ids``; ascending.
    person:      an arbitrary number, good for nothing but telling people apart in here.
    shown:       the label that stood when it was made.
    is_explicit: says that the shown label is wrong, by a coarser name.
    is_repeat:   not the person's first on this observation.
    is_own:      made by the observer.
    """

    observation_ids: Ints
    observation: Ints
    person: Ints
    named: Ints
    shown: Ints
    is_vision: Bools
    is_explicit: Bools
    is_repeat: Bools
    is_own: Bools

    @cached_property
    def next_of_person(self) -> Ints:
        """Return where the same person identifies the observation next; the history's length for never."""
        size = len(self.person)
        order = np.lexsort((np.arange(size), self.person, self.observation))
        person, observation = self.person[order], self.observation[order]
        is_same = (person[1:] == person[:-1]) & (observation[1:] == observation[:-1])
        following = np.full(size, size, dtype=np.int64)
        following[order[:-1][is_same]] = order[1:][is_same]
        return following


def read_history(con: duckdb.DuckDBPyConnection, taxonomy: Taxonomy, at: datetime | None) -> History:
    """Every identification made by ``at``, but those that are hidden or that a taxon change made.

    A taxon that a change replaced counts as its successor.
    """
    con.execute(_SYNONYMS)
    _create_nodes(con, taxonomy)
    rows = con.execute(_HISTORY, {"at": at}).fetchnumpy()
    con.execute("DROP TABLE synonyms")
    con.execute("DROP TABLE current_nodes")
    ids, observation = np.unique(integers(rows["observation_id"]), return_inverse=True)
    return History(
        observation_ids=ids,
        observation=observation,
        person=integers(rows["person"]),
        named=integers(rows["named"]),
        shown=integers(rows["shown"]),
        is_vision=booleans(rows["is_vision"]),
        is_explicit=booleans(rows["is_explicit"]),
        is_repeat=booleans(rows["is_repeat"]),
        is_own=booleans(rows["is_own"]),
    )


def _create_nodes(con: duckdb.DuckDBPyConnection, taxonomy: Taxonomy) -> None:
    """The unit of each taxon, or of what replaced it."""
    con.register("unit_nodes", pa.table({"taxon_id": taxonomy.tree.taxon_ids, "node": taxonomy.unit}))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE current_nodes AS"
        " SELECT u.taxon_id, coalesce(v.node, u.node) AS node FROM unit_nodes AS u"
        " LEFT JOIN synonyms AS s ON s.taxon_id = u.taxon_id"
        " LEFT JOIN unit_nodes AS v ON v.taxon_id = s.valid_taxon_id"
    )
    con.unregister("unit_nodes")
