"""iNaturalist's own database, or a replica, into the lake: streamed, in one transaction that only reads.

Everything is read as of one moment (REPEATABLE READ, READ ONLY), by COPY of one slice of the observations
after another, so that neither side holds a table in memory. The first time everything comes, afterwards what
changed since; the time is remembered with the lake once the lake has the rows. A connection that ends early
leaves the lake and that time as they were.
"""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors, extensions

from exporter.errors import DataError
from exporter.ingest import IngestReport, insist
from exporter.lake import Lake
from exporter.pull.store import Store
from exporter.schema import OBSERVATIONS
from exporter.sources import database_tables as tables
from exporter.sources.api_rows import emptied_row
from exporter.sources.batches import Batches
from exporter.sources.database_tables import NOTHING, TABLES, Slice
from exporter.sources.files import ByteStream, FileReport
from exporter.sources.kinds import Kind
from exporter.sources.open_data import read_rows
from exporter.staging import Staging
from terminal.progress import Bar, bar

#: A transaction shows when it ends what it wrote at its beginning, under the time of its beginning.
OVERLAP = timedelta(minutes=30)
#: Observations in a slice: of a first reading by their ids, later of those that changed.
SLICE_IDS = 1 << 19
SLICE_CHANGED = 50_000

_SOURCE = "database"
#: Every character that a quote could be asked for is blanked in text, so that nothing is ever quoted.
_COPY = (
    r"COPY ({}) TO STDOUT WITH (FORMAT csv, DELIMITER E'\t', QUOTE E'\b', ESCAPE E'\b', NULL '',"
    r" ENCODING 'UTF8')"
)
_CONNECT_TIMEOUT_S = 20

#: psycopg2 has no types.
_Connection = Any


class Database:
    """A database with iNaturalist's tables. DataError for an address that is none; it is not repeated."""

    def __init__(self, url: str) -> None:
        is_address = url.startswith(("postgresql://", "postgres://")) and url.isprintable()
        try:
            parsed = extensions.parse_dsn(url) if is_address else {}
        except psycopg2.ProgrammingError:
            parsed = {}
        if not parsed.get("dbname"):
            raise DataError("not an address like postgresql://USER@HOST:5432/DATABASE")
        self._url = url
        self._password = str(parsed.get("password") or os.environ.get("PGPASSWORD", ""))
        #: What it is called in words, and what its cursor is remembered under: no user, no password.
        self.name = f"{parsed.get('host', 'localhost')}:{parsed.get('port', '5432')}/{parsed['dbname']}"

    def load(self, lake: Lake, store: Store, *, strict: bool = False, whole: bool = False) -> IngestReport:
        """Load what changed since the last time, or everything, as one new version of the lake.

        ``whole``: everything, though it was loaded before. ``strict``: as in `exporter.ingest.ingest`.
        DataError if the database cannot be read; the lake and what is remembered are then as they were.
        """
        since = None if whole else self._since(lake, store)
        with lake.staging() as staging, bar("ingest --database", unit="observations") as shown:
            with self._transaction() as con:
                reading = _Reading(self, con, staging, shown)
                until = reading.server_time()
                files = reading.everything() if since is None else reading.changes(since, lake)
            if strict:
                insist(files)
            shown.stage("ingest --database: merging into the lake")
            report = IngestReport(files, lake.upsert(staging))
        if (version := lake.latest()) is not None and (loaded_at := version.loaded_at.get(_SOURCE)):
            reached = {"changes_until": until - OVERLAP, "loaded_at": loaded_at}
            store.put_fact(
                self._cursor, json.dumps({name: time.isoformat() for name, time in reached.items()})
            )
        return report

    @property
    def _cursor(self) -> str:
        return f"database {self.name}"

    def _since(self, lake: Lake, store: Store) -> datetime | None:
        """From when on changes are missing; None: everything is, also where the lake was put back since."""
        known, version = store.fact(self._cursor), lake.latest()
        if known is None or version is None:
            return None
        reached = {name: datetime.fromisoformat(time) for name, time in json.loads(known).items()}
        loaded_at = version.loaded_at.get(_SOURCE)
        is_put_back = loaded_at is None or loaded_at < reached["loaded_at"]
        return None if is_put_back else reached["changes_until"]

    @contextmanager
    def _transaction(self) -> Iterator[_Connection]:
        """A connection in a transaction that only reads. DataError, without the password, if it fails."""
        try:
            con = psycopg2.connect(self._url, connect_timeout=_CONNECT_TIMEOUT_S, application_name="leafline")
            with closing(con):
                con.set_session(isolation_level="REPEATABLE READ", readonly=True)
                con.set_client_encoding("UTF8")
                with con.cursor() as cursor:
                    cursor.execute("SET LOCAL TIME ZONE 'UTC'")
                    cursor.execute("SET LOCAL DateStyle = 'ISO, YMD'")
                yield con
        except psycopg2.Error as error:
            raise DataError(self._explain(error)) from None

    def _explain(self, error: psycopg2.Error) -> str:
        """Say in one line what the server or the connection says, and what to do."""
        words = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        if self._password:
            words = words.replace(self._password, "***")
        if isinstance(error, errors.UndefinedTable | errors.UndefinedColumn | errors.UndefinedFunction):
            remedy = "give a database with the tables of iNaturalist's"
        elif isinstance(error, errors.InsufficientPrivilege):
            remedy = "docs/staff.md lists what its user must be allowed to read"
        elif isinstance(error, errors.SerializationFailure):
            remedy = "let the replica wait longer (max_standby_streaming_delay), and run the same again"
        else:
            remedy = "check the address, the password and the server, and run the same again"
        return f"{self.name}: {words}; nothing was loaded: {remedy}"


class _Reading:
    """The reading of one moment of a database into a staging area."""

    def __init__(self, database: Database, con: _Connection, staging: Staging, shown: Bar) -> None:
        self._con = con
        self._staging = staging
        self._shown = shown
        self._prefixes: dict[int, str] = {}
        self._reports = {name: FileReport(Path(database.name) / name, kind=Kind.DATABASE) for name in TABLES}

    def server_time(self) -> datetime:
        """The server's time at which this moment is; what it read before it is all there is."""
        [(now,)] = self._rows(tables.SERVER_TIME)
        moment: datetime = now
        return moment.astimezone(UTC)

    def everything(self) -> list[FileReport]:
        """Stage all taxa and observations."""
        self._try_all(datetime.now(UTC))
        [(first, last)] = self._rows(tables.OBSERVATION_IDS)
        self._stage_taxa()
        for start in range(first, last + 1, SLICE_IDS) if first is not None else ():
            self._stage_observations(Slice(start, min(start + SLICE_IDS - 1, last)))
        return list(self._reports.values())

    def changes(self, since: datetime, lake: Lake) -> list[FileReport]:
        """Stage all taxa, the observations of which anything changed, and what is left of deleted ones."""
        self._try_all(since)
        self._stage_taxa()
        ids = tuple(row[0] for row in self._rows(tables.changed(since)))
        for start in range(0, len(ids), SLICE_CHANGED):
            self._stage_observations(Slice(ids=ids[start : start + SLICE_CHANGED]))
        self._empty(dict(self._rows(tables.deleted(since))), lake)
        return list(self._reports.values())

    def _try_all(self, since: datetime) -> None:
        """Have the server read every statement, so that what it lacks ends the work before it begins."""
        statements = (
            tables.FILE_PREFIXES,
            tables.TAXA,
            tables.observations(NOTHING),
            tables.photos(NOTHING, {}),
            tables.identifications(NOTHING),
            tables.changed(since),
            tables.deleted(since),
        )
        for statement in statements:
            self._rows(f"SELECT * FROM ({statement}) AS statement LIMIT 0")
        self._prefixes = dict(self._rows(tables.FILE_PREFIXES))

    def _stage_taxa(self) -> None:
        self._shown.stage("ingest --database: taxa")
        self._staging.begin_file()
        self._copy("taxa", tables.TAXA)

    def _stage_observations(self, within: Slice) -> None:
        before = self._reports["observations"].read
        self._shown.stage("ingest --database")
        # The lake takes those photos and identifications that come with their observation.
        self._staging.begin_file()
        self._copy("observations", tables.observations(within))
        self._copy("photos", tables.photos(within, self._prefixes))
        self._copy("identifications", tables.identifications(within))
        self._shown.advance(self._reports["observations"].read - before)

    def _empty(self, gone: dict[int, datetime], lake: Lake) -> None:
        """Stage deleted observations without anything, those that the lake has."""
        if not gone or lake.latest() is None:
            return
        with lake.connect() as con:
            held = con.execute(
                f"SELECT observation_id, observation_uuid FROM {OBSERVATIONS.name}"
                " WHERE list_contains($gone, observation_id) ORDER BY observation_id",
                {"gone": list(gone)},
            ).fetchall()
        with Batches(self._staging, _SOURCE, self._reports["observations"]) as batches:
            for observation_id, uuid in held:
                row = emptied_row(observation_id, uuid, gone[observation_id].astimezone(UTC))
                batches.add("observations", row, self._staging.begin_record())

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self._con.cursor() as cursor:
            cursor.execute(statement)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def _copy(self, name: str, statement: str) -> None:
        """Stage the rows that a statement gives, while they come."""
        table, report = TABLES[name], self._reports[name]
        header = [column.name for column in table.columns]

        def read(stream: ByteStream) -> None:
            read_rows(stream, header, table, _SOURCE, self._staging, report)

        _stream(lambda sink: self._copy_out(statement, sink), read)

    def _copy_out(self, statement: str, sink: object) -> None:
        with self._con.cursor() as cursor:
            cursor.copy_expert(_COPY.format(statement), sink)


def _stream(write: Callable[[object], None], read: Callable[[ByteStream], None]) -> None:
    """Let one function read what another writes, each in its own thread; the error of either."""
    read_end, write_end = os.pipe()

    def fill() -> None:
        with os.fdopen(write_end, "wb") as sink:
            write(sink)

    with ThreadPoolExecutor(max_workers=1) as thread:
        writing = thread.submit(fill)
        # Closed here, what nobody reads any more ends the writing too.
        with os.fdopen(read_end, "rb") as stream:
            read(stream)
        writing.result()
