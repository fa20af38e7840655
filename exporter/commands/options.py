"""Options that several commands take, each with its check and its help."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from exporter.criteria import DEFAULT_CRITERIA, PRESETS
from exporter.output import FORMATS
from exporter.snapshot import MEMORY_LIMIT, SETTLE_DAYS
from terminal.values import FILE, FOLDER, between, is_utf8, positive, time

#: DuckDB takes no more than 2**64 bytes.
_MEMORY_DIGITS = 9
_MOST_DAYS = 3_650
_MOST_THREADS = 1_024

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _criteria(text: str) -> str:
    return text if text in PRESETS else str(FILE.convert(text, None, None))


criteria = click.option(
    "--criteria",
    type=_criteria,
    default=DEFAULT_CRITERIA,
    show_default=True,
    metavar="C",
    help=f"One of {', '.join(PRESETS)}, or a file FILE.toml.",
)


def _clade(text: str) -> str:
    name = text.strip()
    if not name or "\0" in name or not is_utf8(name):
        raise click.BadParameter(f"{name!a} is not a name or an id of a taxon")
    if name.isascii() and name.isdecimal():
        positive(name)
    return name


clade = click.option(
    "--clade",
    type=_clade,
    metavar="CLADE",
    help="Only what lies in it: a taxon's name or id; genus/NAME or Animalia/NAME where several have it.",
)
at = click.option("--at", type=time, metavar="TIME", help="As of a past time (ISO 8601 with a zone).")
limit = click.option("--limit", type=positive, metavar="N", help="Rows at most (default: all).")
cutoff = click.option(
    "--cutoff", type=time, required=True, metavar="TIME", help="ISO 8601 with a zone; not after the data."
)
settle_days = click.option(
    "--settle-days",
    type=between(0, _MOST_DAYS, "days"),
    default=SETTLE_DAYS,
    show_default=True,
    metavar="N",
    help="Days before the cutoff in which new labels wait; 0: none.",
)


def _memory(text: str) -> str:
    if not re.fullmatch(rf"[1-9][0-9]{{0,{_MEMORY_DIGITS - 1}}}(MB|GB|MiB|GiB)", text):
        raise click.BadParameter(f"{text!r} is not a size like 4GB or 512MB")
    return text


memory = click.option(
    "--memory",
    default=MEMORY_LIMIT,
    show_default=True,
    type=_memory,
    metavar="SIZE",
    help="What the query engine may take; more spills to disk.",
)
threads = click.option(
    "--threads", type=between(1, _MOST_THREADS, "threads"), metavar="N", help="Default: all there are."
)
previous = click.option(
    "--previous", type=FOLDER, metavar="DIR", help="An earlier snapshot, to compare the classes with."
)


def output(machine: str) -> Callable[[_Command], _Command]:
    """Return the options ``--format`` and ``--out``; ``machine``: the format where nobody looks on."""

    def add(command: _Command) -> _Command:
        to_file = click.option("--out", type=FILE, metavar="FILE", help="Default: standard output.")
        form = click.option(
            "--format",
            "format_name",
            type=click.Choice(FORMATS),
            help=f"Default: table on a terminal, else {machine}.",
        )
        return form(to_file(command))

    return add
