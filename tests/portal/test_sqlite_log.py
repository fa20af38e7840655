"""SQLite's log stays short, however much is written while somebody reads."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper

from portal import sqlite_log
from portal.sqlite_log import shorten_log

pytestmark = pytest.mark.django_db
WRITE = "INSERT INTO written SELECT randomblob(100000)"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BaseDatabaseWrapper]:
    """A database in a file, with a table, whose log may have 200 kB."""
    monkeypatch.setattr(sqlite_log, "LONGEST", 200_000)
    options = {"init_command": "PRAGMA journal_mode=WAL;"}
    settings = connections["default"].settings_dict | {"NAME": tmp_path / "file", "OPTIONS": options}
    if connections["default"].vendor != "sqlite":
        pytest.skip("it is about SQLite")
    wrapper = DatabaseWrapper(settings)
    with wrapper.cursor() as cursor:
        cursor.execute("CREATE TABLE written (bytes blob)")
    yield wrapper
    wrapper.close()


def length(database: BaseDatabaseWrapper) -> int:
    return Path(f"{database.settings_dict['NAME']}-wal").stat().st_size


def write(database: BaseDatabaseWrapper) -> None:
    with database.cursor() as cursor:
        cursor.execute(WRITE)


def test_a_long_log_begins_anew_once_nobody_reads(database: BaseDatabaseWrapper) -> None:
    with closing(sqlite3.connect(database.settings_dict["NAME"], isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM written").fetchall()
        for _ in range(4):
            write(database)
            shorten_log(database)
        assert length(database) > 400_000
        reader.execute("COMMIT")
        shorten_log(database)
        assert length(database) == 0
        assert reader.execute("SELECT count(*) FROM written").fetchall() == [(4,)]
    with database.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (5000,)


def test_a_short_log_is_left_alone(database: BaseDatabaseWrapper) -> None:
    write(database)
    before = length(database)
    shorten_log(database)
    assert length(database) == before > 0
