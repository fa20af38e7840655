"""The table of hotspots, from the judgements."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.columns import floats, integers, numbered
from exporter.hotspots.alternatives import LEAST_NAMED
from exporter.hotspots.arrays import Floats, places_in, significant, starts_of, tally
from exporter.hotspots.assembly import EVIDENCE_NAMES, Exported
from exporter.hotspots.collapse import Collapses
from exporter.hotspots.intervals import intervals, variances
from exporter.hotspots.judging import Reading
from exporter.hotspots.observed import Observed
from exporter.hotspots.reviews import vision_q_values
from exporter.hotspots.schema import DIGITS, HOTSPOTS, Kind, is_coarse
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE, Bools, Ints

_SIGNIFICANT = 0.05
#: A collapse names its one species at least this much more often than skilled people do.
_COLLAPSE_EXCESS = 1.25
_COLLAPSE_SHARE = 0.2
#: Out of range: of the expected wrong labels, this share at least is, and so many times that of all labels.
_OUT_SHARE, _OUT_EXCESS = 0.3, 2.0
#: Shares and chances by which suggestions and people are compared; null where they are not.
_COMPARED = ("vision_q_value", "suggested_share", "skilled_share", "collapse_q_value")
#: A label is left at genus if so many reviews, and this share of them, stopped there.
_LEAST_STOPS, _STOP_SHARE = 5, 0.6


@dataclass(frozen=True)
class Labels:
    """One entry a label; taxa are positions. ``of`` is the label of each exported observation."""

    taxon: Ints
    of: Ints
    columns: dict[str, Any]
    kinds: list[list[str]]
    leave_at: Ints

    @property
    def kind(self) -> list[str]:
        """What explains most of each label's wrong ones."""
        return [kinds[0] for kinds in self.kinds]


def describe_labels(
    observed: Observed,
    exported: Exported,
    taxonomy: Taxonomy,
    reading: Reading,
    collapses: Collapses,
    pairs: pa.Table,
) -> Labels:
    """Count and estimate each label, and say of what kinds it is."""
    taxon, of = numbered(exported.label)
    count = len(taxon)
    suspicion = exported.suspicion
    expected = tally(of, suspicion, count)
    number = tally(of, np.ones(len(of)), count)
    variance = variances(of, exported.rate, suspicion * (1.0 - suspicion), exported.information, count)
    low, high = intervals(expected, variance, number)
    evidence = np.zeros(count, dtype=np.int64)
    least = tally(of * 3 + exported.evidence, np.ones(len(of)), 3 * count).reshape(count, 3)
    evidence[:] = np.argmax(least, axis=1)
    leaf = np.zeros(count, dtype=np.int64)
    leaf[of] = exported.leaf
    columns: dict[str, Any] = {
        "taxon_id": taxonomy.tree.taxon_ids[taxon],
        "labels": number.astype(np.int64),
        "expected_wrong": significant(expected, DIGITS),
        "expected_wrong_low": significant(low, DIGITS),
        "expected_wrong_high": np.minimum(significant(high, DIGITS), number),
        "from_vision": tally(of, exported.is_suggested, count).astype(np.int64),
        "exported_photos": np.rint(tally(of, exported.exported_photos, count)).astype(np.int64),
        "leaf_taxon_id": taxonomy.tree.taxon_ids[leaf],
        "evidence": pa.array(EVIDENCE_NAMES).take(pa.array(evidence)),
        "expected_wrong_photos": significant(tally(of, exported.exported_photos * suspicion, count), DIGITS),
    }
    columns["is_coarse"] = is_coarse(taxonomy.level[taxon], taxon == leaf)
    columns |= _review_counts(observed, taxonomy, taxon, reading)
    columns |= _collapse_columns(taxon, collapses)
    columns |= _confused(columns["taxon_id"], pairs)
    leave_at = _leave_at(taxonomy, taxon, reading)
    columns["leave_at_taxon_id"] = _optional(taxonomy.tree.taxon_ids[leave_at], leave_at == NONE)
    kinds = _kinds(exported, of, expected, columns)
    return Labels(taxon, of, columns, kinds, leave_at)


def hotspots(labels: Labels, names: dict[int, str]) -> pa.Table:
    """Return one row a label, worst first.

    Before all others come labels of which at least one was overturned: what is expected of the rest is
    borrowed from their kin. Labels that are merely coarse come last.
    """
    columns = dict(labels.columns)
    expected = np.asarray(columns["expected_wrong"])
    taxon_ids = np.asarray(columns["taxon_id"])
    is_borrowed = np.asarray(columns["overturned"]) == 0
    order = np.lexsort((taxon_ids, -expected, is_borrowed, np.asarray(columns["is_coarse"])))
    for name in _COMPARED:
        columns[name] = _optional(significant(_floats(columns[name]), DIGITS))
    confused = columns["confused_with_taxon_id"].to_pylist()
    columns |= {
        "name": pa.array([names.get(taxon_id) for taxon_id in taxon_ids.tolist()], pa.string()),
        "confused_with_name": pa.array([names.get(taxon_id) for taxon_id in confused], pa.string()),
        "kind": pa.array(labels.kind, pa.string()),
        "kinds": pa.array(labels.kinds, pa.list_(pa.string())),
    }
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(1, len(order) + 1)
    columns["rank"] = rank
    table = pa.table({field.name: columns[field.name] for field in HOTSPOTS}).cast(HOTSPOTS)
    return table.take(pa.array(order))


def _review_counts(observed: Observed, taxonomy: Taxonomy, taxon: Ints, reading: Reading) -> dict[str, Any]:
    """Reviewed and overturned, in all and by the origin of the label."""
    size = len(taxonomy.tree)
    label, is_suggested, is_overturned = reading.case_label, reading.is_suggested, reading.is_overturned
    unit = taxonomy.unit[taxon]
    result: dict[str, Any] = {}
    for prefix, chosen in (
        ("", np.ones(len(label), dtype=np.bool_)),
        ("suggested_", is_suggested),
        ("unaided_", ~is_suggested),
    ):
        result[prefix + "reviewed"] = np.bincount(label[chosen], minlength=size)[unit]
        result[prefix + "overturned"] = np.bincount(label[chosen & is_overturned], minlength=size)[unit]
    stratum = observed.strata(reading.history.observation_ids[reading.case_observation])
    q_values = vision_q_values(label, is_suggested, is_overturned, stratum, size)
    result["vision_q_value"] = _optional(q_values[unit])
    return result


def _collapse_columns(taxon: Ints, collapses: Collapses) -> dict[str, Any]:
    return {
        "suggested_share": _optional(collapses.suggested_share[taxon]),
        "skilled_share": _optional(collapses.skilled_share[taxon]),
        "collapse_q_value": _optional(collapses.q_value[taxon]),
    }


def _confused(taxon_ids: Ints, pairs: pa.Table) -> dict[str, Any]:
    """The most frequent true taxon of each label's wrong ones, and how many of it are expected.

    Only taxa that were named often enough to be right about. The pairs are by label, the most frequent first.
    """
    known = pairs.filter(pc.greater_equal(pairs["seen"], LEAST_NAMED))
    label = integers(known["label_taxon_id"])
    first = starts_of(label)
    place = places_in(label[first], taxon_ids)
    true = np.append(integers(known["true_taxon_id"])[first], NONE)[place]
    return {
        "confused_with_taxon_id": _optional(true, place == NONE),
        "confused": np.append(floats(known["expected"])[first], 0.0)[place],
    }


def _leave_at(taxonomy: Taxonomy, taxon: Ints, reading: Reading) -> Ints:
    """The genus of labels whose attentive reviewers mostly stopped there, -1 for the others."""
    size = len(taxonomy.tree)
    reviews, attentive = reading.reviews, reading.is_attentive
    number = np.bincount(reviews.label[attentive], minlength=size)
    stops = tally(reviews.label[attentive], reviews.stops_at_genus[attentive], size)
    is_left = (stops >= _LEAST_STOPS) & (stops >= _STOP_SHARE * number)
    leave_at = np.full(size, NONE, dtype=np.int64)
    leave_at[is_left] = taxonomy.genus[is_left]
    return leave_at[taxonomy.unit[taxon]]


def _kinds(exported: Exported, of: Ints, expected: Floats, columns: dict[str, Any]) -> list[list[str]]:
    """The kinds of each label, that which explains most wrong labels first."""
    count = len(expected)
    suggested = tally(of, exported.suspicion * exported.is_suggested, count)
    out = tally(of, exported.suspicion * exported.is_out_of_range, count)
    number = tally(of, np.ones(len(of)), count)
    out_share = tally(of, exported.is_out_of_range, count) / np.maximum(number, 1.0)
    is_out = (out >= _OUT_SHARE * expected) & (out >= _OUT_EXCESS * out_share * expected) & (out >= 1.0)
    confused = np.asarray(columns["confused"])
    explained = {
        Kind.COLLAPSE: np.where(_is_collapse(columns), suggested, 0.0),
        Kind.VISION_LOOP: np.where(_below(columns["vision_q_value"]), suggested, 0.0),
        Kind.LOOKALIKE: confused,
        Kind.OUT_OF_RANGE: np.where(is_out, out, 0.0),
        Kind.MODEL: tally(of, exported.suspicion * (exported.contradicted != NONE), count),
    }
    weights = np.stack(list(explained.values()), axis=1)
    names, usual = [kind.value for kind in explained], [Kind.LOOKALIKE.value]
    order = np.argsort(-weights, axis=1, kind="stable")
    return [
        [names[index] for index in row if own[index] > 0.0] or usual
        for row, own in zip(order.tolist(), weights.tolist(), strict=True)
    ]


def _is_collapse(columns: dict[str, Any]) -> Bools:
    """Suggestions pile up on this species of a genus where they differ from skilled people."""
    suggested, skilled = (_floats(columns[name]) for name in ("suggested_share", "skilled_share"))
    piled: Bools = (suggested >= _COLLAPSE_SHARE) & (suggested >= _COLLAPSE_EXCESS * skilled)
    return piled & _below(columns["collapse_q_value"])


def _below(q_values: object) -> Bools:
    below: Bools = _floats(q_values) < _SIGNIFICANT
    return below


def _floats(column: object) -> Floats:
    return floats(column if isinstance(column, pa.Array) else pa.array(column))


def _optional(values: Floats | Ints, mask: Bools | None = None) -> pa.Array:
    """The values with nulls where the mask is set, or where they are NaN."""
    return pa.array(values, mask=np.isnan(values) if mask is None else mask)
