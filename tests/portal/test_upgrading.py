"""A database of an earlier version is not half upgraded."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

ROOT = Path(__file__).parents[2]


def test_a_database_from_before_the_first_supported_version_is_one_clear_line(tmp_path):
    """It has the tables of taxa, and nothing of the app on which they stand by now."""
    with closing(sqlite3.connect(tmp_path / "leafline.sqlite3")) as database, database:
        database.execute("CREATE TABLE django_migrations (id INTEGER, app TEXT, name TEXT, applied TEXT)")
        database.execute("INSERT INTO django_migrations VALUES (1, 'taxa', '0001_initial', '2026-11-23')")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    migrated = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=ROOT,
        env=kept | {"LEAFLINE_DATA": str(tmp_path), "LEAFLINE_DEBUG": "1"},
        capture_output=True,
        text=True,
    )
    assert migrated.returncode == 1
    assert migrated.stderr == (
        "Migration taxa.0001_initial is applied before its dependency lake.0001_initial"
        " on database 'default'."
        " An earlier version made it: see “Upgrading” in CHANGELOG.md.\n"
    )
    with closing(sqlite3.connect(tmp_path / "leafline.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM django_migrations").fetchone() == (1,)


@pytest.mark.services
@pytest.mark.skipif(
    not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
    reason="on SQLite the workers are stopped first: it makes a table anew to change it",
)
def test_workers_of_the_first_version_go_on_while_the_database_is_upgraded(tmp_path):
    """Every statement of theirs, before, while and after, and each table can be read by this version."""
    url = os.environ["DATABASE_URL"]
    name = f"leafline_upgrade_{os.getpid()}"
    with closing(psycopg2.connect(url)) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        try:
            kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
            upgraded = subprocess.run(
                [sys.executable, "-m", "tests.portal.old_workers"],
                cwd=ROOT,
                env=kept
                | {
                    "LEAFLINE_DATA": str(tmp_path),
                    "LEAFLINE_DEBUG": "1",
                    "DATABASE_URL": url.rsplit("/", 1)[0] + f"/{name}",
                },
                capture_output=True,
                text=True,
            )
        finally:
            with server.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert upgraded.returncode == 0, upgraded.stderr
    tables, rows = upgraded.stdout.splitlines()
    assert tables.endswith(" tables are read")
    assert rows == "every row is there"
