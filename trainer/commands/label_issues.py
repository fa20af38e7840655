"""The command ``label-issues``."""

from pathlib import Path

import click

from terminal.values import between
from trainer.commands import options


@click.command()
@options.run_folder
@click.option(
    "--folds", type=between(2, 20, "folds"), default=5, show_default=True, metavar="K", help="2 to 20."
)
def command(run_folder: Path, folds: int) -> int:
    """Find suspected labels in the training set, by K-fold cross-validation."""
    from trainer.folds import find_label_issues

    find_label_issues(run_folder, folds)
    return 0
