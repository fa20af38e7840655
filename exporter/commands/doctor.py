"""The command ``doctor``."""

import sys
from pathlib import Path

import click

from exporter.commands import options
from exporter.commands.lake import lake_option
from exporter.doctor import examine, restore
from exporter.lake import Lake
from exporter.output import check_writable, counted, write_rows
from exporter.storage import Address
from exporter.unused import remove_unused


@click.command()
@click.option(
    "--restore/--no-restore",
    "restores",
    default=True,
    help="Move what is damaged into the lake's folder set-aside, so that the newest whole version is the"
    " newest; nothing is deleted (default).",
)
@click.option(
    "--unused",
    "removes_unused",
    is_flag=True,
    help="If all is whole: remove data files older than a day that no version names, as stopped loads leave.",
)
@options.output("csv")
@lake_option
def command(
    lake: Address, restores: bool, removes_unused: bool, format_name: str | None, out: Path | None
) -> int:
    """Check what of the lake is whole, and restore its newest version that is."""
    check_writable(out)
    source = Lake(lake)
    report = restore(source) if restores else examine(source)
    write_rows(report.table, format_name, out)
    print(report.conclusion, file=sys.stderr)
    if removes_unused and not report.faults:
        removed = remove_unused(source)
        size = f"{removed.bytes / 2**20:,.1f} MiB"
        print(f"{source.root}: {counted(removed.files, 'unused file')} removed, {size}", file=sys.stderr)
    return 0 if report.is_sound else 1
