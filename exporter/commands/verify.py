"""The command ``verify``."""

from pathlib import Path

import click

from exporter.commands import options
from exporter.commands.lake import lake_option
from exporter.lake import Lake
from exporter.storage import Address
from exporter.verify import verify
from terminal.values import FOLDER


@click.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option("--derive", is_flag=True, help="Derive it again from the lake, and compare every byte.")
@options.memory
@lake_option
def command(lake: Address, folder: Path, derive: bool, memory: str) -> int:
    """Check the digests, counts and rules of a written snapshot; ends with 1 at the first that is broken."""
    verify(folder, Lake(lake) if derive else None, memory_limit=memory)
    print(f"{folder}: sound")
    return 0
