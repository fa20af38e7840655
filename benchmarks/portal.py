"""The portal at the size of iNaturalist: how long an import, a refresh, a search and every page take.

`DATABASE_URL=postgresql://... python -m benchmarks.portal` makes a scratch database and drops it afterwards.
With `--keep` it stays, and the next run with `--keep` measures searches and pages in it again. Without
DATABASE_URL it is a file of SQLite, var/benchmarks/portal.sqlite3.
All data are made up.
"""

import argparse
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import (
    portal_cutoffs,
    portal_facets,
    portal_hotspots,
    portal_pages,
    portal_readers,
    portal_taxa,
)
from benchmarks.portal_taxa import readiness, taxa

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("LEAFLINE_DEBUG", "1")

TAXA = 1_500_000
SQLITE = Path("var/benchmarks/portal.sqlite3")
#: How many taxa have observations, and so readiness.
OBSERVED = 500_000
SEARCHES = (
    "c", "co", "com", "common", "common bl", "blue", "bee", "red spotted", "sa", "sala", "salamor", "xylo",
    "no such name", "47", "1048576",
)  # fmt: skip
#: By readers of Spanish: names in it, in English and in Latin.
SPANISH_SEARCHES = ("c", "co", "a", "abej", "abejorro", "mariposa az", "comun", "common", "sala")
#: Typing errors: later in the word, in the first letter, in the second, in no name that there is.
TYPOS = ("salamorifake", "zalamorisala", "slaamorisala", "comon blue", "vlue beetle", "qqqqqqqq")
SPANISH_TYPOS = ("abejoro", "avejorro", "maripsa", "comon blue", "qqqqqqqq")


def main() -> None:
    """Make the database, measure, and drop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taxa", type=int, default=TAXA)
    parser.add_argument("--observed", type=int, default=OBSERVED)
    parser.add_argument("--hotspots", type=int, default=portal_hotspots.HOTSPOTS_AT_SIZE)
    parser.add_argument("--entries", type=int, default=portal_hotspots.ENTRIES)
    parser.add_argument("--keep", action="store_true", help="leave the database, and use what it holds")
    parser.add_argument("--pages", nargs="*", metavar="PART", help="only pages whose address has this in it")
    parser.add_argument("--pairs", action="store_true", help="every pair of a worklist's facets, and no page")
    parser.add_argument("--readers", action="store_true", help="a reader's facets and batches, and no page")
    options = parser.parse_args()

    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from portal.lake.models import Refresh

    # Django would keep the text of every query.
    settings.DEBUG = False
    if connection.vendor == "sqlite":
        SQLITE.parent.mkdir(parents=True, exist_ok=True)
        connection.settings_dict["TEST"]["NAME"] = str(SQLITE)
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=options.keep)
    try:
        if not Refresh.objects.exists():
            standing = refresh(options.taxa, options.observed)
            portal_hotspots.fill(_labels(standing, options.hotspots), options.entries)
            portal_cutoffs.fill()
            portal_readers.analyze()
        if options.pairs:
            portal_facets.measure()
        if options.readers:
            portal_readers.fill()
            portal_readers.measure()
        if options.pairs or options.readers:
            return
        if options.pages is None:
            search()
        portal_pages.measure(options.pages or [""])
    finally:
        if not options.keep:
            connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def refresh(count: int, observed: int) -> pa.Table:
    """Print the time that each refresh takes; gives the readiness that stands in the end."""
    from portal.lake.models import Refresh
    from portal.taxa.models import TaxonName

    def take_over(what: str, result: pa.Table) -> None:
        now = datetime(2026, 11, 1, tzinfo=UTC)
        current = Refresh.objects.create(
            state="done", started_at=now, finished_at=now, data_as_of=now, lake_version=1
        )
        current.refresh_from_db()
        start = time.perf_counter()
        portal_taxa.take_over(current, batches, {"inat-2022": result})
        print(f"{what}: {time.perf_counter() - start:.1f} s", flush=True)

    batches = list(taxa(count))
    result = readiness(observed, count, seed=1)
    take_over(f"first refresh: {count:,} taxa, {result.num_rows:,} with readiness", result)
    print(f"search names: {TaxonName.objects.count():,}")
    take_over("the same again", result)
    standing = readiness(observed, count, seed=3)
    take_over("every readiness changed", standing)
    return standing


def search() -> None:
    """Print the time that each search takes."""
    from django.utils import translation

    from portal.taxa.queries.searching import search as by_name
    from portal.taxa.queries.spelling import close_to

    for kind, language, look, texts in (
        ("search", "en", by_name, SEARCHES),
        ("search", "es", by_name, SPANISH_SEARCHES),
        ("typing error", "en", close_to, TYPOS),
        ("typing error", "es", close_to, SPANISH_TYPOS),
    ):
        for text in texts:
            with translation.override(language):
                times = [_time(look, text) for _ in range(20)]
            words = f"median {np.median(times):.0f} ms, slowest {max(times):.0f} ms"
            print(f"{kind} {text!r} ({language}): {words}", flush=True)


def _time(look: Callable[..., object], text: str) -> float:
    """How long a search takes, in milliseconds."""
    start = time.perf_counter()
    look(text, limit=10)
    return (time.perf_counter() - start) * 1000


def _labels(standing: pa.Table, count: int) -> pa.Table:
    """As many classes, drawn over the whole tree."""
    classes = standing.filter(pc.equal(standing["status"], "leaf"))
    drawn = np.random.default_rng(5).permutation(classes.num_rows)[:count]
    return classes.take(pa.array(np.sort(drawn)))


if __name__ == "__main__":
    main()
