"""The command ``readiness``."""

from datetime import datetime
from pathlib import Path

import click

from exporter.commands import options
from exporter.commands.clades import clade_id, rows_within
from exporter.commands.lake import lake_option
from exporter.criteria import load_criteria
from exporter.lake import Lake
from exporter.output import check_writable, write_rows
from exporter.readiness import readiness
from exporter.storage import Address


@click.command()
@options.criteria
@options.clade
@options.at
@options.output("csv")
@lake_option
def command(
    lake: Address,
    criteria: str,
    clade: str | None,
    at: datetime | None,
    format_name: str | None,
    out: Path | None,
) -> int:
    """List each taxon with an observation in its clade: whether it would be a class, and what it lacks."""
    check_writable(out)
    rule = load_criteria(criteria)
    with Lake(lake).connect() as con:
        within = clade_id(con, clade)
        rows = rows_within(con, readiness(con, rule, at=at), "taxon_id", within)
        write_rows(rows, format_name, out)
    return 0
