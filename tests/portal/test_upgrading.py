"""A database of an earlier version is not half upgraded."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

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
