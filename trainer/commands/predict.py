"""The command ``predict``."""

import datetime
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from terminal.values import FILE, FOLDER, day
from trainer.errors import DataError

if TYPE_CHECKING:
    from trainer.decide import Spot

_ACCURACIES = ("0.8", "0.9", "0.95", "0.99")


@click.command()
@click.argument("photos", type=FILE, nargs=-1, required=True, metavar="PHOTO...")
@click.option(
    "--run",
    "run_folder",
    type=FOLDER,
    required=True,
    metavar="DIR",
    help="A run that was evaluated, or a bundle.",
)
@click.option("--lat", type=float, metavar="DEGREES", help="Where the photos were taken.")
@click.option("--lon", type=float, metavar="DEGREES")
@click.option("--date", type=day, metavar="YYYY-MM-DD", help="When they were taken.")
@click.option(
    "--accuracy",
    type=click.Choice(_ACCURACIES),
    default="0.95",
    show_default=True,
    help="Of the one answer.",
)
@click.option(
    "--format", "format_name", type=click.Choice(("table", "json")), default="table", show_default=True
)
def command(
    photos: tuple[Path, ...],
    run_folder: Path,
    lat: float | None,
    lon: float | None,
    date: datetime.date | None,
    accuracy: str,
    format_name: str,
) -> int:
    """Say what photos show; ends with 1 if one of them cannot be read."""
    from trainer.decide import Decider, as_text, decide_photos

    decisions, problems = decide_photos(
        Decider.load(run_folder), list(photos), _spot(lat, lon, date), accuracy=float(accuracy)
    )
    if format_name == "json":
        print(json.dumps(decisions, ensure_ascii=False, indent=1))
    elif decisions:
        print(as_text(decisions))
    for problem in problems:
        print(f"trainer: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _spot(lat: float | None, lon: float | None, date: datetime.date | None) -> "Spot | None":
    from trainer.decide import Spot

    if lat is None and lon is None:
        if date is not None:
            raise DataError("--date counts with a place alone: give --lat and --lon too")
        return None
    if lat is None or lon is None:
        raise DataError("--lat and --lon belong together: give both, or neither")
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise DataError("--lat is from -90 to 90 and --lon from -180 to 180, in degrees")
    return Spot(lat, lon, date)
