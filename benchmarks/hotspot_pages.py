"""Made-up hotspots at size, and how long the pages that show them take: a part of `benchmarks.portal`."""

import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa

from exporter.hotspots import Findings
from exporter.hotspots.schema import CONFUSIONS, HOTSPOTS, WORKLIST

HOTSPOTS_AT_SIZE = 20_000
ENTRIES = 2_000_000
CONFUSIONS_EACH = 6
#: How many refreshes there were before.
PAST = 24
REQUESTS = 20


def findings(labels: pa.Table, count: int, entries: int) -> Findings:
    """Findings under the first ``count`` of these labels, which have `taxon_id` and `tree_left`."""
    rng = np.random.default_rng(4)
    taxa = labels["taxon_id"].to_numpy()[:count]
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
        hotspots.append_column("tree_left", labels["tree_left"].slice(0, count)),
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
    return pa.table(
        {
            "observation_id": np.arange(1, total + 1),
            "label_taxon_id": np.repeat(taxa, counts),
            "suspicion": suspicion,
            "suggested_taxon_id": rng.choice(taxa, total),
            "reason": ["suggested by computer vision, and nobody skilled has looked at it"] * total,
            "priority": suspicion * 1.5,
            "photos": rng.integers(1, 6, total),
            "kind": ["lookalike"] * total,
            "evidence": ["identifications"] * total,
            "latitude": rng.uniform(-60, 70, total),
            "longitude": rng.uniform(-180, 180, total),
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


def measure(labels: pa.Table, count: int, entries: int) -> None:
    """Take the findings over, with a history, and print what that and each page takes."""
    from django.db import connection, transaction

    from portal.hotspots import services
    from portal.hotspots.models import Hotspot
    from portal.sync.models import Refresh
    from portal.taxa.models import Readiness

    found = findings(labels, count, entries)

    def take_over(at: datetime, as_of: datetime | None) -> None:
        refresh = Refresh.objects.create(
            state="done",
            started_at=at,
            finished_at=at,
            data_as_of=at,
            as_of=as_of,
            lake_version=1,
            counts={"criteria": {"inat-2022": {}}, "hotspots": {"inat-2022": count}},
        )
        refresh.refresh_from_db()
        with transaction.atomic():
            services.take_over(refresh, {"inat-2022": found})

    now = datetime(2026, 11, 1, tzinfo=UTC)
    for step in range(1, PAST + 1):
        take_over(now, now - timedelta(days=30 * step))
    for what in ("taken over", "again"):
        start = time.perf_counter()
        take_over(now, None)
        print(
            f"{count:,} hotspots and {found.worklist.num_rows:,} worklist entries {what}:"
            f" {time.perf_counter() - start:.1f} s",
            flush=True,
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    # The first label stands for a clade that holds them all.
    clade = labels["taxon_id"][0].as_py()
    Readiness.objects.filter(taxon_id=clade).update(tree_right=labels.num_rows)
    fullest = Hotspot.objects.order_by("-to_review").values_list("taxon_id", flat=True)[0]
    for address in (
        "/",
        "/hotspots/",
        f"/hotspots/?clade={clade}&kind=lookalike&least=2&exported=1&sort=share",
        "/hotspots/?page=700",
        "/hotspots/worklist/",
        f"/hotspots/worklist/?clade={clade}&place=europe",
        f"/hotspots/worklist/?clade={fullest}",
        f"/hotspots/{fullest}/",
        f"/hotspots/{fullest}/?page=60",
        f"/hotspots/{fullest}/places.json",
        f"/hotspots/{fullest}/review/",
        f"/hotspots/{fullest}/worklist.csv",
        f"/taxa/{fullest}/",
    ):
        time_page(address)


def time_page(address: str) -> None:
    """Print how many queries a page makes, and how long it takes."""
    from django.db import connection, reset_queries
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "127.0.0.1"})
    reset_queries()
    with CaptureQueriesContext(connection) as captured:
        b"".join(client.get(address))
    times, processor = [], []
    for _ in range(REQUESTS):
        start, start_processor = time.perf_counter(), time.process_time()
        b"".join(client.get(address))
        times.append((time.perf_counter() - start) * 1000)
        processor.append((time.process_time() - start_processor) * 1000)
    print(
        f"{address}: {len(captured)} queries, fastest {min(times):.0f} ms, median {np.median(times):.0f} ms,"
        f" slowest {max(times):.0f} ms; processor time of the web process {np.median(processor):.0f} ms",
        flush=True,
    )
