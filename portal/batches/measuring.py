"""Receipts: what became of batches by a count of the lake, for all of them at once."""

import logging
from collections import defaultdict
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
from django.conf import settings

from exporter.criteria import PRESETS
from exporter.hotspots.outcomes import FOLLOWED, outcomes
from exporter.lake import Lake
from exporter.schema import TIMESTAMP
from portal.batches import queries
from portal.batches.services import taking
from portal.hotspots import queries as hotspots
from portal.present import present

_log = logging.getLogger(__name__)
_FOLLOWED = FOLLOWED.append(pa.field("since", TIMESTAMP))


def measure() -> int:
    """Complete the receipts that the newest counts fill; gives how many batches these were.

    Twice does no harm: a receipt says at most what the newest count knows.
    """
    lake = Lake(settings.LAKE_DIR)
    measured = 0
    for criteria in PRESETS:
        counted = hotspots.counted_last(criteria)
        rows = queries.rows_to_measure(criteria, present(counted.moment)) if counted else []
        if counted is None or not rows:
            continue
        with lake.connect(lake.at(present(counted.lake_version))) as con:
            receipts = _receipts(con, rows, present(counted.moment))
        taking.record_receipts(receipts, present(counted.moment))
        measured += len(receipts)
        _log.info("%s batches measured up to %s", len(receipts), counted.moment)
    return measured


def _receipts(
    con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]], until: datetime
) -> dict[int, dict[str, int]]:
    """Add up what became of the rows of each batch."""
    became = outcomes(con, pa.Table.from_pylist(rows, _FOLLOWED), None, until).to_pylist()
    receipts: dict[int, dict[str, int]] = defaultdict(lambda: {"looked_at": 0, "moved": 0, "moved_photos": 0})
    for row, outcome in zip(rows, became, strict=True):
        receipt = receipts[row["batch_id"]]
        receipt["looked_at"] += outcome["is_looked_at"]
        receipt["moved"] += outcome["is_moved"]
        receipt["moved_photos"] += row["photos"] * outcome["is_moved"]
    return dict(receipts)
