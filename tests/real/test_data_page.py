"""docs/data.md's "Load your own data", run word by word in a shell on a small real file."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings

from tests.real import inputs

ROOT = Path(__file__).parents[2]
HEADING = "## Load your own data"
FILE = inputs.DATA / "2_identifications" / "observations_page_v1.json.gz"
#: What stands on the page for something of the reader's own, and what the test has in its place.
SUBSTITUTES = {"/path/to/data": "{data}", "PATH...": "{file}", "TIME": "2020-01-01T00:00:00Z", "ID": "1"}
PATIENCE_S = 600

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(
        settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
        reason="starts processes of its own, which use SQLite: the run on SQLite has it",
    ),
    pytest.mark.skipif(
        not (ROOT / ".venv" / "portal.stamp").exists(),
        reason="`make install` has not made .venv here, and a test does not install",
    ),
]


def lines() -> list[str]:
    """Return the lines of the block, without what is only for people."""
    section = (ROOT / "docs" / "data.md").read_text(encoding="utf-8").partition(f"{HEADING}\n")[2]
    block = re.match(r"\n((?: {4}.*\n)+)", section)
    assert block, f"no block of commands after {HEADING!r}"
    return [re.sub(r"\s+#.*", "", line.strip()) for line in block[1].splitlines()]


def substituted(line: str, data: Path) -> str:
    """Return the line with something real in each place that the page leaves to the reader."""
    for words, real in SUBSTITUTES.items():
        line = re.sub(rf"(?<!\S){re.escape(words)}(?!\S)|(?<==){re.escape(words)}$", real, line)
    return line.format(data=data, file=FILE)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder as a fresh checkout in which `make install` was run: what commands write stays in it."""
    folder = tmp_path / "leafline"
    folder.mkdir()
    for path in ROOT.iterdir():
        if path.name not in (".git", ".venv", "var"):
            (folder / path.name).symlink_to(path)
    environment = folder / ".venv"
    environment.mkdir()
    for path in (ROOT / ".venv").iterdir():
        if path.suffix != ".stamp":
            (environment / path.name).symlink_to(path)
    # Newer than the requirements, however old these are.
    (environment / "portal.stamp").touch()
    return folder


class Shell:
    """Bash, a line at a time: variables and the environment last from line to line."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self._state = folder.parent / "environment"
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LEAFLINE_", "DJANGO_", "DATABASE_", "CELERY_", "PYTEST_"))
        }
        self._start = kept | {"PORT": str(port)}
        self._state.write_text("")

    def start(self, line: str) -> subprocess.Popen[str]:
        """Start a line; what is exported in it holds for the next."""
        script = f'. "{self._state}"\n{line}\ncode=$?\nexport -p > "{self._state}"\nexit $code'
        return subprocess.Popen(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self._start,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, line: str) -> str:
        """Run a line to its end, which has to be a good one; gives what it said."""
        process = self.start(line)
        said, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, f"{line}\n{said}"
        assert "Traceback" not in said, f"{line}\n{said}"
        return said

    def serve(self, line: str, address: str) -> None:
        """Run a line until the first page answers; then stop it, as Ctrl-C does."""
        process = self.start(line)
        try:
            page = _first_answer(process, address)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=60)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        assert "<h1" in page, said
        assert "Traceback" not in said, said
        assert "your data" in said, said


def _first_answer(process: subprocess.Popen[str], address: str) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"it ended by itself: {process.communicate()[0]}", pytrace=False)
        with suppress(OSError), urllib.request.urlopen(address, timeout=60) as response:
            return response.read().decode()
        time.sleep(0.2)
    pytest.fail(f"no page at {address}", pytrace=False)


@pytest.fixture
def port() -> int:
    """A port that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_load_your_own_data_word_by_word(checkout: Path, tmp_path: Path, port: int) -> None:
    if not FILE.is_file():
        pytest.skip(inputs.ABSENT)
    shell = Shell(checkout, port)
    written = lines()
    for words in SUBSTITUTES:
        assert [line for line in written if words in line], f"docs/data.md no longer says {words}"
    commands = [substituted(line, tmp_path / "data") for line in written]
    assert "make run" in commands
    for line in commands:
        if line == "make run":
            shell.serve(line, f"http://127.0.0.1:{port}/")
        else:
            shell.run(line)
    ready = (checkout / "ready.csv").read_text().splitlines()
    assert ready[0].startswith("taxon_id,name,rank,status")
    assert len(ready) > 100
