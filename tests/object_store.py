"""An object store for tests: moto's server in a process of its own, with one bucket.

It answers one request after the other, because moto looks at a condition first and writes then: with several
threads two writers could both be the first.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

BUCKET = "lakes"
_ROOT = Path(__file__).parents[1]


class ObjectStore:
    """A running server. ``environment`` is what programs need to know of it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.environment: Mapping[str, str] = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test-key",
            "AWS_SECRET_ACCESS_KEY": "test-secret",
            "AWS_REGION": "us-east-1",
        }

    def address(self, name: str) -> str:
        """The address of a lake that is its own."""
        return f"s3://{BUCKET}/{name}"


@contextmanager
def object_store(log: int | IO[str] = subprocess.DEVNULL) -> Iterator[ObjectStore]:
    """Start a server, and stop it at the end. Skips the test where moto or obstore is not installed.

    ``log``: a file that gets a line for each request.
    """
    for package in ("moto", "obstore", "fsspec"):
        pytest.importorskip(package, reason=f"{package} is not installed: see requirements-dev.txt")
    with subprocess.Popen(
        [sys.executable, "-m", "tests.object_store"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        cwd=_ROOT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield ObjectStore(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.communicate()


@pytest.fixture(scope="session")
def server() -> Iterator[ObjectStore]:
    """A server for all tests of a process."""
    with object_store() as started:
        yield started


@pytest.fixture
def store(server: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """The server, as the environment of this process says."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LEAFLINE_DATA", str(tmp_path / "data"))
    return server


def _serve() -> None:
    """Serve until this process's input ends, as it does however the one that started it ends."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from moto.s3.models import s3_backends
    from werkzeug.serving import make_server

    backend = s3_backends["123456789012"]["aws"]
    backend.create_bucket(BUCKET, "us-east-1")
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
    print(server.port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    _serve()
