"""What is remembered between pulls: a SQLite file in the lake's folder, as it says what that lake holds.

A cursor is moved only when the lake has the rows up to it. A pull that is killed between the two fetches
these rows again, and the lake takes the same row twice without harm.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from exporter.messages import Message

_SCHEMA = """
CREATE TABLE IF NOT EXISTS walks (
    id INTEGER PRIMARY KEY,
    taxon_ids TEXT NOT NULL,
    updated_since TEXT,
    id_above INTEGER NOT NULL DEFAULT 0,
    began_at TEXT,
    records INTEGER NOT NULL DEFAULT 0,
    place_id INTEGER,
    fetched INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS pulled_in_places (
    taxon_id INTEGER NOT NULL,
    place_id INTEGER NOT NULL,
    changes_until TEXT NOT NULL,
    PRIMARY KEY (taxon_id, place_id)
);
CREATE TABLE IF NOT EXISTS pulled (
    taxon_id INTEGER PRIMARY KEY,
    changes_until TEXT NOT NULL,
    recounted_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS counts (
    taxon_id INTEGER NOT NULL,
    measure TEXT NOT NULL,
    count INTEGER NOT NULL,
    counted_at REAL NOT NULL,
    PRIMARY KEY (taxon_id, measure)
);
CREATE TABLE IF NOT EXISTS count_jobs (
    clades TEXT NOT NULL,
    measure TEXT NOT NULL,
    next_page INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (clades, measure)
);
CREATE TABLE IF NOT EXISTS model (
    taxon_id INTEGER PRIMARY KEY, is_in_model INTEGER NOT NULL, told_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS exported_classes (taxon_id INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS happened (id INTEGER PRIMARY KEY, at REAL NOT NULL, messages TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
#: Columns of walks that files from before places lack.
_LATER = {"place_id": "INTEGER", "fetched": "INTEGER NOT NULL DEFAULT 0"}
_KEPT_EVENTS = 200
_EXPORTED = "classes exported on"


@dataclass(frozen=True)
class Walk:
    """A way through the observations of some taxa and all below them, by ascending id."""

    id: int
    taxon_ids: tuple[int, ...]
    #: Only what changed since; None: everything.
    updated_since: datetime | None
    #: The lake has what was to be had up to this id.
    id_above: int
    #: When its first answer was given, by the server's clock; None before.
    began_at: datetime | None
    #: Observations brought into the lake so far.
    records: int
    #: Only observations in this place of iNaturalist; None: from everywhere.
    place_id: int | None = None
    #: Observations fetched so far, with those that are not in the lake yet.
    fetched: int = 0


@dataclass(frozen=True)
class CountJob:
    """Counts to be fetched: of the taxa in some clades, by one measure, from a page on."""

    clades: tuple[int, ...]
    measure: str
    page: int = 1


@dataclass(frozen=True)
class Event:
    """Something worth telling, and when it happened, in seconds since 1970."""

    at: float
    messages: list[Message]


class Store:
    """The memory of the pulls into one lake. Any number of processes may share its file."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as con:
            con.execute("PRAGMA journal_mode = WAL")
            con.executescript(_SCHEMA)
            self._add_later(con)

    def _add_later(self, con: sqlite3.Connection) -> None:
        def missing() -> list[str]:
            known = {row[1] for row in con.execute("PRAGMA table_info(walks)")}
            return [name for name in _LATER if name not in known]

        if missing():
            con.execute("BEGIN IMMEDIATE")
            for name in missing():  # unless another process was faster
                con.execute(f"ALTER TABLE walks ADD COLUMN {name} {_LATER[name]}")
            con.execute("COMMIT")

    # Walks

    def walks(self) -> list[Walk]:
        """The walks that are not finished, oldest first."""
        return [
            Walk(row[0], tuple(json.loads(row[1])), _time(row[2]), row[3], _time(row[4]), *row[5:])
            for row in self._read(
                "SELECT id, taxon_ids, updated_since, id_above, began_at, records, place_id, fetched"
                " FROM walks ORDER BY id"
            )
        ]

    def start_walk(
        self, taxon_ids: Iterable[int], updated_since: datetime | None, place_id: int | None = None
    ) -> Walk:
        """A new walk; the one that is under way already if there is one of the same taxa, place and time."""
        selected = tuple(sorted(set(taxon_ids)))
        with self._write() as con:
            stored = (json.dumps(selected), _text(updated_since), place_id)
            same = con.execute(
                "SELECT id FROM walks WHERE taxon_ids = ? AND updated_since IS ? AND place_id IS ?", stored
            ).fetchone()
            if same is None:
                con.execute("INSERT INTO walks (taxon_ids, updated_since, place_id) VALUES (?, ?, ?)", stored)
        key = (selected, updated_since, place_id)
        return next(
            walk for walk in self.walks() if (walk.taxon_ids, walk.updated_since, walk.place_id) == key
        )

    def began(self, walk: Walk, at: datetime) -> None:
        """Note when a walk's first answer was given; later answers change nothing."""
        with self._write() as con:
            con.execute(
                "UPDATE walks SET began_at = ? WHERE id = ? AND began_at IS NULL", (_text(at), walk.id)
            )

    def advance(self, walk: Walk, id_above: int, records: int) -> None:
        """Note that the lake has so many more observations of a walk, up to an id."""
        with self._write() as con:
            con.execute(
                "UPDATE walks SET id_above = max(id_above, ?), records = records + ? WHERE id = ?",
                (id_above, records, walk.id),
            )

    def note_fetched(self, walk: Walk, fetched: int) -> None:
        """Note how many observations of a walk are fetched, for whoever watches; nothing rests on it."""
        with self._write() as con:
            con.execute("UPDATE walks SET fetched = ? WHERE id = ?", (fetched, walk.id))

    def finish(self, walk: Walk, changes_until: datetime) -> None:
        """Note that the lake has all changes to a walk's taxa up to a time, by the server's clock.

        A walk through changes alone says nothing of taxa that were not pulled up to where it began.
        """
        until = _text(changes_until)
        with self._write() as con:
            if walk.place_id is not None:
                con.executemany(
                    "INSERT OR REPLACE INTO pulled_in_places VALUES (?, ?, ?)",
                    [(taxon_id, walk.place_id, until) for taxon_id in walk.taxon_ids],
                )
            elif walk.updated_since is None:
                con.executemany(
                    "INSERT OR REPLACE INTO pulled VALUES (?, ?, ?)",
                    [(taxon_id, until, self._clock()) for taxon_id in walk.taxon_ids],
                )
            else:
                con.executemany(
                    "UPDATE pulled SET changes_until = ? WHERE taxon_id = ? AND changes_until >= ?",
                    [(until, taxon_id, _text(walk.updated_since)) for taxon_id in walk.taxon_ids],
                )
            con.execute("DELETE FROM walks WHERE id = ?", (walk.id,))

    def pulled(self) -> dict[int, datetime]:
        """The taxa that were pulled whole, and the time up to which the lake has all changes to them."""
        rows = self._read("SELECT taxon_id, changes_until FROM pulled")
        return {row[0]: datetime.fromisoformat(row[1]) for row in rows}

    def pulled_in_places(self) -> dict[tuple[int, int], datetime]:
        """The same of taxa that were pulled from one place only, by taxon and place."""
        rows = self._read("SELECT taxon_id, place_id, changes_until FROM pulled_in_places")
        return {(row[0], row[1]): datetime.fromisoformat(row[2]) for row in rows}

    # Re-counts

    def least_recounted(self) -> list[tuple[int, float]]:
        """Pulled taxa and when they last agreed with iNaturalist, those first that wait longest."""
        return self._read("SELECT taxon_id, recounted_at FROM pulled ORDER BY recounted_at, taxon_id")

    def recounted(self, taxon_id: int) -> None:
        """Note that a pulled taxon agrees with iNaturalist now."""
        with self._write() as con:
            con.execute("UPDATE pulled SET recounted_at = ? WHERE taxon_id = ?", (self._clock(), taxon_id))

    # Counts of all taxa

    def count_jobs(self) -> list[CountJob]:
        """The counts that are under way."""
        rows = self._read("SELECT clades, measure, next_page FROM count_jobs ORDER BY measure, clades")
        return [CountJob(tuple(json.loads(row[0])), row[1], row[2]) for row in rows]

    def add_count_jobs(self, jobs: Iterable[CountJob]) -> None:
        """Note clades to count; what is under way goes on."""
        with self._write() as con:
            con.executemany(
                "INSERT OR IGNORE INTO count_jobs (clades, measure) VALUES (?, ?)",
                [(json.dumps(job.clades), job.measure) for job in jobs],
            )

    def put_counts(self, job: CountJob, counts: dict[int, int], *, is_done: bool) -> None:
        """Store a page of counts by taxon; the next page comes next, unless the job is done with it."""
        now = self._clock()
        key = (json.dumps(job.clades), job.measure)
        with self._write() as con:
            con.executemany(
                "INSERT OR REPLACE INTO counts VALUES (?, ?, ?, ?)",
                [(taxon_id, job.measure, count, now) for taxon_id, count in counts.items()],
            )
            if is_done:
                con.execute("DELETE FROM count_jobs WHERE clades = ? AND measure = ?", key)
            else:
                con.execute(
                    "UPDATE count_jobs SET next_page = ? WHERE clades = ? AND measure = ?",
                    (job.page + 1, *key),
                )

    def counts(self, measure: str) -> dict[int, int]:
        """The latest counts by taxon."""
        rows = self._read("SELECT taxon_id, count FROM counts WHERE measure = ?", measure)
        return dict(rows)

    # The current model

    def put_model(self, recorded: dict[int, bool]) -> None:
        """Store whether taxa are classes of iNaturalist's current model."""
        now = self._clock()
        with self._write() as con:
            con.executemany(
                "INSERT OR REPLACE INTO model VALUES (?, ?, ?)",
                [(taxon_id, is_in, now) for taxon_id, is_in in recorded.items()],
            )

    def model(self, told_after: float = 0.0) -> dict[int, bool]:
        """Whether taxa are classes of the current model, as reported after a time in seconds since 1970."""
        rows = self._read("SELECT taxon_id, is_in_model FROM model WHERE told_at >= ?", told_after)
        return {taxon_id: bool(is_in) for taxon_id, is_in in rows}

    def model_answers(self) -> list[tuple[int, bool, datetime]]:
        """Taxa looked up in the API: whether each is a class of the current model, reported when."""
        rows = self._read("SELECT taxon_id, is_in_model, told_at FROM model ORDER BY taxon_id")
        return [(taxon_id, bool(is_in), datetime.fromtimestamp(at, UTC)) for taxon_id, is_in, at in rows]

    def put_export(self, class_ids: Iterable[int], exported: date) -> None:
        """Store the classes of an export of iNaturalist's, whole, in place of those of the one before."""
        with self._write() as con:
            con.execute("DELETE FROM exported_classes")
            con.executemany(
                "INSERT OR IGNORE INTO exported_classes VALUES (?)", [(each,) for each in class_ids]
            )
            con.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (_EXPORTED, exported.isoformat()))

    def export(self) -> tuple[date, list[int]] | None:
        """The day of the export of iNaturalist's that was read last, and its classes; None before any."""
        exported = self.fact(_EXPORTED)
        if exported is None:
            return None
        rows = self._read("SELECT taxon_id FROM exported_classes ORDER BY taxon_id")
        return date.fromisoformat(exported), [row[0] for row in rows]

    # What happens

    def note(self, *messages: Message) -> None:
        """Note an event; the latest are kept."""
        with self._write() as con:
            con.execute(
                "INSERT INTO happened (at, messages) VALUES (?, ?)", (self._clock(), json.dumps(messages))
            )
            con.execute(
                "DELETE FROM happened WHERE id <= (SELECT max(id) FROM happened) - ?", (_KEPT_EVENTS,)
            )

    def events(self, number: int = 20) -> list[Event]:
        """The latest events, the newest first."""
        rows = self._read("SELECT at, messages FROM happened ORDER BY id DESC LIMIT ?", number)
        return [Event(at, json.loads(messages)) for at, messages in rows]

    def put_fact(self, name: str, value: str) -> None:
        """Remember one thing under a name."""
        with self._write() as con:
            con.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def fact(self, name: str) -> str | None:
        """What is remembered under a name."""
        rows = self._read("SELECT value FROM facts WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def _read(self, query: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]
        with closing(self._connect()) as con:
            return con.execute(query, values).fetchall()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connect()) as con:
            con.execute("BEGIN IMMEDIATE")
            yield con
            con.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        con = sqlite3.connect(self._path, timeout=60, isolation_level=None)
        # Survives a killed process; what a power cut may take is only spent or fetched once more.
        con.execute("PRAGMA synchronous = NORMAL")
        return con


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
