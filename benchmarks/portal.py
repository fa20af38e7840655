"""The portal with as many taxa as iNaturalist has: how long an import, a refresh, a search
and the pages of hotspots take.

`DATABASE_URL=postgresql://... python -m benchmarks.portal` makes a scratch database and drops it afterwards.
The taxa are made up: a tree of ten ranks, two-word names from syllables, English names for a fifth of them.
"""

import argparse
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from benchmarks import hotspot_pages
from benchmarks.portal_clades import with_clades

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("LEAFLINE_DEBUG", "1")

TAXA = 1_500_000
#: How many taxa have observations, and so readiness.
OBSERVED = 500_000
BATCH = 100_000
SEARCHES = (
    "c", "co", "com", "common", "common bl", "blue", "bee", "red spotted", "sa", "sala", "salamor", "xylo",
    "no such name", "47", "1048576",
)  # fmt: skip
_SYLLABLES = [
    "sa",
    "la",
    "mo",
    "ri",
    "ta",
    "ne",
    "ko",
    "pu",
    "xy",
    "lo",
    "bra",
    "cri",
    "du",
    "fe",
    "gi",
    "ho",
]
_WORDS = [
    "common", "red", "blue", "green", "black", "white", "spotted", "banded", "eastern", "western", "giant",
    "dwarf", "bee", "beetle", "fly", "moth", "butterfly", "oak", "lily", "fern", "moss", "lichen", "spider",
    "crab", "snail", "thrush", "warbler", "orchid", "grass",
]  # fmt: skip


def taxa(count: int) -> Iterator[pa.RecordBatch]:
    """Taxa with the columns of `portal.taxa.services.TAXON_COLUMNS`; each has about six children."""
    from portal.taxa.services import TAXON_COLUMNS

    rng = np.random.default_rng(1)
    parents = _parents(count)
    ancestry = [""] * count
    for number in range(1, count):
        parent = parents[number]
        ancestry[number] = f"{ancestry[parent]}/{parent + 1}".lstrip("/")
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        numbers = np.arange(start, start + size)
        syllables = np.array(_SYLLABLES)[rng.integers(len(_SYLLABLES), size=(size, 6))]
        words = np.array(_WORDS)[rng.integers(len(_WORDS), size=(size, 3))]
        has_common_name = rng.random(size) < 0.2
        columns = {
            "id": numbers + 1,
            "parent_id": pa.array(parents[numbers] + 1, mask=numbers == 0),
            "ancestry": ancestry[start : start + size],
            "name": [f"{''.join(row[:3]).capitalize()} {''.join(row[3:])}" for row in syllables],
            "common_name": [
                " ".join(row) if has else "" for row, has in zip(words, has_common_name, strict=True)
            ],
            "rank": ["species"] * size,
            "rank_level": np.full(size, 10.0),
            "is_active": np.full(size, True),
            "is_extinct": np.full(size, False),
            "iconic_taxon_id": np.full(size, 1),
        }
        yield pa.RecordBatch.from_pydict({name: columns[name] for name in TAXON_COLUMNS})


def readiness(count: int, of: int, seed: int) -> pa.Table:
    """Readiness of `count` taxa of the first `of`, log-normal in observations."""
    rng = np.random.default_rng(seed)
    observations = np.ceil(rng.lognormal(3, 2, count)).astype(np.int64)
    status = np.where(observations >= 60, "leaf", "short")
    ids = np.sort(np.random.default_rng(2).choice(of, count, replace=False)) + 1
    zeros = np.zeros(count, np.int64)
    found = pa.table(
        {
            "taxon_id": ids,
            "status": status,
            "leaf_taxon_id": pa.array(ids, mask=observations < 60),
            "observations": observations,
            "community_confirmed": observations // 2,
            "photos": observations * 2,
            "short_observations": np.maximum(60 - observations, 0),
            "short_confirmed": zeros,
            "short_photos": zeros,
            "margin": observations - 60,
            "incomplete_observations": zeros,
            "tree_left": np.arange(1, count + 1),
            "tree_right": np.arange(1, count + 1),
        }
    )
    return with_clades(found, _parents(of), ["species"] * of, np.full(of, 10.0))


def _parents(count: int) -> np.ndarray:
    """By number from 0, the number of each taxon's parent; the root is its own."""
    return np.maximum((np.arange(count) - 1) // 6, 0)


def main() -> None:
    """Make the database, measure, and drop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taxa", type=int, default=TAXA)
    parser.add_argument("--observed", type=int, default=OBSERVED)
    parser.add_argument("--hotspots", type=int, default=hotspot_pages.HOTSPOTS_AT_SIZE)
    parser.add_argument("--entries", type=int, default=hotspot_pages.ENTRIES)
    options = parser.parse_args()

    import django

    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        found = measure(options.taxa, options.observed)
        hotspot_pages.measure(found, options.hotspots, options.entries)
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def measure(count: int, observed: int) -> pa.Table:
    """Print the time of each step; gives the readiness that stands in the end."""
    from django.db import connection, transaction

    from portal.sync.models import Refresh
    from portal.taxa import queries, services
    from portal.taxa.models import TaxonName

    def take_over(what: str, found: pa.Table) -> None:
        now = datetime(2026, 11, 1, tzinfo=UTC)
        refresh = Refresh.objects.create(
            state="done", started_at=now, finished_at=now, data_as_of=now, lake_version=1
        )
        refresh.refresh_from_db()
        start = time.perf_counter()
        with transaction.atomic():
            services.take_over(refresh, batches, {"inat-2022": found})
        print(f"{what}: {time.perf_counter() - start:.1f} s", flush=True)

    batches = list(taxa(count))
    take_over(
        f"first refresh: {count:,} taxa, {observed:,} with readiness", readiness(observed, count, seed=1)
    )
    print(f"search names: {TaxonName.objects.count():,}")
    take_over("the same again", readiness(observed, count, seed=1))
    standing = readiness(observed, count, seed=3)
    take_over("every readiness changed", standing)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for text in SEARCHES:
        times = []
        for _ in range(20):
            start = time.perf_counter()
            queries.search(text, limit=10)
            times.append((time.perf_counter() - start) * 1000)
        print(f"search {text!r}: median {np.median(times):.0f} ms, slowest {max(times):.0f} ms")
    return standing


if __name__ == "__main__":
    main()
