"""The observations worth a look, those where a look is worth most first, each with its reasons."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.columns import numbered
from exporter.hotspots.arrays import place_in_group
from exporter.hotspots.assembly import EVIDENCE, EVIDENCE_NAMES, Exported
from exporter.hotspots.moves import Moves
from exporter.hotspots.schema import MOST_PER_LABEL, WORKLIST, Evidence, Kind
from exporter.hotspots.taxonomy import Taxonomy
from exporter.messages import message
from exporter.tree import NONE, Bools, Ints

#: So much agreement settles an observation: two people who overlook one wrong label in five.
_CONFIRMED = 2 * np.log(0.2)

#: One encoder for all rows: there are millions.
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

#: The reason where nothing else is known.
_LITTLE = _as_json(message("little"))

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

    def about(code: str, without: str) -> Callable[[int], str]:
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


def _once_each(make: Callable[..., str], *columns: Ints | Bools) -> tuple[pa.Array, Ints]:
    """The part of every combination of values that occurs, after a comma, and which of these each row has."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values = column.astype(np.int64)
        least = values.min(initial=0)
        key = key * (values.max(initial=0) - least + 1) + values - least
    ids, of = numbered(key)
    row = np.empty(len(ids), dtype=np.int64)
    row[of] = np.arange(len(of))
    combinations = zip(*(column[row].tolist() for column in columns), strict=True)
    texts = (make(*each) for each in combinations)
    return pa.array([text and f",{text}" for text in texts], pa.string()), of


def _together(parts: list[pa.Array]) -> pa.Array:
    """The reasons of rows, from their parts."""
    joined = pc.utf8_ltrim(pc.binary_join_element_wise(*parts, ""), ",")
    return pc.binary_join_element_wise("[", pc.if_else(pc.equal(joined, ""), _LITTLE, joined), "]", "")


def _said(evidence: int, agreeing: int, disagreeing: int, is_suggested: bool) -> str:
    """What identifications say."""
    if EVIDENCE[evidence] is Evidence.RECORDS:
        return _as_json(message("unidentified"))
    if disagreeing:
        return _as_json(message("disagree", against=disagreeing, of=agreeing + disagreeing))
    return _as_json(message("suggested")) if is_suggested else ""


def _overturned(facts: LabelFacts, label: int) -> str:
    reviewed, overturned = int(facts.reviewed[label]), int(facts.overturned[label])
    return _as_json(message("overturned", n=overturned, of=reviewed)) if reviewed else ""


def _out_of_range(is_out: bool) -> str:
    return _as_json(message("out_of_range")) if is_out else ""


def _about(ids: Ints, names: dict[int, str], code: str, without: str, taxon: int) -> str:
    """About a taxon by its name; without it where the name is not known."""
    if taxon == NONE:
        return ""
    name = names.get(int(ids[taxon]))
    return _as_json(message(without) if name is None else message(code, taxon=name))
