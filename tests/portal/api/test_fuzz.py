"""Schemathesis attacks the API by its own schema: no fault of ours, no answer that the schema does not say.

`make fuzz` does the same with thousands of cases for each address.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from portal.accounts.models import Scope
from portal.accounts.services import make_token
from portal.api import files

CASES = os.environ.get("LEAFLINE_FUZZ_CASES", "10")
#: It has an environment of its own: see requirements-fuzz.txt.
SCHEMATHESIS = Path(sys.prefix) / "fuzz" / "bin" / "schemathesis"
CONFIG = Path(__file__).with_name("schemathesis.toml")
#: Every combination of values takes most of the time: `make fuzz` tries them.
PHASES = "examples,coverage,fuzzing" if "LEAFLINE_FUZZ_CASES" in os.environ else "examples,fuzzing"

IS_REQUIRED = os.environ.get("LEAFLINE_REQUIRE_SERVICES") == "1"
pytestmark = [
    pytest.mark.skipif(
        not SCHEMATHESIS.exists() and not IS_REQUIRED,
        reason="schemathesis is not installed: `make test` does that (requirements-fuzz.txt)",
    ),
    pytest.mark.skipif(
        IS_REQUIRED and settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"),
        reason="PostgreSQL takes less than SQLite does: the run on it has these",
    ),
]


@pytest.fixture
def served(live_server, hotspots, settings, tmp_path):
    settings.API_PER_MINUTE_ADDRESS = settings.API_PER_MINUTE_TOKEN = 10_000_000
    settings.DATA_DIR = tmp_path
    files.publish()
    return live_server.url


def attack(served, folder, *options):
    command = [
        *(SCHEMATHESIS, "--config-file", str(CONFIG), "run"),
        *(f"{served}/api/schema/", "--url", served),
        *("--phases", PHASES, "--max-examples", CASES, "--seed", "1", "--no-color"),
        # The schema cannot say that PostgreSQL keeps no NUL in a config.
        *("--generation-allow-x00", "false", *options),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_api_keeps_to_its_schema(served, tmp_path):
    attack(served, tmp_path, "--exclude-tag", "training")


def test_runs_keep_to_the_schema_for_a_trainer(served, tmp_path):
    _, text = make_token("an attacker", Scope.TRAINER)
    attack(served, tmp_path, "--include-tag", "training", "--header", f"Authorization: Bearer {text}")
