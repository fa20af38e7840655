"""``python -m tests.postgresql URL [OPTION...]`` runs the portal's tests again, on a PostgreSQL server.

All that asks the database: the portal's own, whole journeys in a browser, every address on real files. How
pages look, and the exporter's commands on real files, do not depend on it.
"""

import os
import subprocess
import sys

import psycopg2

#: The longest first, or one process would wait for another's last one.
TESTS = (
    "tests/real/test_portal.py",
    "tests/browser/test_first_hour.py",
    "tests/browser/test_journeys.py",
    "tests/portal",
)


def main(url: str, *options: str) -> int:
    """Give pytest's exit code; without a server 0, unless ``LEAFLINE_REQUIRE_SERVICES`` is 1."""
    try:
        psycopg2.connect(url, connect_timeout=3).close()
    except psycopg2.OperationalError as error:
        is_required = os.environ.get("LEAFLINE_REQUIRE_SERVICES") == "1"
        outcome = "required but not there" if is_required else "skipped; set TEST_DATABASE_URL to run them"
        print(f"Tests on PostgreSQL: {outcome} ({str(error).strip()})")
        return 1 if is_required else 0
    command = [sys.executable, "-m", "pytest", *options, *TESTS]
    return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
