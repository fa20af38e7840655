"""Measure the guards on simulated worlds: pushes detected, false alarms on quiet worlds; and their speed.

python -m benchmarks.guards [--folder var/benchmarks] [--seeds FIRST LAST] [--push 12] [--back DAYS ...]
    [--history] [--speed OBSERVATIONS]

Each world has 24,000 observations and ends in another month by its seed, so that the seasons take turns. Its
cutoff is its last record; the previous snapshot that drift compares with is taken 35 days before. A push lies
in the last five days, so the same world cut earlier (--back, days before its last record) is quiet: those
cuts give the false alarms, without drift. What was pushed is read only to score the reports. Ingested worlds
stay in the folder. With --history instead: what influx and bunching still find where the lake has only the
identifications, and the guard only the past dates, of the last so many days.
"""

import argparse
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from benchmarks.generate import connect, generate
from benchmarks.measure import in_own_process, timed
from exporter.criteria import INAT_2022
from exporter.guards import GUARDS, report
from exporter.guards.bunching import find_bunching
from exporter.guards.influx import find_influx
from exporter.guards.past import past_dates, stand_at
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.readiness import assess
from exporter.settling import UNSETTLED, settle
from exporter.simulation import simulate
from exporter.snapshot import Request, snapshot

SETTLE_DAYS = 14
#: Days before the last record at which nothing has been pushed yet.
BACK = (45, 90, 200, 300)
#: Lengths of history tried, days.
HISTORY = (28, 56, 112, 182, 365, 730)
DAYS_SINCE_PREVIOUS = 35
#: No world ends later: what lies in the future is refused.
LAST_END = date(2026, 10, 31)
MEMORY_LIMIT = "3GB"
#: Two identifications an observation.
SPEED_OBSERVATIONS = 5_000_000
#: A generated lake has an observation a second; stretched so much, five million take four years.
STRETCH = 25


def main() -> None:
    """Print one line a world, then the sums, then the speed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--seeds", type=int, nargs=2, default=(1, 30), metavar=("FIRST", "LAST"))
    parser.add_argument("--push", type=int, default=12)
    parser.add_argument("--back", type=int, nargs="*", default=BACK, metavar="DAYS")
    parser.add_argument("--history", action="store_true")
    parser.add_argument("--speed", type=int, default=SPEED_OBSERVATIONS, metavar="N", help="0: not measured")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(timed(lambda: judge_generated(options.measure))))
        return
    seeds = range(options.seeds[0], options.seeds[1] + 1)
    folder = options.folder / "worlds"
    if options.history:
        judge_history(folder, seeds, options.push)
        return
    judge_pushes(folder, seeds, options.push)
    judge_quiet(folder, seeds, options.push, [timedelta(days=days) for days in options.back])
    if options.speed:
        result = in_own_process(
            "benchmarks.guards", "--measure", str(generate(options.folder, options.speed))
        )
        print(
            f"guards on {result['rows']:,} identifications: {result['seconds']:.1f} s,"
            f" {result['processor_seconds']:.1f} s of the processor, peak {result['peak_gib']:.2f} GiB"
        )


def judge_pushes(folder: Path, seeds: range, push: int) -> None:
    """Judge a world of each seed at its end, and count what fired and how many of the pushed were named."""
    fired = dict.fromkeys((*GUARDS, "any"), 0)
    named = dict.fromkeys(("influx", "bunching", "together", "beside"), 0)
    nearly_all = 0
    for seed in seeds:
        world = make_world(folder, seed, push)
        judged, truth = judge(world, timedelta()), pushed_taxa(world)
        _count(fired, judged)
        influx = {row["taxon_id"] for row in judged["influx"]}
        bunching = set(judged["bunching"]["taxa"]) if "bunching" in judged["fired"] else set()
        together = (influx | bunching) & truth
        nearly_all += len(together) >= push - 1
        for name, taxa in (
            ("influx", influx & truth),
            ("bunching", bunching & truth),
            ("together", together),
        ):
            named[name] += len(taxa)
        named["beside"] += len((influx | bunching) - truth)
        p_value = judged["bunching"]["p_value"]
        print(
            f"push {push}, seed {seed}: fired {judged['fired']}, bunching p = {p_value:.2g}; of"
            f" {len(truth)} pushed, influx names {len(influx & truth)}, both together {len(together)}",
            flush=True,
        )
    print(
        f"push {push}, {len(seeds)} worlds: fired {fired}; pushed taxa named {named}; all but one or all"
        f" named in {nearly_all} worlds"
    )


def judge_quiet(folder: Path, seeds: range, push: int, backs: list[timedelta]) -> None:
    """Judge the same worlds before anything was pushed, and count what fired."""
    fired = dict.fromkeys((*GUARDS, "any"), 0)
    for seed in seeds:
        world = make_world(folder, seed, push)
        for back in backs:
            judged = judge(world, back)
            _count(fired, judged)
            if judged["fired"]:
                print(f"quiet, seed {seed}, {back.days} days back: fired {judged['fired']}", flush=True)
    print(f"quiet, {len(seeds) * len(backs)} cuts: fired {fired}")


def judge_history(folder: Path, seeds: range, push: int) -> None:
    """Print how many of the pushed taxa influx and bunching name with less history, and false alarms."""
    for days in HISTORY:
        named = {"influx": 0, "bunching": 0}
        alarms = dict(named)
        for seed in seeds:
            world = make_world(folder, seed, push)
            truth = pushed_taxa(world)
            for back in (timedelta(), timedelta(days=BACK[1])):
                result = _with_history(world, back, days)
                for name, taxa in result.items():
                    named[name] += 0 if back else len(taxa & truth)
                    alarms[name] += bool(back and taxa)
        print(
            f"{days} days, {len(seeds)} worlds of {push} pushed taxa: named {named}; quiet cuts that fired"
            f" {alarms}",
            flush=True,
        )


def _with_history(world: Path, back: timedelta, days: int) -> dict[str, set[int]]:
    """The taxa that influx and bunching name where they have so many days to go by."""
    with Lake(world / "lake").connect() as con:
        cutoff = newest(con) - back
        since = cutoff - timedelta(days=days)
        settle(con, INAT_2022, cutoff - timedelta(days=SETTLE_DAYS), cutoff)
        now = assess(con, INAT_2022, UNSETTLED)
        dates = [date for date in past_dates(con, cutoff, SETTLE_DAYS) if date >= since]
        bunching = find_bunching(now, [stand_at(con, INAT_2022, date, cutoff) for date in dates])
        con.execute("CREATE TEMP TABLE recent AS FROM identifications WHERE created_at >= ?", [since])
        con.execute("CREATE OR REPLACE TEMP VIEW identifications AS FROM recent")
        influx = find_influx(con, cutoff, SETTLE_DAYS)
    return {
        "influx": {row["taxon_id"] for row in influx.content},
        "bunching": set(bunching.content["taxa"]) if bunching.fired else set(),
    }


def _count(fired: dict[str, int], judged: dict[str, Any]) -> None:
    for name in (*judged["fired"], *(["any"] if judged["fired"] else [])):
        fired[name] += 1


def make_world(folder: Path, seed: int, push: int) -> Path:
    """A world's folder with its lake and its previous snapshot, made once."""
    target = folder / f"world_{seed}_{push}"
    if (target / "done").exists():
        return target
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    month = seed * 5 % 12 + 1
    end = date(LAST_END.year - (month > LAST_END.month), month, 20)
    simulate(target / "world", seed=seed, end=end, push=push)
    lake = Lake(target / "lake")
    ingest(lake, [target / "world" / "observations"])
    shutil.rmtree(target / "world" / "observations")
    before = datetime(end.year, end.month, end.day, tzinfo=UTC) - timedelta(days=DAYS_SINCE_PREVIOUS)
    snapshot(lake, Request(INAT_2022, before, "the guards' benchmark"), target / "previous")
    (target / "done").touch()
    return target


def judge(world: Path, back: timedelta) -> dict[str, Any]:
    """The guards' report at a time before the world's last record."""
    previous = None if back else world / "previous"
    with Lake(world / "lake").connect() as con:
        return report(con, INAT_2022, newest(con) - back, SETTLE_DAYS, previous=previous)


def pushed_taxa(world: Path) -> set[int]:
    """The truth: what was pushed."""
    path = world / "world" / "truth" / "push.parquet"
    return set(pq.read_table(path)["taxon_id"].to_pylist()) if path.exists() else set()


def judge_generated(target: Path) -> int:
    """The guards on a generated lake of four years; gives its number of identifications."""
    con = connect(target, MEMORY_LIMIT, threads=2)
    first = "(epoch(TIMESTAMPTZ '2020-01-01 00:00:00Z'))"
    stretched = f"to_timestamp({first} + (epoch(created_at) - {first}) * {STRETCH})"
    for table in ("observations", "identifications"):
        con.execute(
            f"CREATE OR REPLACE VIEW {table} AS"
            f" SELECT * REPLACE ({stretched} AS created_at) FROM '{target / table}.parquet'"
        )
    report(con, INAT_2022, newest(con), SETTLE_DAYS)
    [[number]] = con.sql("SELECT count(*) AS n FROM identifications").fetchnumpy().values()
    return int(number)


def newest(con: duckdb.DuckDBPyConnection) -> datetime:
    """The time of the newest record."""
    [[time]] = (
        con.sql("SELECT max(created_at) AS time FROM observations").to_arrow_table().to_pydict().values()
    )
    return time


if __name__ == "__main__":
    main()
