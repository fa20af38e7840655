"""The export at a cutoff: pin the lake, label, select, write; a folder that is whole or not there."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from exporter.classes import Classes, describe
from exporter.columns import integers
from exporter.criteria import HAS_ADDRESS, USABLE_PHOTO, Criteria
from exporter.distribution import distribution
from exporter.draw import commitment
from exporter.durable import new_folder
from exporter.engine import Engine
from exporter.errors import DataError
from exporter.lake import Lake, LakeVersion
from exporter.manifest import Manifest, read_manifest, write_manifest
from exporter.readiness import assess
from exporter.selection import SETS, TAKEN, fill, photo_rows, spatial_rows
from exporter.settling import (
    SETTLED,
    UNSETTLED,
    Settling,
    forget,
    iso,
    newly_classes,
    refuse_future,
    settle,
)
from exporter.snapshot_files import PhotoCounts, write_photos, write_spatial, write_taxa
from exporter.tree import Ints

SETTLE_DAYS = 14
MEMORY_LIMIT = "4GB"

#: Opens an engine on the lake's tables at a version.
Connect: TypeAlias = Callable[[Lake, LakeVersion], AbstractContextManager[Engine]]
#: What `snapshot` does, in this order.
STEPS = ("settling", "classes", "draw", "photos", "places", "report")

_WITHOUT_ADDRESS = f"SELECT count(*) AS number FROM photos WHERE {USABLE_PHOTO} AND NOT {HAS_ADDRESS}"


@dataclass(frozen=True)
class Request:
    """What decides a snapshot besides the lake. The cutoff has a zone; the seed is at least 16 bytes."""

    criteria: Criteria
    cutoff: datetime
    seed: str
    settle_days: int = SETTLE_DAYS

    @property
    def window_start(self) -> datetime:
        """When the settling window begins."""
        return self.cutoff - timedelta(days=self.settle_days)


def snapshot(
    lake: Lake,
    request: Request,
    out: Path,
    *,
    version: LakeVersion | None = None,
    previous: Path | None = None,
    memory_limit: str = MEMORY_LIMIT,
    threads: int | None = None,
    connect: Connect | None = None,
    progress: Callable[[str], None] = lambda _step: None,
) -> Manifest:
    """Write a snapshot as the new folder ``out``; gives its manifest. ``version``: the lake's newest if None.

    The same version and request give the same bytes, on any engine: ``connect`` reaches another than DuckDB.
    ``previous`` is the folder of the snapshot that the distribution report compares with. What does not fit
    in DuckDB's ``memory_limit`` spills into the lake's folder. ``progress`` is called as each of `STEPS`
    begins.
    DataError if ``out`` exists, the lake is empty, the cutoff is later than its newest record, the seed too
    short, or no taxon passes.
    """
    sealed = commitment(request.seed)
    before = None if previous is None else read_manifest(previous)
    pinned = version or lake.require_latest()
    with (
        new_folder(out) as folder,
        connect(lake, pinned)
        if connect
        else lake.connect(pinned, memory_limit=memory_limit, threads=threads) as con,
    ):
        refuse_future(con, request.cutoff, pinned.created_at)
        progress("settling")
        settling = settle(con, request.criteria, request.window_start, request.cutoff)
        progress("classes")
        assessment = assess(con, request.criteria, SETTLED)
        if not assessment.leaves.any():
            raise DataError(
                f"no taxon passes {request.criteria.name} at {iso(request.cutoff)}{_left_out(con)};"
                " load more data, or ask for less"
            )
        kept_below = newly_classes(assess(con, request.criteria, UNSETTLED), assessment)
        progress("draw")
        shared = fill(con, request.criteria, assessment, request.seed)
        forget(con)
        classes = describe(con, assessment)
        progress("photos")
        photos = write_photos(folder, photo_rows(con), classes)
        con.execute(f"DROP TABLE {TAKEN}")
        progress("places")
        spatial = write_spatial(folder, spatial_rows(con), classes)
        write_taxa(folder, classes, spatial)
        progress("report")
        counts = _describe_counts(photos, shared, classes)
        content = _describe_request(request, sealed) | {
            "lake": {"version": pinned.number, "tables": pinned.tables},
            "is_simulated": pinned.is_simulated,
            "settling": _describe_settling(settling, kept_below),
            "counts": counts,
            "distribution": distribution(request.criteria, counts["classes"], assessment.rows, before),
        }
        return write_manifest(folder, content, _rows(photos, spatial, classes))


def _left_out(con: Engine) -> str:
    """How many photos are left out because their address is unknown, in brackets; empty if none is."""
    [number] = integers(con.execute(_WITHOUT_ADDRESS).fetchnumpy()["number"]).tolist()
    return f" (left out: {number:,} photos without a known address)" if number else ""


def _describe_request(request: Request, sealed: str) -> Manifest:
    return {
        "criteria": asdict(request.criteria),
        "cutoff": iso(request.cutoff),
        "window_start": iso(request.window_start),
        "settle_days": request.settle_days,
        "seed": request.seed,
        "commitment": sealed,
    }


def _describe_settling(settling: Settling, kept_below: list[int]) -> Manifest:
    return {
        "held_back_observations": settling.held_back,
        "accepted_removals": settling.removals,
        "judged_by_observation_times": settling.judged_by_times,
        "taxa_kept_below_line": kept_below,
    }


def _describe_counts(counts: PhotoCounts, shared: Ints, classes: Classes) -> Manifest:
    columns = [classes.taxon_ids.tolist(), *counts.photos.tolist(), shared.tolist()]
    rows = [
        {"leaf_class_id": number, **dict(zip(("taxon_id", *SETS, "shared_elsewhere"), row, strict=True))}
        for number, row in enumerate(zip(*columns, strict=True))
    ]
    totals = {
        name: {"photos": int(photos), "observations": int(observations)}
        for name, photos, observations in zip(
            SETS, counts.photos.sum(axis=1), counts.observations, strict=True
        )
    }
    return {**totals, "classes": rows}


def _rows(photos: PhotoCounts, spatial: Ints, classes: Classes) -> dict[str, int]:
    """The number of rows of each file."""
    return {
        **{
            f"{name}_data.csv": int(number)
            for name, number in zip(SETS, photos.photos.sum(axis=1), strict=True)
        },
        "photos.parquet": int(photos.photos.sum()),
        "spatial_data.csv": int(spatial.sum()),
        "taxonomy.csv": classes.taxonomy.num_rows,
        "iconic_taxa.csv": classes.iconic.num_rows,
    }
