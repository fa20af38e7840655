"""What each command of the command line does; `exporter.__main__` reads its arguments."""

import argparse
import sys
from datetime import UTC, datetime
from functools import partial

import duckdb
import pyarrow as pa

from exporter import guards
from exporter.comparison import compare as compare_exports
from exporter.criteria import load_criteria
from exporter.current_model import read_classes
from exporter.doctor import examine, restore
from exporter.errors import DataError
from exporter.gaps import Holdings, holdings
from exporter.hotspots import Findings, find
from exporter.hotspots.listing import hotspot_rows, worklist_rows
from exporter.ingest import ingest as load
from exporter.ingest_summary import summary_lines
from exporter.lake import Lake
from exporter.messages import english
from exporter.named_clades import find_clade, within
from exporter.output import check_writable, counted, write_document, write_rows
from exporter.pull.puller import store_of
from exporter.readiness import readiness as compute_readiness
from exporter.simulation import simulate as write_world
from exporter.snapshot import Connect, Request
from exporter.snapshot import snapshot as write_snapshot
from exporter.verify import verify as check

_WITHOUT_IDENTIFICATIONS = (
    "weak evidence: this lake has no identifications, only how many people agree and disagree. Who they are"
    " and what they said is not known, so the list can be wrong and miss much;"
    " `python -m exporter pull --taxon ID` brings it."
)


def ingest(options: argparse.Namespace) -> int:
    """Load files; 1 if all that they hold was refused."""
    lake = Lake(options.lake)
    report = load(lake, options.paths, strict=options.strict)
    for file in report.files:
        left_out = f", {counted(file.left_out, 'value')} left out" if file.left_out else ""
        counts = f"{file.read:,} read, {file.refused:,} refused{left_out}"
        print(f"{file.path}: {file.kind or 'unknown kind'}, {counts}")
    for table, changes in report.tables.items():
        print(f"{table}: {changes.read:,} rows read, {changes.new:,} new, {changes.changed:,} changed")
    for words, faults, number in (
        ("refused", report.refusals, report.refused),
        ("left out", report.notes, report.left_out),
    ):
        for fault in faults:
            print(f"{words}: {fault}", file=sys.stderr)
        if number > len(faults):
            print(f"{words}: {number - len(faults):,} more", file=sys.stderr)
    print(*summary_lines(report, _holdings(lake)), sep="\n")
    nothing_loaded = not any(changes.read for changes in report.tables.values())
    return 1 if report.refused and nothing_loaded else 0


def model(options: argparse.Namespace) -> int:
    """Keep the classes of an export of iNaturalist's beside the lake."""
    class_ids = read_classes(options.file)
    store_of(Lake(options.lake)).put_export(class_ids, options.exported)
    print(f"{options.file}: {counted(len(class_ids), 'class', 'classes')}, exported {options.exported}")
    return 0


def _holdings(lake: Lake) -> Holdings | None:
    """What the lake has and lacks; None while it is empty."""
    if lake.latest() is None:
        return None
    with lake.connect() as con:
        return holdings(con)


def readiness(options: argparse.Namespace) -> int:
    """Write readiness."""
    check_writable(options.out)
    criteria = load_criteria(options.criteria)
    with Lake(options.lake).connect() as con:
        clade = _clade(con, options.clade)
        rows = _within(con, compute_readiness(con, criteria, at=options.at), "taxon_id", clade)
        write_rows(rows, options.format, options.out)
    return 0


def hotspots(options: argparse.Namespace) -> int:
    """Write the labels with the most wrong observations."""
    check_writable(options.out)
    criteria = load_criteria(options.criteria)
    with Lake(options.lake).connect(memory_limit=options.memory) as con:
        clade = _clade(con, options.clade)
        findings = find(con, criteria, at=options.at).worth_listing()
        rows = _within(con, findings.hotspots, "taxon_id", clade)
    _say_what_is_missing(findings)
    write_rows(hotspot_rows(rows, options.limit), options.format, options.out)
    return 0


def worklist(options: argparse.Namespace) -> int:
    """Write the observations to review."""
    check_writable(options.out)
    criteria = load_criteria(options.criteria)
    with Lake(options.lake).connect(memory_limit=options.memory) as con:
        clade = _clade(con, options.clade) if options.taxon is None else options.taxon
        findings = find(con, criteria, at=options.at).worth_listing()
        rows = _within(con, findings.worklist, "label_taxon_id", clade)
    _say_what_is_missing(findings)
    write_rows(worklist_rows(rows, options.order, options.limit), options.format, options.out)
    return 0


def _clade(con: duckdb.DuckDBPyConnection, text: str | None) -> int | None:
    return None if text is None else find_clade(con, text)


def _within(con: duckdb.DuckDBPyConnection, rows: pa.Table, column: str, clade_id: int | None) -> pa.Table:
    return rows if clade_id is None else within(con, rows, column, clade_id)


def _say_what_is_missing(findings: Findings) -> None:
    if findings.missing:
        print(f"exporter: {english(findings.missing)}", file=sys.stderr)
    if findings.is_without_identifications:
        print(f"exporter: {_WITHOUT_IDENTIFICATIONS}", file=sys.stderr)


def snapshot(options: argparse.Namespace) -> int:
    """Write a snapshot."""
    lake = Lake(options.lake)
    request = Request(load_criteria(options.criteria), options.cutoff, options.seed, options.settle_days)
    manifest = write_snapshot(
        lake,
        request,
        options.out,
        version=None if options.lake_version is None else lake.at(options.lake_version),
        previous=options.previous,
        memory_limit=options.memory,
        threads=options.threads,
        connect=_spark(options) if options.engine == "spark" else None,
    )
    counts = manifest["counts"]
    sets = ", ".join(f"{counts[name]['photos']:,} {name}" for name in ("train", "val", "test"))
    simulated = " (simulated data)" if manifest["is_simulated"] else ""
    print(f"{options.out}: {len(counts['classes']):,} classes; photos: {sets}{simulated}")
    return 0


def guard(options: argparse.Namespace) -> int:
    """Write the guards' report."""
    check_writable(options.out)
    lake = Lake(options.lake)
    version = lake.require_latest()
    criteria = load_criteria(options.criteria)
    with lake.connect(version, memory_limit=options.memory, threads=options.threads) as con:
        report = guards.report(
            con,
            criteria,
            options.cutoff,
            options.settle_days,
            previous=options.previous,
            loaded_at=version.created_at,
        )
    report |= {"lake_version": version.number, "is_simulated": version.is_simulated}
    rows = pa.table(
        {
            "guard": list(report["words"]),
            "fired": ["yes" if name in report["fired"] else "no" for name in report["words"]],
            "found": list(report["words"].values()),
        }
    )
    write_document(report, rows, options.format, options.out)
    return 0


def _spark(options: argparse.Namespace) -> Connect:
    """How to reach the lake's tables on Spark, which only those who ask for it need to have."""
    try:
        from exporter import spark
    except ImportError as error:
        raise DataError(
            f"--engine spark needs {error.name}: install it with `pip install -r requirements-spark.txt`"
        ) from None
    return partial(
        spark.connect,
        master=options.spark_master,
        files_at=options.spark_lake,
        settings=dict(options.spark_conf),
    )


def doctor(options: argparse.Namespace) -> int:
    """Write what of the lake is whole; put it back to its newest whole version unless told not to."""
    check_writable(options.out)
    lake = Lake(options.lake)
    report = restore(lake) if options.restore else examine(lake)
    write_rows(report.table, options.format, options.out)
    print(report.conclusion, file=sys.stderr)
    return 0 if report.is_sound else 1


def verify(options: argparse.Namespace) -> int:
    """Check a snapshot."""
    check(options.folder, Lake(options.lake) if options.derive else None, memory_limit=options.memory)
    print(f"{options.folder}: sound")
    return 0


def compare(options: argparse.Namespace) -> int:
    """Write where two exports differ, class by class."""
    check_writable(options.out)
    comparison = compare_exports(options.first, options.second, memory_limit=options.memory)
    print(*comparison.summary(), sep="\n", file=sys.stderr)
    write_rows(comparison.rows if options.all else comparison.differing, options.format, options.out)
    return 0


def simulate(options: argparse.Namespace) -> int:
    """Write a simulated world."""
    end = options.end or datetime.now(UTC).date()
    world = write_world(
        options.out, seed=options.seed, observations=options.observations, end=end, push=options.push
    )
    print(
        f"{world.folder}: a simulated world of {world.observations:,} observations, {world.photos:,} photos"
        f" and {world.identifications:,} identifications;"
        f" load it with `python -m exporter ingest {world.folder / 'observations'}`"
    )
    return 0
