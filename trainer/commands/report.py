"""The command ``report``."""

from pathlib import Path

import click

from trainer.commands import options
from trainer.report import report


@click.command()
@options.run_folder
@options.portal(required=True)
def command(run_folder: Path, portal: str, token_file: Path) -> int:
    """Send a run's results to the portal."""
    run_id = report(run_folder, portal, token_file)
    print(f"{portal}: has the results of {run_folder} as training run {run_id}")
    return 0
