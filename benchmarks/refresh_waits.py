"""What others wait for while a refresh writes 1.5 million taxa: on SQLite, which has one writer at a time.

`python -m benchmarks.refresh_waits` makes a scratch database on SQLite and drops it afterwards. Another
process writes a row every 20 ms meanwhile, as a visitor does who subscribes, and a third reads a page of
readiness. All data are made up.
"""

import argparse
import multiprocessing
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="leafline-refresh-waits-"))
os.environ["LEAFLINE_DATA"] = str(FOLDER)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ["LEAFLINE_DEBUG"] = "1"
os.environ.pop("DATABASE_URL", None)

PAUSE_S = 0.02
TIMEOUT_S = 600
_WRITE = "UPDATE benchmark_waits SET visits = visits + 1"
_READ = (
    "SELECT * FROM taxa_readiness WHERE criteria = 'inat-2022' AND status = 'leaf'"
    " ORDER BY observations DESC, taxon_id LIMIT 50"
)


def main() -> None:
    """Make the database, refresh it three times, and print what others waited."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taxa", type=int, default=1_500_000)
    parser.add_argument("--observed", type=int, default=500_000)
    parser.add_argument("--hotspots", type=int, default=20_000)
    parser.add_argument("--entries", type=int, default=100, help="worklist entries of each hotspot")
    options = parser.parse_args()

    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    settings.DEBUG = False
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE benchmark_waits (visits integer)")
        cursor.execute("INSERT INTO benchmark_waits VALUES (0)")
    _refreshes(options.taxa, options.observed, options.hotspots, options.entries)


def _refreshes(count: int, observed: int, labels: int, entries: int) -> None:
    from benchmarks import portal, portal_hotspots
    from benchmarks.portal_taxa import readiness, taxa

    batches = list(taxa(count))
    first, second = (readiness(observed, count, seed=seed) for seed in (1, 3))
    for place, (what, result) in enumerate(
        (("first refresh", first), ("the same again", first), ("every readiness changed", second))
    ):
        findings = portal_hotspots.findings(portal._labels(result, labels), entries)
        with _others() as waits:
            start = time.perf_counter()
            take_over(datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=place), batches, result, findings)
            seconds = time.perf_counter() - start
        size = sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) / 1e9
        print(f"{what}: {seconds:.1f} s; {size:.1f} GB; {'; '.join(waits)}", flush=True)


def take_over(at: datetime, batches: object, result: object, findings: object) -> None:
    """Write one refresh, as the portal does."""
    from django.db import transaction

    from portal.hotspots import services as hotspots
    from portal.lake.models import Refresh
    from portal.taxa import services as taxa

    current = Refresh.objects.create(
        state="done", started_at=at, finished_at=at, data_as_of=at, lake_version=1, counts={"criteria": {}}
    )
    current.refresh_from_db()
    taxa.write_unseen(current, batches, {"inat-2022": result})
    hotspots.write_unseen(current, {"inat-2022": findings})
    start = time.perf_counter()
    with transaction.atomic():
        taxa.show(current, ["inat-2022"])
        hotspots.show(current, ["inat-2022"])
    print(f"shown in {time.perf_counter() - start:.2f} s", flush=True)
    taxa.settle()
    hotspots.tidy()
    taxa.tidy()


@contextmanager
def _others() -> Iterator[list[str]]:
    """Let a writer and a reader work until the block ends; the list then says what each waited."""
    waits: list[str] = []
    context = multiprocessing.get_context("spawn")
    is_over = context.Event()
    answers = context.Queue()
    path = FOLDER / "leafline.sqlite3"
    everybody = [
        context.Process(target=_work, args=(name, path, statement, is_over, answers))
        for name, statement in (("writer", _WRITE), ("reader", _READ))
    ]
    for one in everybody:
        one.start()
    yield waits
    is_over.set()
    waits.extend(sorted(answers.get() for _ in everybody))
    for one in everybody:
        one.join()


def _work(name: str, path: Path, statement: str, is_over: object, answers: object) -> None:
    """Run the statement again and again, and hand in how long it took at most."""
    spans = []
    with closing(sqlite3.connect(path, timeout=TIMEOUT_S, isolation_level=None)) as connection:
        while not is_over.is_set():
            start = time.perf_counter()
            connection.execute(statement).fetchall()
            spans.append(time.perf_counter() - start)
            time.sleep(PAUSE_S)
    spans.sort()
    middle = spans[len(spans) // 2]
    answers.put(f"{name}: {len(spans)} times, median {middle * 1000:.0f} ms, longest {spans[-1]:.2f} s")


if __name__ == "__main__":
    main()
