"""The option ``--lake``, which stands before a command or after it."""

import os
from pathlib import Path

import click

from terminal.values import FOLDER


def _lake_folder(ctx: click.Context, _: click.Parameter, value: Path | None) -> Path:
    """The folder given after the command, or before it, or the default."""
    if value is not None:
        return value
    if ctx.parent is not None:
        given: Path = ctx.parent.params["lake"]
        return given
    return FOLDER.convert(Path(os.environ.get("LEAFLINE_DATA", "var")) / "lake", None, ctx)


lake_option = click.option(
    "--lake",
    type=FOLDER,
    metavar="DIR",
    callback=_lake_folder,
    help="The lake's folder (default: $LEAFLINE_DATA/lake); also before the command.",
)
