"""The command ``fit``."""

from pathlib import Path

import click

from terminal.progress import say
from terminal.values import FILE, FOLDER
from trainer.commands import options
from trainer.config import load_config
from trainer.errors import DataError
from trainer.heartbeats import Portal


@click.command()
@click.option("--config", type=FILE, required=True, metavar="FILE", help="See trainer/configs.")
@options.changes("training.epochs=3")
@click.option("--snapshot", type=FOLDER, required=True, metavar="DIR", help="The snapshot's folder.")
@options.images
@options.run_folder
@click.option("--shards", type=FOLDER, metavar="DIR", help="Shared among runs (default: RUN/shards).")
@click.option("--accept-changes", is_flag=True, help="Go on although the config has changed.")
@click.option(
    "--track",
    "track",
    type=click.Choice(("tensorboard", "mlflow", "wandb")),
    multiple=True,
    help="Send the curves there too; may be given several times.",
)
@click.option(
    "--dry-run", is_flag=True, help="Print the config, size, memory and time of a step; train nothing."
)
@options.portal(required=False)
def command(
    config: Path,
    changes: tuple[str, ...],
    snapshot: Path,
    images: Path,
    run_folder: Path,
    shards: Path | None,
    accept_changes: bool,
    track: tuple[str, ...],
    dry_run: bool,
    portal: str | None,
    token_file: Path | None,
) -> int:
    """Train a network on a snapshot; again on the same run, go on where it stopped."""
    if (portal is None) != (token_file is None):
        raise DataError("--portal and --token-file belong together: give both, or neither")
    if dry_run:
        from trainer import dry_run as dry

        dry.dry_run(load_config(config, changes), snapshot, say)
        return 0
    from trainer.fit import fit

    fit(
        load_config(config, changes),
        snapshot,
        images,
        run_folder,
        shards_folder=shards,
        accept_changes=accept_changes,
        track=track,
        say=say,
        portal=None if portal is None or token_file is None else Portal(portal, token_file),
    )
    return 0
