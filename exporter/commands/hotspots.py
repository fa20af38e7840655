"""The command ``hotspots``, and what it shares with ``worklist``."""

import sys
from datetime import datetime
from pathlib import Path

import click

from exporter.commands import options
from exporter.commands.clades import clade_id, rows_within
from exporter.commands.lake import lake_option
from exporter.criteria import load_criteria
from exporter.hotspots import Findings, find
from exporter.hotspots.listing import hotspot_rows
from exporter.lake import Lake
from exporter.messages import english
from exporter.output import check_writable, write_rows
from exporter.storage import Address

_WITHOUT_IDENTIFICATIONS = (
    "weak evidence: this lake has no identifications, only how many people agree and disagree. Who they are"
    " and what they said is not known, so the list can be wrong and miss much;"
    " `python -m exporter pull --taxon ID` brings it."
)


@click.command()
@options.clade
@options.criteria
@options.limit
@options.at
@options.memory
@options.output("csv")
@lake_option
def command(
    lake: Address,
    clade: str | None,
    criteria: str,
    limit: int | None,
    at: datetime | None,
    memory: str,
    format_name: str | None,
    out: Path | None,
) -> int:
    """List the labels with the most wrong observations, worst first."""
    check_writable(out)
    rule = load_criteria(criteria)
    with Lake(lake).connect(memory_limit=memory) as con:
        within = clade_id(con, clade)
        findings = find(con, rule, at=at).worth_listing()
        rows = rows_within(con, findings.hotspots, "taxon_id", within)
    warn_of_gaps(findings)
    write_rows(hotspot_rows(rows, limit), format_name, out)
    return 0


def warn_of_gaps(findings: Findings) -> None:
    """Say on standard error what evidence is missing, and what brings it."""
    if findings.missing:
        print(f"exporter: {english(findings.missing)}", file=sys.stderr)
    if findings.is_without_identifications:
        print(f"exporter: {_WITHOUT_IDENTIFICATIONS}", file=sys.stderr)
