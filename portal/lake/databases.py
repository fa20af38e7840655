"""The database as a file, and back: SQLite's own copy, or PostgreSQL's `pg_dump` and `pg_restore`."""

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection

from exporter.errors import DataError
from portal.environment import for_program

SQLITE, POSTGRESQL = "database.sqlite3", "database.dump"


def dump(folder: Path) -> None:
    """Write the database, as it is at one moment, into a file in the folder. DataError if that fails."""
    if connection.vendor == "postgresql":
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={folder / POSTGRESQL}")
        return
    path = Path(str(connection.settings_dict["NAME"]))
    if not path.is_file():
        raise DataError(f"{path}: there is no database; run `manage.py migrate` first")
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(folder / SQLITE)) as other:
        one.backup(other)


def refuse_if_used() -> None:
    """DataError if the database has tables: nothing is overwritten."""
    path = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor != "postgresql" and not path.is_file():
        return
    if connection.introspection.table_names():
        raise DataError("The database has tables already: restore into an empty one.")


def load(folder: Path) -> None:
    """Put the file of `dump` into an empty database. DataError if it is of another kind of database."""
    name = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
    if not (folder / name).is_file():
        raise DataError(f"{folder}: the backup is of another kind of database than DATABASE_URL names")
    connection.close()
    if connection.vendor == "postgresql":
        _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
             f"--dbname={connection.settings_dict['NAME']}", str(folder / name))  # fmt: skip
        return
    path = Path(str(connection.settings_dict["NAME"]))
    path.unlink(missing_ok=True)  # an empty one, which looking at it has made
    with closing(sqlite3.connect(folder / name)) as one, closing(sqlite3.connect(path)) as other:
        one.backup(other)


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the portal's database; the password is in no list of processes."""
    recorded: dict[str, Any] = connection.settings_dict
    names = ("HOST", "PORT", "USER", "PASSWORD")
    given = {f"PG{name}": str(recorded[name]) for name in names if recorded.get(name)}
    given["PGDATABASE"] = str(recorded["NAME"])
    try:
        done = subprocess.run(
            [program, *arguments], env=for_program(given), capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise DataError(f"{program}: {error.strerror}; install PostgreSQL's client programs") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise DataError(f"{program}: {last}")
