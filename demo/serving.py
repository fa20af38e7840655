"""Serving the demonstration: a web server and a worker on this machine, until somebody stops them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from demo.leash import PATIENCE_S, send
from exporter.durable import files_below
from exporter.errors import DataError
from portal.lake.locks import locked_file


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


@contextmanager
def running(port: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """A web server and a worker, each with a process group of its own; stopped when the block ends."""
    commands = (
        [
            "gunicorn",
            "--config",
            "python:portal.gunicorn",
            "portal.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            "2",
            "--log-level",
            "warning",
        ],
        [
            "celery",
            "--app",
            "portal",
            "--quiet",
            "worker",
            "--beat",
            "--concurrency",
            "1",
            "--loglevel",
            "WARNING",
        ],
    )
    processes: list[subprocess.Popen[bytes]] = []
    with _leash() as leash:
        try:
            for command in commands:
                process = subprocess.Popen([sys.executable, "-m", *command], start_new_session=True)
                processes.append(process)
                leash.write(f"{process.pid}\n".encode())
                leash.flush()
            yield processes
        finally:
            _stop(processes)


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


def wait_until_served(port: int, processes: list[subprocess.Popen[bytes]]) -> None:
    """Return when the web server answers. DataError if a process ends before."""
    while True:
        check_alive(processes)
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)


def wait_for_end(processes: list[subprocess.Popen[bytes]], parent: int | None) -> None:
    """Wait while all of them run, and the parent if one is given. DataError when one ends of itself."""
    while parent is None or os.getppid() == parent:
        check_alive(processes)
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
