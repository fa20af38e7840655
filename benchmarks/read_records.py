"""Measure reading photos' records from shards: one after the other, and by the threads that batches use.

python -m benchmarks.read_records [--records 16384] [--kb 60] [--rounds 5] [--folder var/benchmarks/records]

A shard of made-up records; each round reads 2,048 of them in an order of its own, either way, cold (the
kernel drops the file from its cache first) and warm. Medians of records/s, with least and most.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np

from trainer.batches import READERS
from trainer.shards import Shards
from trainer.snapshot import Photos

READ = 2048


def main() -> None:
    """Make the shard if it is not there, and print a line for each way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=16_384)
    parser.add_argument("--kb", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks/records"))
    options = parser.parse_args()
    shards = make_records(options.folder, options.records, options.kb * 1000)
    path = options.folder / "00000.tfrecord"
    result: dict[str, list[float]] = {}
    for number in range(options.rounds):
        rows = np.random.default_rng(number).permutation(options.records)[:READ].tolist()
        for cache in ("cold", "warm"):
            for way in ("serial", "parallel"):
                if cache == "cold":
                    drop(path)
                start = time.perf_counter()
                if way == "serial":
                    read = [shards.read(row) for row in rows]
                else:
                    read = list(READERS.map(shards.read, rows))
                speed = len(read) / (time.perf_counter() - start)
                result.setdefault(f"{cache} {way}", []).append(speed)
    for name, speeds in result.items():
        middle, low, high = statistics.median(speeds), min(speeds), max(speeds)
        print(f"{name:14} {middle:8,.0f} records/s ({low:,.0f} to {high:,.0f})")


def make_records(folder: Path, number: int, length: int) -> Shards:
    """One shard of so many records of that length, in bytes, and what reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "00000.tfrecord"
    if not path.is_file() or path.stat().st_size != number * length:
        random = np.random.default_rng(1)
        with path.open("wb") as stream:
            for _ in range(number):
                stream.write(random.bytes(length))
            os.fsync(stream.fileno())
    rows = np.arange(number)
    sides = np.full(number, 1)
    index = {
        "rows": rows,
        "offsets": rows * length,
        "lengths": np.full(number, length),
        "heights": sides,
        "widths": sides,
        "skipped": np.empty(0, np.int64),
        "reasons": np.empty(0, np.str_),
    }
    return Shards(folder, Photos(rows, rows, rows), [index])


def drop(path: Path) -> None:
    """Ask the kernel to forget the file's content."""
    handle = os.open(path, os.O_RDONLY)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)


if __name__ == "__main__":
    main()
