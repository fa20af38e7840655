"""Schemathesis attacks the API by its own schema: no fault of ours, no answer that the schema does not say.

`make fuzz` does the same with thousands of cases for each address.
"""

import os
import subprocess
import sys

from portal.api import files

CASES = os.environ.get("LEAFLINE_FUZZ_CASES", "25")
PHASES = "examples,coverage,fuzzing"


def test_the_api_keeps_to_its_schema(live_server, world, settings, tmp_path):
    settings.API_PER_MINUTE_ADDRESS = 10_000_000
    settings.DATA_DIR = tmp_path
    files.publish()
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{live_server.url}/api/schema/"),
        *("--url", live_server.url, "--checks", "all", "--phases", PHASES),
        *("--max-examples", CASES, "--seed", "1", "--no-color"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
