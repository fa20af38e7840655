"""One budget for every process of this machine, kept in a file.

iNaturalist counts requests by address ("API Recommended Practices": at most 60 a minute, keep under 10,000 a
day; media at most 5 GB an hour and 24 GB a day). So the budget cannot be a process's own. Each request is
written to a SQLite table before it is sent, in a transaction that first looks at the windows it falls into;
whoever finds one full waits and looks again. Nothing is reserved ahead: a process that is killed takes no
part of the budget with it but what it has spent.

pyinaturalist's own limiter was not used: its buckets count in memory, its file-locked one locks one file for
all programs under the system's temporary folder, and the retries of its HTTP adapter pass by it uncounted.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from exporter.errors import DataError
from exporter.messages import english, message

SECOND, MINUTE, HOUR, DAY = 1.0, 60.0, 3_600.0, 86_400.0
GB = 10**9

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spent (kind TEXT NOT NULL, at REAL NOT NULL, amount INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS spent_by_time ON spent (kind, at);
CREATE TABLE IF NOT EXISTS held (kind TEXT PRIMARY KEY, until REAL NOT NULL);
"""
#: A clock put back by more than this is noticed: what then lies in the future counts as spent now.
_CLOCK_TOLERANCE_S = 1.0


@dataclass(frozen=True)
class Window:
    """At most ``amount`` in any ``seconds``; ``margin`` seconds are added for what is late on its way."""

    amount: int
    seconds: float
    margin: float = 0.0


#: What is allowed, by kind. A request that arrives late by up to the margin breaks no window. One a second is
#: what iNaturalist asks for; the other windows would let a minute's requests leave at once.
LIMITS: dict[str, tuple[Window, ...]] = {
    "requests": (Window(1, SECOND), Window(55, MINUTE, margin=1.0), Window(9_500, DAY)),
    "media": (Window(5 * GB, HOUR), Window(24 * GB, DAY)),
}


class BudgetSpentError(DataError):
    """The budget leaves nothing for so long that waiting for it makes no sense."""

    def __init__(self, kind: str, free_at: float) -> None:
        until = f"{datetime.fromtimestamp(free_at, UTC):%Y-%m-%d %H:%M}"
        spent = message("budget_spent", kind=kind, until=until)
        super().__init__(english([spent]), [spent])
        self.free_at = free_at


class Limiter:
    """Says when something may be spent. Any number of processes may share its file.

    Args:
        path: the file; made if it is not there.
        limits: windows by kind.
        longest_wait_s: longer waits are a `BudgetSpentError`.
        clock: seconds since 1970. Wall time, for it must outlive a restart.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        path: Path,
        *,
        limits: dict[str, tuple[Window, ...]] | None = None,
        longest_wait_s: float = 300.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._path = path
        self._limits = LIMITS if limits is None else limits
        self._longest_wait_s = longest_wait_s
        self._clock = clock
        self._sleep = sleep
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as con:
            con.execute("PRAGMA journal_mode = WAL")
            con.executescript(_SCHEMA)

    def spend(self, kind: str, amount: int = 1) -> None:
        """Wait until this much may be spent, and note it as spent now.

        BudgetSpentError if that is too long; ValueError for more than a window ever allows.
        """
        if any(amount > window.amount for window in self._limits[kind]):
            raise ValueError(f"{amount:,} {kind} at once are more than any wait allows")
        while True:
            free_at, now = self._try(kind, amount)
            if free_at <= now:
                return
            if free_at - now > self._longest_wait_s:
                raise BudgetSpentError(kind, free_at)
            self._sleep(free_at - now)

    def hold(self, kind: str, seconds: float) -> None:
        """Let no process spend for that long: at iNaturalist's request."""
        with self._exclusive() as con:
            con.execute(
                "INSERT INTO held VALUES (?, ?)"
                " ON CONFLICT (kind) DO UPDATE SET until = max(until, excluded.until)",
                (kind, self._clock() + seconds),
            )

    def spent(self, kind: str) -> dict[float, int]:
        """What was spent of a kind in each of its windows up to now, by the window's seconds."""
        now = self._clock()
        with closing(self._connect()) as con:
            return {window.seconds: _sum(con, kind, now - window.seconds) for window in self._limits[kind]}

    def left(self, kind: str) -> int:
        """What the longest window still allows."""
        longest = max(self._limits[kind], key=lambda window: window.seconds)
        return max(longest.amount - self.spent(kind)[longest.seconds], 0)

    def held_until(self, kind: str) -> float | None:
        """Until when iNaturalist wants to be left alone, in seconds since 1970; None if it does not."""
        now = self._clock()
        with closing(self._connect()) as con:
            until = _held_until(con, kind)
        return until if until > now else None

    def _try(self, kind: str, amount: int) -> tuple[float, float]:
        """Spend if it may be now. Gives when it may be, and now: it was spent if that is not later."""
        with self._exclusive() as con:
            now = self._clock()
            con.execute(
                "UPDATE spent SET at = ? WHERE kind = ? AND at > ?", (now, kind, now + _CLOCK_TOLERANCE_S)
            )
            windows = self._limits[kind]
            free_at = max(
                _held_until(con, kind), *(_free_at(con, kind, amount, each, now) for each in windows)
            )
            if free_at <= now:
                con.execute("INSERT INTO spent VALUES (?, ?, ?)", (kind, now, amount))
                longest = max(window.seconds + window.margin for window in windows)
                con.execute("DELETE FROM spent WHERE kind = ? AND at < ?", (kind, now - longest))
        return free_at, now

    @contextmanager
    def _exclusive(self) -> Iterator[sqlite3.Connection]:
        """A transaction that no other process is in at the same time."""
        with closing(self._connect()) as con:
            con.execute("BEGIN IMMEDIATE")
            try:
                yield con
            except BaseException:
                con.execute("ROLLBACK")
                raise
            con.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        con = sqlite3.connect(self._path, timeout=60, isolation_level=None)
        # Survives a killed process; what a power cut may take is only spent or fetched once more.
        con.execute("PRAGMA synchronous = NORMAL")
        return con


def _sum(con: sqlite3.Connection, kind: str, after: float) -> int:
    (amount,) = con.execute(
        "SELECT coalesce(sum(amount), 0) FROM spent WHERE kind = ? AND at > ?", (kind, after)
    ).fetchone()
    return int(amount)


def _held_until(con: sqlite3.Connection, kind: str) -> float:
    row = con.execute("SELECT until FROM held WHERE kind = ?", (kind,)).fetchone()
    return float(row[0]) if row else 0.0


def _free_at(con: sqlite3.Connection, kind: str, amount: int, window: Window, now: float) -> float:
    """When the window has room for the amount: once enough of what was spent first has left it."""
    length = window.seconds + window.margin
    excess = _sum(con, kind, now - length) + amount - window.amount
    if excess <= 0:
        return now
    leaving = con.execute(
        "SELECT at, amount FROM spent WHERE kind = ? AND at > ? ORDER BY at", (kind, now - length)
    )
    for at, gone in leaving:
        excess -= gone
        if excess <= 0:
            # Later by what rounding may take away, or the next look would come a moment too early.
            return float(at) + length + 1e-6
    raise AssertionError("more is requested than the window holds")
