"""Made-up hotspots at size, for the benchmarks of the portal."""

import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa

from exporter.hotspots import Findings
from exporter.hotspots.schema import CONFUSIONS, HOTSPOTS, WORKLIST

HOTSPOTS_AT_SIZE = 20_000
ENTRIES = 2_000_000
CONFUSIONS_EACH = 6
#: The share of entries with a rare kind, and with a rare grade.
RARE = 0.001
#: How many refreshes there were before.
PAST = 24


def findings(labels: pa.Table, entries: int) -> Findings:
    """Findings under these labels, which have `taxon_id` and `tree_left`."""
    rng = np.random.default_rng(4)
    taxa, count = labels["taxon_id"].to_numpy(), labels.num_rows
    carried = np.ceil(rng.lognormal(5, 1.5, count)).astype(np.int64)
    wrong = np.sort(carried * rng.beta(1, 8, count))[::-1]
    reviewed = rng.binomial(carried, 0.3)
    overturned = rng.binomial(reviewed, 0.2)
    values = {name: pa.nulls(count, HOTSPOTS.field(name).type) for name in HOTSPOTS.names}
    values |= {
        "rank": np.arange(1, count + 1),
        "taxon_id": taxa,
        "kind": ["lookalike"] * count,
        "kinds": [["lookalike", "vision_loop"]] * count,
        "evidence": ["identifications"] * count,
        "confused_with_taxon_id": rng.permutation(taxa),
        "leaf_taxon_id": taxa,
        "labels": carried,
        "expected_wrong": wrong,
        "expected_wrong_low": wrong * 0.7,
        "expected_wrong_high": wrong * 1.4,
        "expected_wrong_photos": wrong * 1.6,
        "exported_photos": carried * 2,
        "from_vision": carried // 2,
        "reviewed": reviewed,
        "overturned": overturned,
        "suggested_reviewed": reviewed // 2,
        "suggested_overturned": overturned // 2,
        "unaided_reviewed": reviewed // 2,
        "unaided_overturned": overturned // 2,
    }
    hotspots = pa.table(values, HOTSPOTS)
    return Findings(
        hotspots.append_column("tree_left", labels["tree_left"]),
        _worklist(taxa, entries, rng),
        _confusions(taxa, rng),
    )


def _worklist(taxa: np.ndarray, entries: int, rng: np.random.Generator) -> pa.Table:
    """Entries spread over the labels by a long-tailed law, at most 3,000 a label."""
    weights = rng.lognormal(0, 1.5, len(taxa))
    counts = np.minimum(np.round(entries * weights / weights.sum()), 3_000).astype(np.int64)
    total = int(counts.sum())
    suspicion = rng.beta(2, 3, total)
    first = date(2020, 1, 1)
    days = [first + timedelta(days=number) for number in range(2_000)]
    rare = np.random.default_rng(6).random((2, total))
    return pa.table(
        {
            "observation_id": np.arange(1, total + 1),
            "label_taxon_id": np.repeat(taxa, counts),
            "suspicion": suspicion,
            "suggested_taxon_id": rng.choice(taxa, total),
            "reasons": ['[{"code":"suggested"},{"code":"maybe","taxon":"Bombus griseocollis"}]'] * total,
            "priority": suspicion * 1.5,
            "photos": rng.integers(1, 6, total),
            "kind": np.where(rare[0] < RARE, "out_of_range", "lookalike"),
            "evidence": ["identifications"] * total,
            "latitude": rng.uniform(-60, 70, total),
            "longitude": rng.uniform(-180, 180, total),
            "observation_uuid": pa.nulls(total, pa.string()),
            "quality_grade": np.where(rare[1] < RARE, "casual", "research"),
            "is_suggested": rng.random(total) < 0.5,
            "is_disputed": rng.random(total) < 0.3,
            "observed_on": pa.array(days).take(pa.array(rng.integers(0, len(days), total))),
        },
        WORKLIST,
    )


def _confusions(taxa: np.ndarray, rng: np.random.Generator) -> pa.Table:
    """Each label confused with the labels that follow it in the list."""
    places = np.arange(len(taxa))
    expected = rng.exponential(5, (CONFUSIONS_EACH, len(taxa)))
    return pa.table(
        {
            "label_taxon_id": np.tile(taxa, CONFUSIONS_EACH),
            "true_taxon_id": np.concatenate(
                [taxa[(places + step) % len(taxa)] for step in range(1, CONFUSIONS_EACH + 1)]
            ),
            "expected": expected.ravel(),
            "expected_low": expected.ravel() * 0.5,
            "expected_high": expected.ravel() * 1.7,
        },
        CONFUSIONS,
    )


def take_over(refresh: "object", result: dict[str, Findings]) -> None:
    """Write hotspots as a refresh does: unseen first, then shown, then tidied."""
    from django.db import transaction

    from portal.hotspots import services

    services.write_unseen(refresh, result)
    with transaction.atomic():
        services.show(refresh, result)
    services.tidy()


def fill(labels: pa.Table, entries: int) -> None:
    """Take findings under these labels over, with a history, and print what that takes."""
    from portal.lake.models import Refresh

    result = findings(labels, entries)

    def refresh_at(at: datetime, as_of: datetime | None) -> None:
        refresh = Refresh.objects.create(
            state="done",
            started_at=at,
            finished_at=at,
            data_as_of=at,
            as_of=as_of,
            lake_version=1,
            counts={"criteria": {"inat-2022": {}}, "hotspots": {"inat-2022": labels.num_rows}},
        )
        refresh.refresh_from_db()
        take_over(refresh, {"inat-2022": result})

    now = datetime(2026, 11, 1, tzinfo=UTC)
    for step in range(1, PAST + 1):
        refresh_at(now, now - timedelta(days=30 * step))
    for what in ("taken over", "again"):
        start = time.perf_counter()
        refresh_at(now, None)
        print(
            f"{labels.num_rows:,} hotspots and {result.worklist.num_rows:,} worklist entries {what}:"
            f" {time.perf_counter() - start:.1f} s",
            flush=True,
        )
