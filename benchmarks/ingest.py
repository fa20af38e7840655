"""Measure ingest: the open-data dump and API JSON, into an empty lake and a second time into the same.

python -m benchmarks.ingest [--folder var/benchmarks] [--observations N ...]
"""

import argparse
import json
import shutil
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.measure import in_own_process, timed
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.simulation import simulate
from exporter.sql_paths import written_path

DUMP_SIZES = (2_000_000, 20_000_000)
JSON_SIZE = 24_000

_UUID = """
substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-4' || substr(h, 14, 3) || '-a' || substr(h, 18, 3)
    || '-' || substr(h, 21, 12)
"""
_OBSERVATIONS = f"""
SELECT {_UUID} AS observation_uuid, hash(n) % 1000000 AS observer_id,
    round(hash(n, 1) % 1800000 / 10000.0 - 90, 4) AS latitude,
    round(hash(n, 2) % 3600000 / 10000.0 - 180, 4) AS longitude,
    hash(n, 3) % 500 AS positional_accuracy, 1 + hash(n, 4) % 200000 AS taxon_id,
    CASE WHEN hash(n, 5) % 10 < 6 THEN 'research' ELSE 'needs_id' END AS quality_grade,
    DATE '2015-01-01' + (hash(n, 6) % 4000)::INTEGER AS observed_on
FROM (SELECT range AS n, md5(range::VARCHAR) AS h FROM range($observations))
"""
_PHOTOS = f"""
SELECT {_UUID} AS photo_uuid, n * 2 + position AS photo_id, {_UUID} AS observation_uuid,
    hash(n) % 1000000 AS observer_id, 'jpg' AS extension, 'CC-BY-NC' AS license, 2048 AS width,
    1536 AS height, position
FROM (SELECT range AS n, md5(range::VARCHAR) AS h FROM range($observations)),
    (SELECT unnest([0, 1]) AS position)
WHERE position = 0 OR n % 2 = 0
"""


def main() -> None:
    """Generate what is missing, then measure each input twice and print one line for each time."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--observations", type=int, nargs="*", default=DUMP_SIZES)
    parser.add_argument("--load", nargs=2, metavar=("FILES", "LAKE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        print(json.dumps(timed(lambda: load(*map(Path, options.load)))))
        return
    for size in options.observations:
        report(f"dump of {size:,} observations", dump(options.folder, size), options.folder)
    report(f"JSON of {JSON_SIZE:,} observations", world(options.folder), options.folder)


def load(files: Path, lake: Path) -> int:
    """Ingest a folder; gives the number of rows read for the lake's tables."""
    return sum(changes.read for changes in ingest(Lake(lake), [files]).tables.values())


def report(what: str, files: Path, folder: Path) -> None:
    """Load into an empty lake, then again, each time in a process of its own."""
    lake = folder / "ingested"
    shutil.rmtree(lake, ignore_errors=True)
    for time in ("into an empty lake", "again"):
        result = in_own_process("benchmarks.ingest", "--load", str(files), str(lake))
        print(
            f"{what} {time}: {result['seconds']:.1f} s, {result['rows'] / result['seconds']:,.0f} rows/s,"
            f" peak {result['peak_gib']:.2f} GiB, {result['rows']:,} rows",
            flush=True,
        )
    shutil.rmtree(lake)


def dump(folder: Path, observations: int) -> Path:
    """Tab-separated tables of that many observations and half as many photos again, written once."""
    target = folder / f"dump_{observations}"
    if not target.exists():
        partial = folder / f".dump_{observations}"
        partial.mkdir(parents=True, exist_ok=True)
        for name, rows in (("observations", _OBSERVATIONS), ("photos", _PHOTOS)):
            path = partial / f"{name}.csv"
            query = rows.replace("$observations", str(observations))
            duckdb.execute(f"COPY ({query}) TO {written_path(path)} (DELIMITER '\t', QUOTE '', HEADER)")
        partial.rename(target)
    return target


def world(folder: Path) -> Path:
    """A simulated world's API JSON, written once."""
    target = folder / "world"
    if not target.exists():
        simulate(target, seed=1, observations=JSON_SIZE, end=date(2026, 11, 1))
    return target / "observations"


if __name__ == "__main__":
    main()
