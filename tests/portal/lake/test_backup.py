"""A backup made while ingest and refresh run is whole, and comes back byte by byte."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings as configured

from exporter.lake import Lake
from tests.exporter.test_snapshot import load
from tests.exporter.world import World

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(
    configured.DATABASES["default"]["ENGINE"].endswith("postgresql"),
    reason="starts processes of its own, with databases of their own: the run on SQLite has it",
)
#: How many backups are made while others write; `make test-backup` makes many.
ROUNDS = int(os.environ.get("LEAFLINE_BACKUP_ROUNDS", "2"))
SERVER = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


def manage(data, *arguments, url=""):
    """Run manage.py with that data folder; what is kept of the environment is little."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = {"LEAFLINE_DATA": str(data), "LEAFLINE_DEBUG": "1", "DATABASE_URL": url, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT, env=kept | given, capture_output=True, text=True, check=False,
    )  # fmt: skip


def done(*arguments, **options):
    answer = manage(*arguments, **options)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def species(number, observations=120):
    """One species with observations of its own."""
    world = World()
    world.taxon(1, None, "stateofmatter", name="Life")
    world.taxon(20, 1, "genus", name="Bombus")
    world.taxon(200 + number, 20, "species", name=f"Bombus {number}")
    world.observe(observations, 200 + number, 200 + number, photos=2)
    return world


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """A data folder with a lake of two versions, a database refreshed from it, a snapshot, and more."""
    data = tmp_path_factory.mktemp("portal")
    for number in range(2):
        load(Lake(data / "lake"), species(number))
    done(data, "migrate", "--verbosity", "0")
    done(data, "refresh")
    for name, text in {
        "snapshots/1-1/manifest.json": "{}", "snapshots/.2-1.xyz/half": "half",
        "snapshots/dry-run-x/out": "no",
        "runs/1-1/results.json": "{}", "runs/1-1/weights.part": "half", "public/inclusion.parquet": "x",
        "secret_key": "secret", "trainer.token": "token", "photos/1.jpg": "large", "mail/1.log": "mail",
        "lake/staging/x/half": "half",
        "lake/changes/version=2/changes.json": "{}",
        "lake/kept/readiness-0123.arrow": "rows",
    }.items():  # fmt: skip
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(text)
    (data / "secret_key").chmod(0o600)
    with closing(sqlite3.connect(data / "lake" / "pull.sqlite3")) as memory, memory:
        memory.execute("CREATE TABLE marks (id INTEGER)")
        memory.execute("INSERT INTO marks VALUES (7)")
    return data


def content(folder, *left_out):
    """Every file's bytes and mode by its name; SQLite's as statements, for it may lay pages out anew."""
    result = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not name.startswith(left_out) and not name.endswith(("-wal", "-shm", ".lock")):
            if path.suffix == ".sqlite3":
                with closing(sqlite3.connect(path)) as database:
                    result[name] = "\n".join(database.iterdump())
            else:
                result[name] = (path.read_bytes(), path.stat().st_mode)
    return result


NOT_KEPT = (
    "photos",
    "mail",
    "broker",
    "shown",
    "lake/staging",
    "lake/spill",
    "lake/changes",
    "lake/kept",
    "snapshots/.2",
    "snapshots/dry",
    "runs/1-1/weights",
)


def test_it_comes_back_byte_by_byte(portal, tmp_path):
    assert "MiB" in done(portal, "backup", tmp_path / "kept")
    done(tmp_path / "again", "restore", tmp_path / "kept")
    selected = content(portal, *NOT_KEPT)
    assert content(tmp_path / "again", "broker") == selected
    assert (tmp_path / "again" / "secret_key").stat().st_mode & 0o777 == 0o600
    # And all of it serves: nothing to migrate, and the lake is whole.
    assert "No planned migration operations" in done(tmp_path / "again", "migrate", "--plan")
    lake = Lake(tmp_path / "again" / "lake")
    lake.check(lake.require_latest())
    assert lake.require_latest().number == 2


def test_it_is_whole_while_an_ingest_and_a_refresh_run(portal, tmp_path):
    data = tmp_path / "busy"
    shutil.copytree(portal, data)
    is_over, faults = threading.Event(), []

    def ingest():
        for number in range(2, 20 * ROUNDS):
            if is_over.is_set():
                return
            load(Lake(data / "lake"), species(number, 8))

    def refresh():
        while not is_over.is_set():
            answer = manage(data, "refresh")
            if answer.returncode:
                faults.append(answer.stderr)

    others = [threading.Thread(target=one) for one in (ingest, refresh)]
    for one in others:
        one.start()
    try:
        for number in range(ROUNDS):
            done(data, "backup", tmp_path / f"kept{number}")
    finally:
        is_over.set()
        for one in others:
            one.join()
    assert faults == []
    for number in range(ROUNDS):
        again = tmp_path / f"again{number}"
        done(again, "restore", tmp_path / f"kept{number}")
        lake = Lake(again / "lake")
        newest = lake.require_latest()
        assert newest.faults == ()
        lake.check(newest)
        with closing(sqlite3.connect(again / "leafline.sqlite3")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            (used,) = database.execute("SELECT max(lake_version) FROM sync_refresh").fetchone()
        assert used <= newest.number
        lake.check(lake.at(used))


@pytest.mark.parametrize(
    ("name", "is_gone"), [("database.sqlite3", True), ("data/secret_key", False), ("backup.json", False)]
)
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_written(portal, tmp_path, name, is_gone):
    done(portal, "backup", tmp_path / "kept")
    path = tmp_path / "kept" / name
    path.unlink()
    if not is_gone:
        path.write_text("x")
    answer = manage(tmp_path / "again", "restore", tmp_path / "kept")
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
    assert content(tmp_path / "again", "broker") == {}


def test_a_list_that_names_files_elsewhere_is_refused(portal, tmp_path):
    done(portal, "backup", tmp_path / "kept")
    recorded = json.loads((tmp_path / "kept" / "backup.json").read_text())
    recorded["files"]["data/../../outside"] = {"bytes": 0, "sha256": ""}
    (tmp_path / "kept" / "backup.json").write_text(json.dumps(recorded))
    assert "data/../../outside" in manage(tmp_path / "again", "restore", tmp_path / "kept").stderr


def test_nothing_is_overwritten(portal, tmp_path):
    done(portal, "backup", tmp_path / "kept")
    assert "is there already" in manage(portal, "backup", tmp_path / "kept").stderr
    before = content(portal)
    assert manage(portal, "restore", tmp_path / "kept").stderr == (
        "CommandError: The database has tables already: restore into an empty one.\n"
    )
    assert content(portal) == before


@pytest.mark.services
def test_postgresql_comes_back_row_by_row(portal, tmp_path):
    try:
        server = psycopg2.connect(SERVER, connect_timeout=3)
    except psycopg2.OperationalError:
        pytest.skip("no PostgreSQL is there")
    server.autocommit = True
    names = (f"leafline_backup_{os.getpid()}", f"leafline_restore_{os.getpid()}")
    try:
        with server.cursor() as cursor:
            for name in names:
                cursor.execute(f"CREATE DATABASE {name}")
        one, other = (SERVER.rsplit("/", 1)[0] + f"/{name}" for name in names)
        data = tmp_path / "data"
        shutil.copytree(portal / "lake", data / "lake")
        done(data, "migrate", "--verbosity", "0", url=one)
        done(data, "refresh", url=one)
        done(data, "backup", tmp_path / "kept", url=one)
        done(tmp_path / "again", "restore", tmp_path / "kept", url=other)
        assert done(tmp_path / "again", "dumpdata", url=other) == done(data, "dumpdata", url=one)
        again = manage(tmp_path / "third", "restore", tmp_path / "kept", url=other)
        assert "The database has tables already" in again.stderr
        assert "another kind of database" in manage(tmp_path / "fourth", "restore", tmp_path / "kept").stderr
    finally:
        with server.cursor() as cursor:
            for name in names:
                cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.close()
