"""The environment as the settings read it: each test starts a Python of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from portal import environment

ROOT = Path(__file__).parents[2]
KEY = "an-unguessable-key-of-more-than-fifty-characters-0123456789"


def run(tmp_path, *arguments, **variables):
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=ROOT,
        env=inherited
        | {"LEAFLINE_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "portal.settings"}
        | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def read(tmp_path, expression, **variables):
    """The value of an expression on the settings, as text."""
    program = f"from django.conf import settings; print({expression})"
    done = run(tmp_path, "-c", program, **{"LEAFLINE_SECRET_KEY": KEY} | variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_variable_is_documented_and_every_documented_one_is_read():
    table = (ROOT / "docs" / "settings.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", table, flags=re.MULTILINE))
    assert documented == environment.NAMES


def test_variables_are_read_in_one_place_only():
    elsewhere = [
        path.name
        for path in (ROOT / "portal").rglob("*.py")
        if path.name != "environment.py"
        and re.search(r"os\.environ\b(?!\.setdefault)|getenv", path.read_text())
    ]
    assert elsewhere == []


BAD_VALUES = {
    "no key": (
        {"LEAFLINE_SECRET_KEY": ""},
        "LEAFLINE_SECRET_KEY is not set: give it 50 or more random characters, or set LEAFLINE_DEBUG=1.",
    ),
    "no folder": (
        {"LEAFLINE_DATA": "s3://bucket/data"},
        "LEAFLINE_DATA is 's3://bucket/data': set it to a folder of this machine, and LEAFLINE_LAKE to this"
        " address.",
    ),
    "no yes or no": ({"LEAFLINE_DEBUG": "maybe"}, "LEAFLINE_DEBUG is 'maybe': set it to 1 or 0."),
    "no number": ({"PORT": "http"}, "PORT is 'http': set it to a whole number from 1 to 65535."),
    "too large": ({"PORT": "65536"}, "PORT is '65536': set it to a whole number from 1 to 65535."),
    "too small": (
        {"LEAFLINE_HSTS_SECONDS": "-1"},
        "LEAFLINE_HSTS_SECONDS is '-1': set it to a whole number from 0 to 63072000.",
    ),
    "no level": (
        {"LEAFLINE_LOG_LEVEL": "loud"},
        "LEAFLINE_LOG_LEVEL is 'LOUD': set it to one of DEBUG, INFO, WARNING, ERROR, CRITICAL.",
    ),
    "another database": (
        {"DATABASE_URL": "mysql://localhost/x"},
        "DATABASE_URL must start with postgresql:// or sqlite:///.",
    ),
    "no database": (
        {"DATABASE_URL": "no address"},
        "DATABASE_URL cannot be read: write it as postgresql://USER:PASSWORD@HOST:5432/NAME.",
    ),
}


@pytest.mark.parametrize("what", BAD_VALUES)
def test_a_bad_value_stops_the_start_with_one_line(tmp_path, what):
    variables, line = BAD_VALUES[what]
    done = run(tmp_path, "manage.py", "check", **{"LEAFLINE_SECRET_KEY": KEY} | variables)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [line]


def test_in_production_the_deployment_checks_find_nothing(tmp_path):
    done = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", LEAFLINE_SECRET_KEY=KEY)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_models_and_their_migrations_agree(tmp_path):
    done = run(tmp_path, "manage.py", "makemigrations", "--check", "--dry-run", LEAFLINE_SECRET_KEY=KEY)
    assert done.returncode == 0, done.stdout


def test_https_is_the_rule_outside_development(tmp_path):
    what = "settings.SECURE_SSL_REDIRECT, settings.SESSION_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS"
    assert read(tmp_path, what) == "True True 2592000"
    assert read(tmp_path, what, LEAFLINE_DEBUG="1") == "False False 0"
    assert read(tmp_path, what, LEAFLINE_HTTPS="0") == "False False 0"


def test_lists_are_separated_by_commas(tmp_path):
    hosts = read(tmp_path, "settings.ALLOWED_HOSTS", LEAFLINE_ALLOWED_HOSTS=" a.example , b.example,")
    assert hosts == "['a.example', 'b.example']"


def test_the_broker_is_folders_that_exist_unless_one_is_named(tmp_path):
    options = "settings.CELERY_BROKER_TRANSPORT_OPTIONS['data_folder_in']"
    assert Path(read(tmp_path, options)).is_dir()
    named = read(tmp_path, "settings.CELERY_BROKER_URL", CELERY_BROKER_URL="redis://127.0.0.1:6379/0")
    assert named == "redis://127.0.0.1:6379/0"


def test_the_demonstration_makes_itself_a_key_and_keeps_it(tmp_path):
    first = {"LEAFLINE_DATA": str(tmp_path)}
    environment.for_demo(first)
    path = tmp_path / "secret_key"
    assert first["LEAFLINE_SECRET_KEY"] == path.read_text()
    assert len(path.read_text()) >= 50
    assert path.stat().st_mode & 0o777 == 0o600
    second = {"LEAFLINE_DATA": str(tmp_path)}
    environment.for_demo(second)
    assert second == first


def test_the_demonstration_keeps_what_is_set(tmp_path):
    mine = {"LEAFLINE_DATA": str(tmp_path), "LEAFLINE_HTTPS": "1", "LEAFLINE_SECRET_KEY": KEY}
    environment.for_demo(mine)
    assert mine == {"LEAFLINE_DATA": str(tmp_path), "LEAFLINE_HTTPS": "1", "LEAFLINE_SECRET_KEY": KEY}
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.django_db
def test_postgresql_compiles_no_query():
    """It takes longer than any of a page's queries."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite compiles none")
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
