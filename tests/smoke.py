"""``python -m tests.smoke``: whether the exporter and the portal work on this Python, in about a minute.

It needs what `make run` needs and no more: a small simulated world goes through the commands of the exporter,
and a refresh brings it to the pages. The trainer, which needs TensorFlow, is only compiled.
"""

import compileall
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (
    "/",
    "/readiness/",
    "/tree/",
    "/hotspots/",
    "/hotspots/worklist/",
    "/blitzes/",
    "/cutoffs/",
    "/models/",
)
ADDRESSES = ("/methods/", "/status/", "/api/", "/api/v1/readiness/", "/api/v1/hotspots/?kind=lookalike")
_ASK = """
import django
django.setup()
from django.test import Client
for page in {pages!r}:
    status = Client(headers={{"host": "127.0.0.1"}}).get(page).status_code
    print(f"{{status}} {{page}}", flush=True)
    assert status == 200, page
"""


def main() -> None:
    """Run every step; the first that fails stops it with its own exit code."""
    print(f"Python {sys.version.split()[0]}", flush=True)
    if not all(
        compileall.compile_dir(ROOT / name, quiet=1)
        for name in ("demo", "exporter", "portal", "terminal", "trainer")
    ):
        sys.exit(1)
    with tempfile.TemporaryDirectory(prefix="leafline-smoke-") as folder:
        os.environ |= {
            "LEAFLINE_DATA": folder,
            "LEAFLINE_DEBUG": "1",
            "DATABASE_URL": f"sqlite:///{folder}/smoke.sqlite3",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
        world, export = f"{folder}/world", f"{folder}/export"
        exporter = ("-m", "exporter")
        run(
            *exporter,
            "simulate",
            "--seed",
            "1",
            "--observations",
            "1500",
            "--end",
            "2026-11-01",
            "--out",
            world,
        )
        run(*exporter, "ingest", f"{world}/observations")
        run(*exporter, "readiness", "--out", f"{folder}/readiness.csv", "--format", "csv")
        run(*exporter, "hotspots", "--limit", "3")
        run(*exporter, "worklist", "--limit", "3")
        cutoff = ("--cutoff", "2026-10-01T00:00:00Z")
        run(*exporter, "guard", *cutoff)
        run(
            *exporter,
            "snapshot",
            *cutoff,
            "--criteria",
            "inat-2022",
            "--seed",
            "0123456789abcdef",
            "--out",
            export,
        )
        run(*exporter, "verify", export)
        run("manage.py", "demo", "--help")
        run("manage.py", "migrate", "--verbosity", "0")
        run("manage.py", "refresh")
        run("-c", _ASK.format(pages=PAGES + ADDRESSES))
    print("All of it works.", flush=True)


def run(*arguments: str) -> None:
    """Run this Python with these arguments in the repository's root."""
    print("$", *(arguments if arguments[0] != "-c" else ("asking for pages",)), flush=True)
    code = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
