"""The observations worth a look, those where a look is worth most first, each with its reasons."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.columns import numbered
from exporter.hotspots.arrays import place_in_group, significant
from exporter.hotspots.assembly import EVIDENCE, EVIDENCE_NAMES, Exported
from exporter.hotspots.moves import Moves
from exporter.hotspots.schema import (
    DIGITS,
    DIGITS_OF_PRIORITY,
    MOST_PER_LABEL,
    WORKLIST,
    Evidence,
    Kind,
)
from exporter.hotspots.taxonomy import Taxonomy
from exporter.message_texts import message_texts
from exporter.tree import NONE, Bools, Ints

#: So much agreement settles an observation: two people who overlook one wrong label in five.
_CONFIRMED = 2 * np.log(0.2)

#: What a part of the reasons is where it says nothing.
_NOTHING = pa.scalar(None, pa.string())

#: Reasons put together at once: their texts stay far below the 2 GiB that an array of texts holds.
_CHUNK = 1_000_000

_PLACES = """
SELECT latitude, longitude, observed_on, observation_uuid, quality_grade
FROM chosen JOIN observations USING (observation_id) ORDER BY place
"""


@dataclass(frozen=True)
class LabelFacts:
    """By position of the tree: what reasons say of a label; and how often a rejected label moves."""

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
    """More doubtful than the average label, and not confirmed; best first, of equal ones the older.

    Ordered by the wrong photos expected to leave the next export by one skilled look: the probability of
    being wrong, times the photos, times the chance that a disagreement moves the label.
    """
    suspicion = exported.suspicion
    is_open = exported.said > _CONFIRMED
    chosen = np.flatnonzero((suspicion > suspicion.mean()) & is_open) if len(suspicion) else np.arange(0)
    moves = facts.moves.of(exported.agreeing[chosen], exported.disagreeing[chosen])
    worth = significant(suspicion[chosen] * exported.exported_photos[chosen] * moves, DIGITS_OF_PRIORITY)
    suspicion = significant(suspicion[chosen], DIGITS)
    order = np.lexsort((exported.observation_ids[chosen], -worth))
    order = order[place_in_group(exported.label[chosen[order]]) < MOST_PER_LABEL]
    chosen, worth, suspicion = chosen[order], worth[order], suspicion[order]
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
        suspicion,
        pa.array(ids[suggested], mask=suggested == NONE),
        _reasons(exported, taxonomy, facts, chosen, suggested),
        worth,
        exported.photos[chosen].astype(np.int32),
        _kinds(facts, label),
        pa.array(EVIDENCE_NAMES).take(pa.array(exported.evidence[chosen])),
        *places.columns,
        exported.is_suggested[chosen],
        exported.disagreeing[chosen] > 0,
    ]
    return pa.table(columns, names=WORKLIST.names).cast(WORKLIST)


def _kinds(facts: LabelFacts, label: Ints) -> pa.Array:
    """The kind of each label."""
    labels, of = numbered(label)
    usual = Kind.LOOKALIKE.value
    kinds = [facts.kind.get(position, usual) for position in labels.tolist()]
    return pa.array(kinds, pa.string()).take(pa.array(of))


def _first_known(*columns: Ints) -> Ints:
    """The first of the taxa beside each other that is one, -1 where none is."""
    result = columns[0]
    for column in columns[1:]:
        result = np.where(result == NONE, column, result)
    return result


def _places(con: duckdb.DuckDBPyConnection, ids: Ints) -> pa.Table:
    con.register("chosen", pa.table({"observation_id": ids, "place": np.arange(len(ids))}))
    places = con.sql(_PLACES).to_arrow_table()
    con.unregister("chosen")
    return places


def _reasons(
    exported: Exported, taxonomy: Taxonomy, facts: LabelFacts, chosen: Ints, suggested: Ints
) -> pa.ChunkedArray:
    """Return what speaks against each label and what it may be instead, as JSON. No person is named."""
    label = exported.label[chosen]
    said = (exported.evidence, exported.agreeing, exported.disagreeing, exported.is_suggested)
    leave_at, contradicted = facts.leave_at[label], exported.contradicted[chosen]

    def about(code: str, without: str) -> Callable[[Ints], pa.Array]:
        return partial(_about, taxonomy.tree.taxon_ids, facts.names, code, without)

    parts = [
        _once_each(_said, *(column[chosen] for column in said)),
        _once_each(partial(_overturned, facts), label),
        _once_each(_out_of_range, exported.is_out_of_range[chosen]),
        _once_each(about("model", "model_other"), contradicted),
        _once_each(about("left_at", "left_at_genus"), leave_at),
        _once_each(about("maybe", "maybe_other"), np.where(leave_at == NONE, suggested, NONE)),
    ]
    chunks = [
        _together([texts.take(pa.array(of[start : start + _CHUNK])) for texts, of in parts])
        for start in range(0, len(chosen), _CHUNK)
    ]
    return pa.chunked_array(chunks, pa.string())


def _once_each(make: Callable[..., pa.Array], *columns: Ints | Bools) -> tuple[pa.Array, Ints]:
    """The part of every combination of values that occurs, after a comma, and which of these each row has."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values = column.astype(np.int64)
        least = values.min(initial=0)
        key = key * (values.max(initial=0) - least + 1) + values - least
    ids, of = numbered(key)
    row = np.empty(len(ids), dtype=np.int64)
    row[of] = np.arange(len(of))
    texts = pc.binary_join_element_wise(",", make(*(column[row] for column in columns)), "")
    return pc.fill_null(texts, ""), of


def _together(parts: list[pa.Array]) -> pa.Array:
    """The reasons of rows, from their parts."""
    joined = pc.utf8_ltrim(pc.binary_join_element_wise(*parts, ""), ",")
    reasons = pc.if_else(pc.equal(joined, ""), message_texts("little"), joined)
    return pc.binary_join_element_wise("[", reasons, "]", "")


def _said(evidence: Ints, agreeing: Ints, disagreeing: Ints, is_suggested: Bools) -> pa.Array:
    """What identifications say."""
    is_unheard = evidence == EVIDENCE.index(Evidence.RECORDS)
    disagree = message_texts("disagree", against=disagreeing, of=agreeing + disagreeing)
    said = _where(disagreeing > 0, disagree, _where(is_suggested, message_texts("suggested")))
    return _where(is_unheard, message_texts("unidentified"), said)


def _overturned(facts: LabelFacts, label: Ints) -> pa.Array:
    reviewed, overturned = facts.reviewed[label], facts.overturned[label]
    return _where(reviewed > 0, message_texts("overturned", n=overturned, of=reviewed))


def _out_of_range(is_out: Bools) -> pa.Array:
    return _where(is_out, message_texts("out_of_range"))


def _about(ids: Ints, names: dict[int, str], code: str, without: str, taxon: Ints) -> pa.Array:
    """About taxa by their names; without it where the name is not known."""
    known = pa.array([names.get(taxon_id) for taxon_id in ids[taxon].tolist()], pa.string())
    about = pc.if_else(known.is_valid(), message_texts(code, taxon=known), message_texts(without))
    return _where(taxon != NONE, about)


def _where(condition: Bools, texts: pa.Array, otherwise: pa.Array = _NOTHING) -> pa.Array:
    """The texts where a condition holds."""
    return pc.if_else(pa.array(condition), texts, otherwise)
