"""What each step of a refresh costs after a small pull, beside the same step in full, in one run.

python -m benchmarks.refresh_changes [--folder var/benchmarks] [--observations 2000000]

A made-up lake of 200,000 taxa (`benchmarks.generate`) is loaded, refreshed in full, changed in 0.1 % of its
observations all over the lake, and read again under both rules: by what was kept of the refresh, and in full,
which learns anew. Seconds are of the processor, on one thread; what is written into the database is measured
by `benchmarks.refresh_waits`. A difference in readiness ends the run.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import duckdb
import numpy as np

from benchmarks.generate import GENERATED, generate
from exporter.clades import summed_up
from exporter.criteria import PRESETS
from exporter.hotspots import Findings, find
from exporter.hotspots.records import Records
from exporter.lake import Lake
from exporter.photographs import photos
from exporter.present import assess_present
from exporter.readiness import Assessment, assess, usable_sql
from exporter.sql_paths import read_paths

RULES = tuple(PRESETS.values())
CHANGED = 0.001
#: How near the line a taxon is shown with a photo, in observations.
NEAR = 20
SPECIES = (45_008, 200_000)
_MEMORY = "3GB"
_SEED = 7

Result = TypeVar("Result")


@dataclass
class Steps:
    """Processor seconds by step."""

    seconds: dict[str, float] = field(default_factory=dict)

    def time(self, name: str, work: Callable[[], Result]) -> Result:
        """Do a step."""
        start = time.process_time()
        result = work()
        self.seconds[name] = time.process_time() - start
        return result


def main() -> None:
    """Make the lake, change it, and print what each step cost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--observations", type=int, default=2_000_000)
    options = parser.parse_args()
    tables = generate(options.folder, options.observations)
    folder = Path(tempfile.mkdtemp(prefix="leafline-refresh-changes-"))
    try:
        _measure(Lake(folder / "lake"), tables, options.observations)
    finally:
        shutil.rmtree(folder)


def _measure(lake: Lake, tables: Path, observations: int) -> None:
    before = Steps()
    before.time("load", lambda: load(lake, tables))
    version = lake.require_latest()
    with _connect(lake) as con:
        for rule in RULES:
            assess_present(lake, version, con, rule)
        learned = [find(con, rule).learned for rule in RULES]
    before.time("pull of 0.1 %", lambda: pull(lake, observations))
    version, kept, full = lake.require_latest(), Steps(), Steps()
    with _connect(lake) as con:
        now = kept.time("readiness", lambda: [assess_present(lake, version, con, rule) for rule in RULES])
        records = Records(con, None)
        found = kept.time(
            "hotspots",
            lambda: [
                find(con, rule, assessment=one, learned=each, records=records)
                for rule, one, each in zip(RULES, now, learned, strict=True)
            ],
        )
        _rest(kept, con, now, found)
    with _connect(lake) as con:
        again = full.time("readiness", lambda: [assess(con, rule, f"({usable_sql(rule)})") for rule in RULES])
        records = Records(con, None)
        found = full.time(
            "hotspots",
            lambda: [
                find(con, rule, assessment=one, records=records)
                for rule, one in zip(RULES, again, strict=True)
            ],
        )
        _rest(full, con, again, found)
    if not all(one.rows.equals(other.rows) for one, other in zip(now, again, strict=True)):
        raise SystemExit("readiness by what changed is not readiness in full")
    _report(before, kept, full)


def _rest(
    steps: Steps, con: duckdb.DuckDBPyConnection, assessed: list[Assessment], found: list[Findings]
) -> None:
    """What a refresh computes besides, from the results."""
    levels = con.sql("SELECT taxon_id, rank_level FROM taxa").to_arrow_table()
    steps.time(
        "clade sums",
        lambda: [
            summed_up(one.tree, levels, one.rows, findings.hotspots)
            for one, findings in zip(assessed, found, strict=True)
        ],
    )
    rows, worklists = [one.rows for one in assessed], [findings.worklist for findings in found]
    steps.time("photos", lambda: photos(con, rows, worklists, short=NEAR, spare=NEAR))


def _connect(lake: Lake) -> duckdb.DuckDBPyConnection:
    return lake.connect(memory_limit=_MEMORY, threads=1)


def load(lake: Lake, tables: Path) -> None:
    """Put a made-up lake's tables (`benchmarks.generate`) into an empty lake."""
    with lake.staging(memory_limit=_MEMORY) as staging:
        for name in GENERATED:
            staging.copy(name, "api", f"FROM read_parquet({read_paths([tables / f'{name}.parquet'])})")
        lake.upsert(staging)


def pull(lake: Lake, observations: int, seed: int = _SEED) -> None:
    """Give some observations all over the lake another species."""
    rng = np.random.default_rng(seed)
    ids = rng.choice(np.arange(1, observations + 1), int(observations * CHANGED), replace=False)
    files = lake.files("observations", lake.require_latest())
    paths = read_paths([Path(path) for bucket in files.values() for path in bucket])
    first, last = SPECIES
    with lake.staging(memory_limit=_MEMORY) as staging:
        staging.con.execute("CREATE TEMP TABLE chosen AS SELECT unnest($ids) AS observation_id", {"ids": ids})
        staging.copy(
            "observations",
            "api",
            f"SELECT * REPLACE ({first} + taxon_id % {last - first} AS taxon_id, now() AS updated_at)"
            f" FROM read_parquet({paths}, hive_partitioning = false) SEMI JOIN chosen USING (observation_id)",
        )
        lake.upsert(staging)


def _report(before: Steps, kept: Steps, full: Steps) -> None:
    for name, seconds in before.seconds.items():
        print(f"{name}: {seconds:.2f} s")
    totals = [sum(steps.seconds.values()) for steps in (kept, full)]
    rows = [*((name, kept.seconds[name], full.seconds[name]) for name in full.seconds), ("all", *totals)]
    for name, seconds, whole in rows:
        print(f"{name}: {seconds:.2f} of {whole:.2f} s, {seconds / whole:.1%}")


if __name__ == "__main__":
    main()
