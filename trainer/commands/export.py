"""The command ``export``."""

from pathlib import Path
from typing import Literal

import click

from terminal.values import FOLDER
from trainer.commands import options
from trainer.errors import DataError


@click.command()
@options.run_folder
@click.option(
    "--format",
    "format_name",
    type=click.Choice(("bundle", "keras", "tflite")),
    default="bundle",
    show_default=True,
    help="A whole folder, or one file.",
)
@click.option("--out", type=FOLDER, metavar="DIR", help="The bundle's folder (default: RUN/bundle).")
def command(run_folder: Path, format_name: Literal["bundle", "keras", "tflite"], out: Path | None) -> int:
    """Write a run's network with all that a decision needs, or as one file."""
    if format_name == "bundle":
        from trainer.bundle import export_bundle

        print(export_bundle(run_folder, out))
        return 0
    if out is not None:
        raise DataError("--out is for a bundle; one file goes into the run's folder")
    from trainer.export import export

    print(export(run_folder, format_name))
    return 0
