"""The command ``guard``."""

from datetime import datetime
from pathlib import Path

import click
import pyarrow as pa

from exporter import guards
from exporter.commands import options
from exporter.commands.lake import lake_option
from exporter.criteria import load_criteria
from exporter.lake import Lake
from exporter.output import check_writable, write_document
from exporter.storage import Address


@click.command()
@options.cutoff
@options.criteria
@options.settle_days
@options.previous
@options.memory
@options.threads
@options.output("json")
@lake_option
def command(
    lake: Address,
    cutoff: datetime,
    criteria: str,
    settle_days: int,
    previous: Path | None,
    memory: str,
    threads: int | None,
    format_name: str | None,
    out: Path | None,
) -> int:
    """Check whether anything was pushed before a cutoff: the report of the guards."""
    check_writable(out)
    source = Lake(lake)
    version = source.require_latest()
    rule = load_criteria(criteria)
    with source.connect(version, memory_limit=memory, threads=threads) as con:
        report = guards.report(
            con, rule, cutoff, settle_days, previous=previous, loaded_at=version.created_at
        )
    report |= {"lake_version": version.number, "is_simulated": version.is_simulated}
    rows = pa.table(
        {
            "guard": list(report["words"]),
            "fired": ["yes" if name in report["fired"] else "no" for name in report["words"]],
            "found": list(report["words"].values()),
        }
    )
    write_document(report, rows, format_name, out)
    return 0
