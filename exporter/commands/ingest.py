"""The command ``ingest``: load files or a database, and say what became of them and what the lake lacks."""

import sys
from pathlib import Path

import click

from exporter.commands.lake import lake_option
from exporter.errors import DataError
from exporter.gaps import Holdings, holdings
from exporter.ingest import IngestReport, ingest
from exporter.ingest_summary import summary_lines
from exporter.lake import Lake
from exporter.output import counted
from exporter.pull.database import Database
from exporter.pull.puller import store_of
from exporter.storage import Address
from terminal.values import FILE

_SIMULATED = """
This lake holds a simulated world, so all of it is shown as simulated.
Load real data into a folder of their own: LEAFLINE_DATA=FOLDER, or --lake FOLDER."""


def _database(url: str) -> Database:
    try:
        return Database(url)
    except DataError as fault:
        # The address is not repeated: it may hold a password.
        raise click.BadParameter(str(fault)) from None


@click.command()
@click.argument("paths", type=FILE, nargs=-1, metavar="PATH...")
@click.option(
    "--database",
    type=_database,
    metavar="URL",
    help="iNaturalist's database or a replica: postgresql://USER@HOST/DATABASE, the password in PGPASSWORD.",
)
@click.option(
    "--whole",
    is_flag=True,
    help="With --database: everything again, not only what changed since the last time.",
)
@click.option("--strict", is_flag=True, help="Load nothing if any row is refused, or any value left out.")
@lake_option
def command(
    lake: Address, paths: tuple[Path, ...], database: Database | None, whole: bool, strict: bool
) -> int:
    """Load files, or folders with all below them, into the lake; .gz or not. Or iNaturalist's database.

    Ends with 1 if all that they hold was refused.
    """
    if bool(paths) == (database is not None):
        raise click.UsageError("give files or folders to load, or --database URL")
    if whole and database is None:
        raise click.UsageError("--whole is for --database")
    into = Lake(lake)
    if database is None:
        report = ingest(into, paths, strict=strict)
    else:
        report = database.load(into, store_of(into), strict=strict, whole=whole)
    return _print(report, into)


def _print(report: IngestReport, into: Lake) -> int:
    """Print what became of everything; the exit code."""
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
    print(*summary_lines(report, _holdings(into)), sep="\n")
    if (version := into.latest()) is not None and version.is_simulated:
        print(_SIMULATED)
    nothing_loaded = not any(changes.read for changes in report.tables.values())
    return 1 if report.refused and nothing_loaded else 0


def _holdings(lake: Lake) -> Holdings | None:
    """What the lake has and lacks; None while it is empty."""
    if lake.latest() is None:
        return None
    with lake.connect() as con:
        return holdings(con)
