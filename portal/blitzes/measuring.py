"""Measuring blitzes at a count: what became of their lists is read from the lake, of people nothing."""

import logging
from datetime import datetime

import duckdb
import pyarrow as pa
from django.conf import settings

from exporter.hotspots.outcomes import FOLLOWED, outcomes
from exporter.lake import Lake
from portal.blitzes import queries, second_looks, services
from portal.blitzes.models import Blitz, Target
from portal.blitzes.queries import Course
from portal.hotspots import queries as hotspots
from portal.lake.models import Refresh
from portal.present import present

_log = logging.getLogger(__name__)


def measure() -> int:
    """Measure every blitz under way, or without a result, at the newest count; gives how many were.

    Twice does no harm. Nothing is kept where another count was done meanwhile: it is measured then.
    """
    by_count: dict[Refresh, list[Course]] = {}
    for one in queries.unmeasured():
        counted = hotspots.counted_last(one.blitz.criteria)
        if counted is not None and _until(one.blitz, counted) > one.counted_until:
            by_count.setdefault(counted, []).append(one)
    lake = Lake(settings.LAKE_DIR)
    measured = 0
    for counted, some in by_count.items():
        with lake.connect(lake.at(present(counted.lake_version))) as con:
            measured += sum(_measure(con, one.blitz, counted) for one in some)
    return measured


def _until(blitz: Blitz, counted: Refresh) -> datetime:
    """The time up to which a count covers a blitz: that of its data, but not beyond the end."""
    moment: datetime = present(counted.moment)
    return min(moment, blitz.closes_at)


def _measure(con: duckdb.DuckDBPyConnection, blitz: Blitz, counted: Refresh) -> bool:
    until = _until(blitz, counted)
    targets = queries.followed(blitz)
    followed = pa.table(
        {name: [getattr(target, name) for target in targets] for name in FOLLOWED.names}, schema=FOLLOWED
    )
    became = outcomes(con, followed, present(blitz.began_at), until)
    moved = _moved(targets, became)
    values = _values(blitz, targets, became, moved) | {"data_as_of": counted.moment}
    if hotspots.counted_last(blitz.criteria) != counted:
        return False
    services.record(blitz, until, values)
    second_looks.follow(con, blitz, targets, moved, until)
    _log.info("Blitz %s measured up to %s", blitz.pk, until)
    return True


def _moved(targets: list[Target], became: pa.Table) -> list[Target]:
    """The targets of which the label was moved away."""
    return [
        target for target, is_moved in zip(targets, became["is_moved"].to_pylist(), strict=True) if is_moved
    ]


def _values(blitz: Blitz, targets: list[Target], became: pa.Table, moved: list[Target]) -> dict[str, object]:
    """What a `Measurement` says."""
    listed = queries.still_listed(blitz)
    return {
        "looked_at": sum(became["is_looked_at"].to_pylist()),
        "moved": len(moved),
        "moved_photos": sum(target.photos for target in moved),
        "off_list": sum(target.observation_id not in listed for target in targets),
        **queries.expected(blitz),
    }
