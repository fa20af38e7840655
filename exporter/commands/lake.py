"""The option ``--lake``, which stands before a command or after it."""

import os
from pathlib import Path

import click

from exporter.storage import Address, is_store
from terminal.values import PathValue


class LakeValue(PathValue):
    """A folder, or the address of a prefix in an object store."""

    def __init__(self) -> None:
        super().__init__(file_okay=False)

    def convert(  # type: ignore[override]
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> Address:
        """Read an address; whether a lake can have it is for `exporter.lake.Lake` to say."""
        return str(value) if is_store(str(value)) else super().convert(value, param, ctx)


_LAKE = LakeValue()


def _address(ctx: click.Context, _: click.Parameter, value: Address | None) -> Address:
    """The address given after the command, or before it, or in the environment, or the default."""
    data = os.environ.get("LEAFLINE_DATA") or "var"
    if is_store(data):
        raise click.UsageError(
            f"LEAFLINE_DATA is {data!r}: set it to a folder of this machine, and give the lake with --lake"
        )
    if value is not None:
        return value
    if ctx.parent is not None:
        given: Address = ctx.parent.params["lake"]
        return given
    return _LAKE.convert(os.environ.get("LEAFLINE_LAKE") or Path(data) / "lake", None, ctx)


lake_option = click.option(
    "--lake",
    type=_LAKE,
    metavar="DIR",
    callback=_address,
    help="The lake's folder, or s3://BUCKET/PREFIX (default: $LEAFLINE_LAKE, else $LEAFLINE_DATA/lake);"
    " also before the command.",
)
