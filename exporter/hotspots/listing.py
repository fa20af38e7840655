"""What the commands ``hotspots`` and ``worklist`` write: the contract's columns, rounded, up to a limit."""

import json

import pyarrow as pa
import pyarrow.compute as pc

from exporter.hotspots.schema import HOTSPOT_COLUMNS, WORKLIST_COLUMNS
from exporter.inaturalist import SITE
from exporter.messages import english

_OBSERVATION = f"{SITE}/observations/"

#: Orders of a worklist: the most suspect first, or where a look is worth most.
ORDERS = ("suspicion", "worth")

_DIGITS = {"expected_wrong": 1, "expected_wrong_low": 1, "expected_wrong_high": 1, "suspicion": 3}


def hotspot_rows(rows: pa.Table, limit: int | None) -> pa.Table:
    """The worst labels first, of those that `Findings.hotspots` has."""
    return _rounded(rows.select(HOTSPOT_COLUMNS).slice(0, limit))


def worklist_rows(rows: pa.Table, order: str, limit: int | None) -> pa.Table:
    """The observations to review, of those that `Findings.worklist` has."""
    if order == "suspicion":
        rows = rows.sort_by(
            [("suspicion", "descending"), ("priority", "descending"), ("observation_id", "ascending")]
        )
    rows = rows.slice(0, limit)
    rows = rows.append_column("url", _urls(rows)).append_column("reason", _in_english(rows["reasons"]))
    place = rows.column_names.index("observation_id")
    return _rounded(rows.set_column(place, "observation_id", _known_ids(rows)).select(WORKLIST_COLUMNS))


def _known_ids(rows: pa.Table) -> pa.ChunkedArray:
    """iNaturalist's ids; null for an observation of which only the UUID is known."""
    is_known = pc.greater_equal(rows["observation_id"], 0)
    return pc.if_else(is_known, rows["observation_id"], pa.scalar(None, pa.int64()))


def _urls(rows: pa.Table) -> pa.ChunkedArray:
    """Addresses at iNaturalist; an observation of which only the UUID is known has one by that."""
    name = pc.coalesce(pc.cast(_known_ids(rows), pa.string()), rows["observation_uuid"])
    return pc.binary_join_element_wise(_OBSERVATION, name, "")


def _in_english(reasons: pa.ChunkedArray) -> pa.Array:
    return pa.array([english(json.loads(each)) for each in reasons.to_pylist()], pa.string())


def _rounded(rows: pa.Table) -> pa.Table:
    for name, digits in _DIGITS.items():
        if name in rows.column_names:
            place = rows.column_names.index(name)
            rows = rows.set_column(place, name, pc.round(rows[name], digits))
    return rows
