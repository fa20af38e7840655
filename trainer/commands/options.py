"""Options that several commands take."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from terminal.values import FILE, FOLDER

_Command = TypeVar("_Command", bound=Callable[..., Any])

run_folder = click.option(
    "--run", "run_folder", type=FOLDER, required=True, metavar="DIR", help="The run's folder."
)
images = click.option(
    "--images", type=FOLDER, required=True, metavar="DIR", help="The folder where the photos lie."
)


def changes(example: str) -> Callable[[_Command], _Command]:
    """Return the option ``--set``, with an example of a key and its value."""
    return click.option(
        "--set",
        "changes",
        multiple=True,
        metavar="KEY=VALUE",
        help=f"Override a key: {example}; may be given several times.",
    )


def portal(*, required: bool) -> Callable[[_Command], _Command]:
    """Return the options ``--portal`` and ``--token-file``."""

    def add(command: _Command) -> _Command:
        token = click.option(
            "--token-file", type=FILE, required=required, metavar="FILE", help="Holds a trainer's token."
        )
        url = click.option(
            "--portal", required=required, metavar="URL", help="Like https://leafline.example.org."
        )
        return url(token(command))

    return add
