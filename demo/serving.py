"""Serving the demonstration: a web server and a worker on this machine, until somebody stops them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from demo.leash import PATIENCE_S, send
from exporter.durable import files_below
from exporter.errors import DataError
from portal.lake.locks import locked_file

#: What stops it: SIGINT too, for a script's background job starts with it ignored.
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def sole(port: int) -> Iterator[None]:
    """Serve the folder of data from this process alone. DataError if another process does."""
    address = settings.DATA_DIR / "served_at"
    with locked_file("served.lock") as file:
        if file is None:
            where = address.read_text() if address.exists() else "another port"
            raise DataError(
                f"{settings.DATA_DIR} is served already, at {where}: stop that one, or give another folder"
                " with LEAFLINE_DATA=DIR."
            )
        address.write_text(f"http://127.0.0.1:{port} (process {os.getpid()})")
        yield


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder and below."""
    return sum(path.lstat().st_size for path in files_below(folder))


def check_port(port: int) -> None:
    """DataError if something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise DataError(f"Port {port} is taken: choose another with PORT={port % 65535 + 1}.") from None


def web_server(port: int) -> list[str]:
    """The command of the web server: `python -m ...`."""
    options = ("--bind", f"127.0.0.1:{port}", "--workers", "2", "--log-level", "warning")
    return ["gunicorn", "--config", "python:portal.gunicorn", "portal.wsgi", *options]


def worker() -> list[str]:
    """The command of a worker of all queues, with the schedule."""
    options = ("--beat", "--concurrency", "1", "--loglevel", "WARNING")
    return ["celery", "--app", "portal", "--quiet", "worker", *options]


@dataclass(frozen=True)
class Processes:
    """Those that were started here, each with a process group of its own."""

    leash: Any
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, command: Sequence[str]) -> None:
        """Start one more. Whoever stops this process just then stops that one too."""
        with _undisturbed():
            process = subprocess.Popen([sys.executable, "-m", *command], start_new_session=True)
            self.started.append(process)
            self.leash.write(f"{process.pid}\n".encode())
            self.leash.flush()

    def check(self) -> None:
        """DataError if one has ended."""
        check_alive(self.started)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that would stop this process are heard at the end of the block."""
    heard: list[int] = []
    former = {number: signal.signal(number, lambda number, _: heard.append(number)) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    for one in heard:
        signal.raise_signal(one)


@contextmanager
def running() -> Iterator[Processes]:
    """Processes that are stopped when the block ends, or when this process does."""
    with _leash() as leash:
        processes = Processes(leash)
        try:
            yield processes
        finally:
            _stop(processes.started)


@contextmanager
def _leash() -> Iterator[Any]:
    """A stream for the numbers of process groups, which end if this process dies before the block does."""
    command = [sys.executable, "-m", "demo.leash"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as leash:
        try:
            yield leash.stdin
        finally:
            leash.kill()


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask every process to end; end what has not in time, and whatever it left behind."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + PATIENCE_S
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(deadline - time.monotonic(), 0))
        send(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_served(port: int, processes: Processes) -> None:
    """Return when the web server answers. DataError if a process ends before."""
    while True:
        processes.check()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)


def goes_on(processes: Processes, parent: int | None) -> bool:
    """Whether the parent, if one is given, still runs. DataError when a process ended of itself."""
    processes.check()
    return parent is None or os.getppid() == parent


def wait_for_end(processes: Processes, parent: int | None) -> None:
    """Wait while all of them run, and the parent if one is given. DataError when one ends of itself."""
    while goes_on(processes, parent):
        time.sleep(1)


def _name(process: subprocess.Popen[bytes]) -> str:
    """What is run: `python -m NAME`."""
    command: Any = process.args
    return str(command[2])


def check_alive(processes: list[subprocess.Popen[bytes]]) -> None:
    """DataError if one has ended."""
    for process in processes:
        if process.poll() is not None:
            name, code = _name(process), process.returncode
            raise DataError(f"{name} ended by itself (exit code {code}); its message stands above.")
