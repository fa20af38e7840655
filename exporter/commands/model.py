"""The command ``model``: keep the classes of an export of iNaturalist's beside the lake."""

from datetime import date
from pathlib import Path

import click

from exporter.commands.lake import lake_option
from exporter.current_model import read_classes
from exporter.lake import Lake
from exporter.output import counted
from exporter.pull.puller import store_of
from exporter.storage import Address
from terminal.values import FILE, day


@click.command()
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--exported", type=day, required=True, metavar="DATE", help="The day of the export.")
@lake_option
def command(lake: Address, file: Path, exported: date) -> int:
    """Read which taxa are classes of iNaturalist's current model from the taxonomy.csv of a vision export."""
    class_ids = read_classes(file)
    store_of(Lake(lake)).put_export(class_ids, exported)
    print(f"{file}: {counted(len(class_ids), 'class', 'classes')}, exported {exported}")
    return 0
