"""The observations worth a look, those where a look is worth most first, each with its reason in words."""

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from exporter.hotspots.arrays import place_in_group
from exporter.hotspots.assembly import EVIDENCE, Exported
from exporter.hotspots.moves import Moves
from exporter.hotspots.schema import MOST_PER_LABEL, WORKLIST, Evidence, Kind
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Ints

#: So much agreement settles an observation: two people who overlook one wrong label in five.
_CONFIRMED = 2 * np.log(0.2)

_LITTLE = "Little speaks for the label."

_PLACES = """
SELECT latitude, longitude, observed_on, observation_uuid
FROM chosen JOIN observations USING (observation_id) ORDER BY place
"""


@dataclass(frozen=True)
class LabelFacts:
    """By position of the tree: what reasons tell of a label; and how often a rejected label moves."""

    kind: dict[int, str]
    reviewed: Ints
    overturned: Ints
    leave_at: Ints
    alternative: Ints
    names: dict[int, str]
    moves: Moves


def worklist(
    con: duckdb.DuckDBPyConnection, exported: Exported, taxonomy: Taxonomy, facts: LabelFacts
) -> pa.Table:
    """More doubtful than the average label, and not confirmed; best first.

    Ordered by the wrong photos expected to leave the next export by one skilled look: the probability of
    being wrong, times the photos, times the chance that a disagreement moves the label.
    """
    suspicion = exported.suspicion
    is_open = exported.said > _CONFIRMED
    chosen = np.flatnonzero((suspicion > suspicion.mean()) & is_open) if len(suspicion) else np.arange(0)
    worth = suspicion * exported.exported_photos * facts.moves.of(exported.agreeing, exported.disagreeing)
    order = np.lexsort((exported.observation_ids[chosen], -suspicion[chosen], -worth[chosen]))
    chosen = chosen[order]
    chosen = chosen[place_in_group(exported.label[chosen]) < MOST_PER_LABEL]
    ids = taxonomy.tree.taxon_ids
    label = exported.label[chosen]
    other = _first_known(exported.other[chosen], exported.contradicted[chosen], facts.alternative[label])
    # A taxon within the label is a finer name, and no alternative.
    other = np.where(taxonomy.is_within(label, other), NONE, other)
    suggested = _first_known(other, facts.leave_at[label])
    places = _places(con, exported.observation_ids[chosen])
    columns = [
        exported.observation_ids[chosen],
        ids[label],
        suspicion[chosen],
        pa.array(ids[suggested], mask=suggested == NONE),
        _reasons(exported, taxonomy, facts, chosen, suggested),
        worth[chosen],
        exported.photos[chosen].astype(np.int32),
        [facts.kind.get(position, Kind.LOOKALIKE.value) for position in label.tolist()],
        [EVIDENCE[number].value for number in exported.evidence[chosen].tolist()],
        *(places[name] for name in ("latitude", "longitude", "observed_on", "observation_uuid")),
    ]
    return pa.table(columns, names=WORKLIST.names).cast(WORKLIST)


def _first_known(*columns: Ints) -> Ints:
    """The first of the taxa beside each other that is one, -1 where none is."""
    found = columns[0]
    for column in columns[1:]:
        found = np.where(found == NONE, column, found)
    return found


def _places(con: duckdb.DuckDBPyConnection, ids: Ints) -> pa.Table:
    con.register("chosen", pa.table({"observation_id": ids, "place": np.arange(len(ids))}))
    places = con.sql(_PLACES).to_arrow_table()
    con.unregister("chosen")
    return places


def _reasons(
    exported: Exported, taxonomy: Taxonomy, facts: LabelFacts, chosen: Ints, suggested: Ints
) -> list[str]:
    """What speaks against each label, and what it may be instead: sentences that tell of no person."""
    columns = (
        exported.label[chosen],
        suggested,
        exported.evidence[chosen],
        exported.agreeing[chosen],
        exported.disagreeing[chosen],
        exported.is_suggested[chosen],
        exported.is_out_of_range[chosen],
        exported.contradicted[chosen],
        facts.leave_at[exported.label[chosen]],
    )
    ids = taxonomy.tree.taxon_ids
    names = facts.names
    reasons = []
    for label, other, evidence, agreeing, disagreeing, is_suggested, is_out, seen_as, leave_at in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        parts = []
        if EVIDENCE[evidence] is Evidence.RECORDS:
            parts.append("No identification of it is known.")
        elif disagreeing:
            parts.append(f"Of {agreeing + disagreeing} identifications {disagreeing} disagree.")
        elif is_suggested:
            parts.append("First named by a computer-vision suggestion.")
        if facts.reviewed[label]:
            parts.append(
                f"Of {facts.reviewed[label]:,} reviewed labels of this taxon"
                f" {facts.overturned[label]:,} were overturned."
            )
        if is_out:
            parts.append("It is hardly ever named around here.")
        if seen_as != NONE:
            parts.append(f"A trained model takes it for {names.get(int(ids[seen_as]), 'another taxon')}.")
        if leave_at != NONE:
            parts.append(f"From photos it is mostly left at {names.get(int(ids[leave_at]), 'the genus')}.")
        elif other != NONE:
            parts.append(f"It may be {names.get(int(ids[other]), 'another taxon')}.")
        reasons.append(" ".join(parts) or _LITTLE)
    return reasons
