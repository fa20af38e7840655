"""What others wait for while a refresh writes 1.5 million taxa, and what a refresh costs after a small pull.

`python -m benchmarks.refresh_waits` makes a scratch database on SQLite, which has one writer at a time;
with `DATABASE_URL=postgresql://...` one beside the database named there. Either is dropped afterwards.
Another process writes a row every 20 ms meanwhile, as a visitor does who subscribes, and a third reads a page
of readiness. Each transaction of the refresh is timed; those that only read, or write temporary tables, keep
nobody waiting and are apart. All data are made up.
"""

import argparse
import multiprocessing
import os
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

FOLDER = Path(tempfile.mkdtemp(prefix="leafline-refresh-waits-"))
os.environ["LEAFLINE_DATA"] = str(FOLDER)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ["LEAFLINE_DEBUG"] = "1"

PAUSE_S = 0.02
TIMEOUT_S = 600
LONGEST_LISTED = 6
#: Classes of iNaturalist's current model.
CLASSES = 100_000
TOLD_ON = date(2026, 10, 1)
RULE = "inat-2022"
_WRITE = "UPDATE benchmark_waits SET visits = visits + 1"
_READ = (
    f"SELECT * FROM taxa_readiness WHERE criteria = '{RULE}' AND status = 'leaf'"
    " ORDER BY observations DESC, taxon_id LIMIT 50"
)
#: Statements that write what others write or read; all else is of temporary tables, or reads.
_WRITES = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM|COPY) \"?(?!staged_|history_before_)")


def main() -> None:
    """Make the database, refresh it, and print what others waited."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taxa", type=int, default=1_500_000)
    parser.add_argument("--observed", type=int, default=500_000)
    parser.add_argument("--hotspots", type=int, default=20_000)
    parser.add_argument("--entries", type=int, default=2_000_000, help="worklist entries in all")
    parser.add_argument("--refreshes", type=int, default=100, help="stop after as many")
    options = parser.parse_args()

    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    settings.DEBUG = False
    with scratch_database():
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE benchmark_waits (visits integer)")
            cursor.execute("INSERT INTO benchmark_waits VALUES (0)")
        _refreshes(options.taxa, options.observed, options.hotspots, options.entries, options.refreshes)


@contextmanager
def scratch_database() -> Iterator[None]:
    """A database without rows: a file on SQLite, whose test database would lie in memory."""
    from django.core.management import call_command
    from django.db import connection

    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        call_command("migrate", verbosity=0)
        try:
            yield
        finally:
            shutil.rmtree(FOLDER)
        return
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _refreshes(count: int, observed: int, labels: int, entries: int, most: int) -> None:
    from benchmarks.refresh_worlds import worlds

    for place, (what, reading) in enumerate(islice(worlds(count, observed, labels, entries), most)):
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=place)
        with _others() as waits, _watched() as done:
            start = time.perf_counter(), time.process_time(), database_seconds()
            _refresh(at, reading)
            end = time.perf_counter(), time.process_time(), database_seconds()
        wall, ours, theirs = (after - before for before, after in zip(start, end, strict=True))
        print(f"{what}: {wall:.1f} s; processor {ours:.1f} s and the database's {theirs:.1f} s", flush=True)
        print(f"  {'; '.join(waits)}")
        done.report()


def _refresh(at: datetime, reading: Any) -> None:
    """Refresh as the portal does, from what is given in place of the lake."""
    from dataclasses import replace
    from unittest import mock

    from exporter.current_model import CurrentModel, Standing
    from portal.refresh import services

    @contextmanager
    def read(*_: object) -> Iterator[object]:
        yield replace(reading, data_as_of=at)

    ids = reading.readiness[RULE]["taxon_id"].to_pylist()[-CLASSES:]
    model = CurrentModel([Standing(each, True, TOLD_ON, is_from_export=False) for each in ids], None)
    with (
        mock.patch.object(services, "read_lake", read),
        mock.patch.object(services, "current_model", return_value=model),
    ):
        current = services.refresh([RULE])
    current.refresh_from_db()
    if "undone" in current.counts:
        raise SystemExit(f"not all was done: {current.counts['undone']}")


# Transactions -------------------------------------------------------------------------------------


@dataclass
class Transaction:
    """One transaction: when it began, and by which statements."""

    wall: float = field(default_factory=time.perf_counter)
    processor: float = field(default_factory=time.process_time)
    statements: list[str] = field(default_factory=list)


@dataclass
class Transactions:
    """Every transaction of a refresh: wall seconds, processor seconds of ours, and its statements."""

    ended: list[tuple[float, float, list[str]]] = field(default_factory=list)

    def end(self, one: Transaction) -> None:
        """Note that a transaction has ended."""
        took = time.perf_counter() - one.wall, time.process_time() - one.processor
        self.ended.append((*took, one.statements))

    def report(self) -> None:
        """Print the longest that write, and the longest others."""
        for name, is_writing in (("writing", True), ("reading, or of temporary tables", False)):
            these = [one for one in self.ended if _is_writing(one[2]) == is_writing]
            print(f"  {len(these)} transactions {name}; the longest:")
            for wall, processor, statements in sorted(these, reverse=True)[:LONGEST_LISTED]:
                first = next((one for one in statements if not one.startswith("BEGIN")), "COPY")
                shown = " ".join(first.split())[:60]
                print(f"    {wall:.2f} s ({processor:.2f} s): {len(statements)} statements, {shown}")


def _is_writing(statements: list[str]) -> bool:
    """Whether others could wait for these. PostgreSQL's COPY goes past what Django lets watch."""
    return not statements or any(map(_WRITES.match, statements))


@contextmanager
def _watched() -> Iterator[Transactions]:
    """Note each transaction of this process: those of Django, and each statement outside of them."""
    from unittest import mock

    from django.db import connection

    result = Transactions()
    current: list[Transaction] = []
    set_autocommit = connection.set_autocommit

    def turn(autocommit: bool, *args: object, **kwargs: object) -> None:
        if not autocommit:
            current.append(Transaction())
        set_autocommit(autocommit, *args, **kwargs)
        if autocommit and current:
            result.end(current.pop())

    def watch(execute: object, sql: object, params: object, many: bool, context: object) -> object:
        one = current[-1] if current else Transaction()
        one.statements.append(str(sql))
        try:
            return execute(sql, params, many, context)
        finally:
            if not current:
                result.end(one)

    with mock.patch.object(connection, "set_autocommit", turn), connection.execute_wrapper(watch):
        yield result


def database_seconds() -> float:
    """Processor time of PostgreSQL's process for this connection so far; 0 on SQLite, whose is ours."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (process,) = cursor.fetchone()
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# Others -------------------------------------------------------------------------------------------


@contextmanager
def _others() -> Iterator[list[str]]:
    """Let a writer and a reader work until the block ends; the list then says what each waited."""
    from django.db import connection

    waits: list[str] = []
    context = multiprocessing.get_context("spawn")
    is_over = context.Event()
    answers = context.Queue()
    where = {name: str(value) for name, value in connection.get_connection_params().items()}
    database = where["database"] if connection.vendor == "sqlite" else ""
    everybody = [
        context.Process(target=_work, args=(name, database, _dsn(where), statement, is_over, answers))
        for name, statement in (("writer", _WRITE), ("reader", _READ))
    ]
    for one in everybody:
        one.start()
    yield waits
    is_over.set()
    waits.extend(sorted(answers.get(timeout=TIMEOUT_S) for _ in everybody))
    for one in everybody:
        one.join()


def _dsn(where: dict[str, str]) -> str:
    names = {"database": "dbname", "dbname": "dbname", "user": "user", "password": "password"}
    names |= {"host": "host", "port": "port"}
    return " ".join(f"{names[name]}={value}" for name, value in where.items() if name in names and value)


def _work(name: str, path: str, dsn: str, statement: str, is_over: Any, answers: Any) -> None:
    """Run the statement again and again, and hand in how long it took at most."""
    spans = []
    with closing(_connect(path, dsn)) as connection:
        while not is_over.is_set() and (ours := multiprocessing.parent_process()) and ours.is_alive():
            start = time.perf_counter()
            cursor = connection.cursor()
            cursor.execute(statement)
            if statement is _READ:
                cursor.fetchall()
            spans.append(time.perf_counter() - start)
            time.sleep(PAUSE_S)
    spans.sort()
    middle = spans[len(spans) // 2]
    answers.put(f"{name}: {len(spans)} times, median {middle * 1000:.0f} ms, longest {spans[-1]:.2f} s")


def _connect(path: str, dsn: str) -> Any:
    if path:
        return sqlite3.connect(path, timeout=TIMEOUT_S, isolation_level=None)
    import psycopg2

    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    return connection


if __name__ == "__main__":
    main()
