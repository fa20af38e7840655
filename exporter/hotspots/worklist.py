"""The observations worth a look, those where a look is worth most first, each with its reasons."""

import json
from dataclasses import dataclass
from functools import cache

import duckdb
import numpy as np
import pyarrow as pa

from exporter.columns import numbered
from exporter.hotspots.arrays import place_in_group
from exporter.hotspots.assembly import EVIDENCE, Exported
from exporter.hotspots.moves import Moves
from exporter.hotspots.schema import MOST_PER_LABEL, WORKLIST, Evidence, Kind
from exporter.hotspots.taxonomy import Taxonomy
from exporter.messages import message
from exporter.tree import NONE, Ints

#: So much agreement settles an observation: two people who overlook one wrong label in five.
_CONFIRMED = 2 * np.log(0.2)

#: One encoder for all rows: there are millions.
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

#: Parts of reasons that are always the same.
_OUT_OF_RANGE, _LITTLE = _as_json(message("out_of_range")), _as_json(message("little"))

#: What is stored of the kinds of evidence, by number.
_EVIDENCE = [one.value for one in EVIDENCE]

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
        pa.array(_EVIDENCE).take(pa.array(exported.evidence[chosen])),
        *places.columns,
        exported.is_suggested[chosen],
        exported.disagreeing[chosen] > 0,
    ]
    return pa.table(columns, names=WORKLIST.names).cast(WORKLIST)


def _kinds(facts: LabelFacts, label: Ints) -> pa.Array:
    """The kind of each label."""
    labels, of = numbered(label)
    kinds = [facts.kind.get(position, Kind.LOOKALIKE.value) for position in labels.tolist()]
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
) -> list[str]:
    """Return what speaks against each label and what it may be instead, as JSON. No person is named."""
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
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    # Many observations have the same reason, and many reasons a part in common.
    parts = _Parts(taxonomy, facts)
    reasons = {row: parts.together(*row) for row in set(rows)}
    return [reasons[row] for row in rows]


class _Parts:
    """The parts of reasons, as JSON: "" for one that does not apply. Each is made once."""

    def __init__(self, taxonomy: Taxonomy, facts: LabelFacts) -> None:
        self._ids = taxonomy.tree.taxon_ids
        self._facts = facts
        self._said = cache(_said)
        self._overturned = cache(self._make_overturned)
        self._about = cache(self._make_about)

    def together(
        self,
        label: int,
        other: int,
        evidence: int,
        agreeing: int,
        disagreeing: int,
        is_suggested: bool,
        is_out: bool,
        seen_as: int,
        leave_at: int,
    ) -> str:
        """Return a reason."""
        parts = [
            self._said(evidence, agreeing, disagreeing, is_suggested),
            self._overturned(label),
            _OUT_OF_RANGE if is_out else "",
            self._about("model", seen_as, "model_other"),
            self._about("left_at", leave_at, "left_at_genus") or self._about("maybe", other, "maybe_other"),
        ]
        return f"[{','.join(filter(None, parts)) or _LITTLE}]"

    def _make_overturned(self, label: int) -> str:
        reviewed, overturned = int(self._facts.reviewed[label]), int(self._facts.overturned[label])
        return _as_json(message("overturned", n=overturned, of=reviewed)) if reviewed else ""

    def _make_about(self, code: str, taxon: int, without: str) -> str:
        """About a taxon by its name; without it where the name is not known."""
        if taxon == NONE:
            return ""
        name = self._facts.names.get(int(self._ids[taxon]))
        return _as_json(message(without) if name is None else message(code, taxon=name))


def _said(evidence: int, agreeing: int, disagreeing: int, is_suggested: bool) -> str:
    """What identifications say."""
    if EVIDENCE[evidence] is Evidence.RECORDS:
        return _as_json(message("unidentified"))
    if disagreeing:
        return _as_json(message("disagree", against=disagreeing, of=agreeing + disagreeing))
    return _as_json(message("suggested")) if is_suggested else ""
