"""The command ``evaluate``."""

from pathlib import Path

import click

from terminal.values import FILE
from trainer.commands import options


def _share(text: str | tuple[int, int]) -> tuple[int, int]:
    """``2/4`` as (2, 4)."""
    if isinstance(text, tuple):
        return text
    number, slash, of = text.partition("/")
    if not slash or not number.isdecimal() or not of.isdecimal() or not 1 <= int(number) <= int(of):
        raise click.BadParameter(f"{text} is not like 2/4")
    return int(number), int(of)


@click.command()
@options.run_folder
@click.option("--previous", type=FILE, metavar="FILE", help="An earlier model's results.json.")
@options.changes("evaluation.views=2")
@click.option(
    "--part",
    type=_share,
    default="1/1",
    show_default=True,
    metavar="I/N",
    help="Judge every Nth pass, from the Ith on.",
)
def command(run_folder: Path, previous: Path | None, changes: tuple[str, ...], part: tuple[int, int]) -> int:
    """Judge a run's checkpoint on the test set: the newest, or the best by validation."""
    from trainer.evaluate import evaluate

    evaluate(run_folder, previous=previous, changes=changes, share=part)
    return 0
