"""The three tables of findings, from the judgements."""

import duckdb
import numpy as np
import pyarrow as pa

from exporter.hotspots.arrays import place_in_group, tally
from exporter.hotspots.assembly import EVIDENCE, Exported
from exporter.hotspots.intervals import intervals, variances
from exporter.hotspots.schema import CONFUSIONS, HOTSPOTS, MOST_PER_LABEL, WORKLIST, Kind
from exporter.hotspots.taxonomy import Taxonomy
from exporter.tree import NONE

_CONFIRMATIONS = 2


def confusions(exported: Exported, taxonomy: Taxonomy) -> pa.Table:
    """One row a pair of label and true taxon."""
    found = exported.candidates
    if found is None:
        return CONFUSIONS.empty_table()
    is_pair = (found.taxon >= 0) & (found.taxon != taxonomy.unit[exported.label[found.owner]])
    size = np.int64(len(taxonomy.tree))
    keys, pair = np.unique(
        exported.label[found.owner[is_pair]] * size + found.taxon[is_pair], return_inverse=True
    )
    probability = found.probability[is_pair]
    expected = tally(pair, probability, len(keys))
    number = np.bincount(pair, minlength=len(keys)).astype(np.float64)
    spread = probability * (1.0 - probability)
    rate = exported.rate[found.owner[is_pair]]
    variance = variances(pair, rate, spread, exported.information, len(keys))
    low, high = intervals(expected, variance, number)
    ids = taxonomy.tree.taxon_ids
    table = pa.table([ids[keys // size], ids[keys % size], expected, low, high], schema=CONFUSIONS)
    kept = expected >= 0.05
    return table.filter(pa.array(kept)).sort_by([("label_taxon_id", "ascending"), ("expected", "descending")])


def hotspots(
    con: duckdb.DuckDBPyConnection, exported: Exported, taxonomy: Taxonomy, pairs: pa.Table
) -> pa.Table:
    """One row a label, worst first."""
    labels, label = np.unique(exported.label, return_inverse=True)
    count = len(labels)
    number = np.bincount(label, minlength=count)
    suspicion = exported.suspicion
    expected = tally(label, suspicion, count)
    spread = suspicion * (1.0 - suspicion)
    variance = variances(label, exported.rate, spread, exported.information, count)
    low, high = intervals(expected, variance, number.astype(np.float64))
    ids = taxonomy.tree.taxon_ids
    confused = dict(zip(pairs["label_taxon_id"].to_pylist(), pairs["true_taxon_id"].to_pylist(), strict=True))
    other = [confused.get(taxon_id) for taxon_id in ids[labels].tolist()]
    names = dict(con.execute("SELECT taxon_id, name FROM taxa").fetchall())
    order = np.lexsort((ids[labels], -expected))
    evidence = np.zeros(count, dtype=np.int64)
    np.maximum.at(evidence, label, exported.evidence)
    leaf = np.zeros(count, dtype=np.int64)
    leaf[label] = exported.leaf
    columns = {
        "taxon_id": ids[labels],
        "name": [names.get(taxon_id) for taxon_id in ids[labels].tolist()],
        "kind": [Kind.LOOKALIKE.value] * count,
        "confused_with_taxon_id": pa.array(other, pa.int64()),
        "confused_with_name": [names.get(taxon_id) for taxon_id in other],
        "labels": number,
        "expected_wrong": expected,
        "expected_wrong_low": low,
        "expected_wrong_high": high,
        "from_vision": tally(label, exported.is_suggested, count).astype(np.int64),
        "reviewed": np.zeros(count, np.int64),
        "overturned": np.zeros(count, np.int64),
        "exported_photos": np.rint(tally(label, exported.exported_photos, count)).astype(np.int64),
        "leaf_taxon_id": ids[leaf],
        "kinds": [[Kind.LOOKALIKE.value]] * count,
        "evidence": [EVIDENCE[index].value for index in evidence.tolist()],
        "expected_wrong_photos": tally(label, exported.exported_photos * suspicion, count),
        **{
            f"{kind}_{what}": np.zeros(count, np.int64)
            for kind in ("suggested", "unaided")
            for what in ("reviewed", "overturned")
        },
    }
    arrays = [
        pa.array(columns[field.name], field.type) if field.name in columns else pa.nulls(count, field.type)
        for field in HOTSPOTS
        if field.name != "rank"
    ]
    table = pa.table(arrays, names=HOTSPOTS.names[1:]).take(pa.array(order))
    return table.add_column(0, "rank", pa.array(range(1, count + 1), pa.int32())).cast(HOTSPOTS)


def worklist(con: duckdb.DuckDBPyConnection, exported: Exported, taxonomy: Taxonomy) -> pa.Table:
    """The observations worth a look, best first."""
    suspicion = exported.suspicion
    base = suspicion.mean() if len(suspicion) else 0.0
    is_confirmed = (exported.skilled_for >= _CONFIRMATIONS) & (exported.skilled_against == 0)
    chosen = np.flatnonzero((suspicion > base) & ~is_confirmed)
    priority = exported.suspicion[chosen] * exported.exported_photos[chosen]
    chosen = chosen[np.lexsort((exported.observation_ids[chosen], -suspicion[chosen], -priority))]
    chosen = chosen[place_in_group(exported.label[chosen]) < MOST_PER_LABEL]
    ids = taxonomy.tree.taxon_ids
    con.register(
        "chosen", pa.table({"observation_id": exported.observation_ids[chosen], "place": range(len(chosen))})
    )
    where = con.sql(
        "SELECT latitude, longitude, observed_on FROM chosen JOIN observations USING (observation_id)"
        " ORDER BY place"
    ).to_arrow_table()
    con.unregister("chosen")
    suggested = exported.suggested[chosen]
    columns = [
        exported.observation_ids[chosen],
        ids[exported.label[chosen]],
        suspicion[chosen],
        pa.array(ids[suggested], mask=suggested == NONE),
        ["its label is doubtful"] * len(chosen),
        suspicion[chosen] * exported.exported_photos[chosen],
        exported.photos[chosen],
        [Kind.LOOKALIKE.value] * len(chosen),
        [EVIDENCE[index].value for index in exported.evidence[chosen].tolist()],
        where["latitude"],
        where["longitude"],
        where["observed_on"],
    ]
    arrays = [_array(column, field.type) for column, field in zip(columns, WORKLIST, strict=True)]
    return pa.table(arrays, schema=WORKLIST)


def _array(column: object, type_: pa.DataType) -> pa.Array:
    if isinstance(column, pa.ChunkedArray | pa.Array):
        return column.cast(type_)
    return pa.array(column, type_)
