"""The command ``compare``."""

import sys
from pathlib import Path

import click

from exporter.commands import options
from exporter.comparison import compare
from exporter.output import check_writable, write_rows
from terminal.values import FOLDER


@click.command()
@click.argument("first", type=FOLDER, metavar="DIR")
@click.argument("second", type=FOLDER, metavar="DIR")
@click.option(
    "--all", "shows_all", is_flag=True, help="Also the classes that are the same in both, photo for photo."
)
@options.memory
@options.output("csv")
def command(
    first: Path, second: Path, shows_all: bool, memory: str, format_name: str | None, out: Path | None
) -> int:
    """Compare two exports class by class: our snapshots, or iNaturalist's own files."""
    check_writable(out)
    comparison = compare(first, second, memory_limit=memory)
    print(*comparison.summary(), sep="\n", file=sys.stderr)
    write_rows(comparison.rows if shows_all else comparison.differing, format_name, out)
    return 0
