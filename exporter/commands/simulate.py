"""The command ``simulate``."""

from datetime import UTC, date, datetime
from pathlib import Path

import click

from exporter.simulation import simulate
from terminal.values import FOLDER, day, positive, whole_number


@click.command()
@click.option(
    "--seed",
    type=whole_number,
    default=1,
    show_default=True,
    metavar="N",
    help="The same seed gives the same world.",
)
@click.option("--observations", type=positive, default=24_000, show_default=True, metavar="N")
@click.option(
    "--push",
    type=whole_number,
    default=0,
    metavar="N",
    help="Push so many taxa over the line.",
)
@click.option("--end", type=day, metavar="DATE", help="The world's last day (default: today).")
@click.option("--out", type=FOLDER, required=True, metavar="DIR", help="A folder that is not there yet.")
def command(seed: int, observations: int, push: int, end: date | None, out: Path) -> int:
    """Write a simulated world, as iNaturalist's API would give it."""
    world = simulate(
        out, seed=seed, observations=observations, end=end or datetime.now(UTC).date(), push=push
    )
    print(
        f"{world.folder}: a simulated world of {world.observations:,} observations, {world.photos:,} photos"
        f" and {world.identifications:,} identifications;"
        f" load it with `python -m exporter ingest {world.folder / 'observations'}`"
    )
    return 0
