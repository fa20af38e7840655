"""Serving the demonstration: a web server and a worker on this machine, until somebody stops them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from exporter.errors import DataError

_PATIENCE_S = 10


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
    try:
        for command in commands:
            processes.append(subprocess.Popen([sys.executable, "-m", *command], start_new_session=True))
        yield processes
    finally:
        _stop(processes)


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask every process to end; end what has not in time, and whatever it left behind."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + _PATIENCE_S
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(deadline - time.monotonic(), 0))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_served(port: int, processes: list[subprocess.Popen[bytes]]) -> None:
    """Return when the web server answers. DataError if a process ends before."""
    while True:
        check_alive(processes)
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)


def wait_for_end(processes: list[subprocess.Popen[bytes]]) -> None:
    """Wait while all of them run. DataError when one ends of itself."""
    while True:
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
