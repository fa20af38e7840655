"""Running a measurement in a process of its own, so that its peak memory is its own."""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

GIB_PER_KIB = 1 / 2**20


def in_own_process(module: str, *arguments: str) -> dict[str, float]:
    """Run ``python -m module arguments``, which prints what `timed` gives."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def timed(work: Callable[[], int]) -> dict[str, float]:
    """Do the work, which gives a number of rows: seconds, peak memory of this process in GiB, rows.

    ``processor_seconds`` adds up all threads: it says more than the clock where others work on the cores.
    """
    start, start_of_processor = time.perf_counter(), time.process_time()
    rows = work()
    seconds, of_processor = time.perf_counter() - start, time.process_time() - start_of_processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * GIB_PER_KIB
    return {"seconds": seconds, "processor_seconds": of_processor, "peak_gib": peak, "rows": rows}


class Watch:
    """The most bytes that a folder held, looked at every half second."""

    def __init__(self, folder: Path) -> None:
        self.most = 0
        threading.Thread(target=self._look, args=(folder,), daemon=True).start()

    def _look(self, folder: Path) -> None:
        while True:
            self.most = max(self.most, folder_size(folder))
            time.sleep(0.5)


def folder_size(folder: Path) -> int:
    """Return the bytes of a folder's files, and of those below; what vanishes meanwhile has none."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(where, name).stat().st_size
    return total
