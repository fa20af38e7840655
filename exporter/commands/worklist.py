"""The command ``worklist``."""

from datetime import datetime
from pathlib import Path

import click

from exporter.commands import options
from exporter.commands.clades import clade_id, rows_within
from exporter.commands.hotspots import warn_of_gaps
from exporter.commands.lake import lake_option
from exporter.criteria import load_criteria
from exporter.hotspots import find
from exporter.hotspots.listing import ORDERS, worklist_rows
from exporter.lake import Lake
from exporter.output import check_writable, write_rows
from exporter.storage import Address
from terminal.values import positive


@click.command()
@click.option("--taxon", type=positive, metavar="ID", help="Only labels in this taxon's clade.")
@options.clade
@click.option(
    "--order",
    type=click.Choice(ORDERS),
    default=ORDERS[0],
    show_default=True,
    help="Most suspect first, or where one look is worth most photos.",
)
@options.criteria
@options.limit
@options.at
@options.memory
@options.output("csv")
@lake_option
def command(
    lake: Address,
    taxon: int | None,
    clade: str | None,
    order: str,
    criteria: str,
    limit: int | None,
    at: datetime | None,
    memory: str,
    format_name: str | None,
    out: Path | None,
) -> int:
    """List observations to review, most suspect first."""
    if taxon is not None and clade is not None:
        raise click.UsageError("--taxon and --clade both choose a clade: give one of them")
    check_writable(out)
    rule = load_criteria(criteria)
    with Lake(lake).connect(memory_limit=memory) as con:
        within = taxon or clade_id(con, clade)
        findings = find(con, rule, at=at).worth_listing()
        rows = rows_within(con, findings.worklist, "label_taxon_id", within)
    warn_of_gaps(findings)
    write_rows(worklist_rows(rows, order, limit), format_name, out)
    return 0
