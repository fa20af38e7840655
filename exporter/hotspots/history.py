"""Identifications in the order they were made, as arrays: who named what after seeing which label."""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np

from exporter.columns import integers, numbered
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints

#: What replaced an inactive taxon, by the identifications that a taxon change made in people's names.
_SYNONYMS = """
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

#: What is true of an identification, a bit each: one column, without nulls.
_VISION, _EXPLICIT, _OWN = 1, 2, 4

_IDENTIFICATIONS = f"""
SELECT observation_id, identification_id, coalesce(user_id, -identification_id) AS person_id,
    coalesce(taxon_id, {NONE}) AS taxon_id, coalesce(previous_observation_taxon_id, {NONE}) AS shown_id,
    CAST(
        {_VISION} * CAST(coalesce(is_vision, false) AS TINYINT)
        + {_EXPLICIT} * CAST(coalesce(is_disagreement, false) AS TINYINT)
        + {_OWN} * CAST(coalesce(is_own_observation, false) AS TINYINT)
    AS TINYINT) AS flags
FROM identifications
WHERE NOT coalesce(is_taxon_change, false) AND NOT coalesce(is_hidden, false)
    AND coalesce(created_at <= $at::TIMESTAMPTZ, true)
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
    next_of_person: where the same person identifies the observation next; the history's length for never.
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
    next_of_person: Ints


def read_rows(con: duckdb.DuckDBPyConnection, at: datetime | None) -> dict[str, Ints]:
    """Every identification made by ``at``, but those that are hidden or that a taxon change made.

    By observation and identification; the columns of `_IDENTIFICATIONS`.
    """
    table = con.sql(_IDENTIFICATIONS, params={"at": at}).to_arrow_table()
    rows = {name: integers(table[name]) for name in table.column_names}
    observation, identification = rows["observation_id"], rows["identification_id"]
    is_later = observation[1:] > observation[:-1]
    is_later |= (observation[1:] == observation[:-1]) & (identification[1:] > identification[:-1])
    if not is_later.all():
        order = np.lexsort((identification, observation))
        rows = {name: column[order] for name, column in rows.items()}
    return rows


def read_history(con: duckdb.DuckDBPyConnection, taxonomy: Taxonomy, rows: dict[str, Ints]) -> History:
    """Put identifications (`read_rows`) over a tree.

    A taxon that a change replaced counts as its successor. A label that is not given is what was named last
    before. Identifications of taxa that the tree does not have are left out.
    """
    current = np.append(_current_units(con, taxonomy), NONE)
    positions = taxonomy.tree.positions(rows["taxon_id"])
    named, shown = current[positions], current[taxonomy.tree.positions(_shown_ids(rows))]
    kept = np.flatnonzero(positions != NONE)
    ids, observation = numbered(rows["observation_id"][kept])
    _, person = numbered(rows["person_id"][kept])
    flags = rows["flags"][kept]
    earlier, later = _of_one_person(observation, person)
    is_repeat = np.zeros(len(kept), dtype=np.bool_)
    is_repeat[later] = True
    next_of_person = np.full(len(kept), len(kept), dtype=np.int64)
    next_of_person[earlier] = later
    return History(
        observation_ids=ids,
        observation=observation,
        person=person,
        named=named[kept],
        shown=shown[kept],
        is_vision=flags & _VISION != 0,
        is_explicit=flags & _EXPLICIT != 0,
        is_repeat=is_repeat,
        is_own=flags & _OWN != 0,
        next_of_person=next_of_person,
    )


def _shown_ids(rows: dict[str, Ints]) -> Ints:
    """The taxon of the label that stood when each was made; -1 where it is not known."""
    shown, observation = rows["shown_id"].copy(), rows["observation_id"]
    is_follower = np.append(False, observation[1:] == observation[:-1])[: len(observation)]
    follows = np.flatnonzero((shown == NONE) & is_follower)
    shown[follows] = rows["taxon_id"][follows - 1]
    return shown


def _of_one_person(observation: Ints, person: Ints) -> tuple[Ints, Ints]:
    """Each identification after which the same person makes another of the observation, and the next one."""
    # Nearly in order, so that a stable sort takes few steps.
    key = observation * (person.max(initial=0) + 1) + person
    order = np.argsort(key, kind="stable")
    key = key[order]
    is_same = key[1:] == key[:-1]
    return order[:-1][is_same], order[1:][is_same]


def _current_units(con: duckdb.DuckDBPyConnection, taxonomy: Taxonomy) -> Ints:
    """By position of the tree: the unit of the taxon, or of what replaced it."""
    rows = con.sql(_SYNONYMS).to_arrow_table()
    replaced, valid = (
        taxonomy.tree.positions(integers(rows[name])) for name in ("taxon_id", "valid_taxon_id")
    )
    is_known = (replaced != NONE) & (valid != NONE)
    units = taxonomy.unit.copy()
    units[replaced[is_known]] = taxonomy.unit[valid[is_known]]
    return units
