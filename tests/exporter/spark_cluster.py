"""A Spark standalone master with two workers of one core each, as processes of this machine.

python -m tests.exporter.spark_cluster starts one, prints its URL, and ends it with its input.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

WORKERS = 2
_HOME = Path(pyspark.__file__).parent
_CLASSES = "org.apache.spark.deploy"
#: Both say so where they log.
_MASTER = re.compile(r"Starting Spark master at (spark://\S+)")
_REGISTERED = re.compile(r"Successfully registered with master")
_PATIENCE_S = 120.0


class Cluster:
    """A running cluster; ``url`` is its master's."""

    def __init__(self, url: str, workers: list[int]) -> None:
        self.url = url
        self._workers = workers

    def executors(self) -> dict[int, int]:
        """The executors by process id, and the processor time that each has used, in the kernel's ticks."""
        result = {}
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and (stat := _stat(process)) and int(stat[1]) in self._workers:
                result[int(process.name)] = int(stat[11]) + int(stat[12])
        return result

    def kill_busiest(self) -> bool:
        """Kill the executor that has done the most; False if there is none."""
        executors = self.executors()
        if executors:
            os.kill(max(executors, key=executors.__getitem__), signal.SIGKILL)
        return bool(executors)


@contextmanager
def cluster(folder: Path, *, memory: str = "1g") -> Iterator[Cluster]:
    """Start a cluster whose files lie in a folder; it ends with the block. ``memory`` is that of a worker."""
    with ExitStack() as stack:
        master = stack.enter_context(_daemon(folder / "master", "master.Master", "--port", "0"))
        url = _logged(master, folder / "master", _MASTER)[1]
        pids = []
        for number in range(WORKERS):
            at = folder / f"worker-{number}"
            options = ("--cores", "1", "--memory", memory, "--work-dir", str(at), url)
            worker = stack.enter_context(_daemon(at, "worker.Worker", *options))
            pids.append(worker.pid)
            _logged(worker, at, _REGISTERED)
        yield Cluster(url, pids)


@contextmanager
def _daemon(folder: Path, name: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    folder.mkdir(parents=True)
    environment = {
        **os.environ,
        "SPARK_HOME": str(_HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "128m",
        "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    command = [str(_HOME / "bin" / "spark-class"), f"{_CLASSES}.{name}", "--host", "127.0.0.1"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--webui-port", "0", *options], env=environment, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _logged(process: subprocess.Popen[bytes], folder: Path, pattern: re.Pattern[str]) -> re.Match[str]:
    """Wait until a daemon has logged something."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        if match := pattern.search((folder / "log").read_text()):
            return match
        time.sleep(0.1)
    raise AssertionError((folder / "log").read_text())


def _stat(process: Path) -> list[str]:
    """The fields of a process's ``stat`` from its state on; empty once it is gone, or a zombie."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
    return [] if fields[0] == "Z" else fields


def main() -> None:
    """Keep a cluster until the input ends."""
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder), memory="3g") as running:
        print(running.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
