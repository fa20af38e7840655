"""The command ``compare``."""

from pathlib import Path

import click

from terminal.progress import say
from terminal.values import FOLDER, between
from trainer.commands import options

#: By name the rank level, or None for iNaturalist's iconic taxa.
RANKS = {
    "iconic": None,
    "kingdom": 70.0,
    "phylum": 60.0,
    "class": 50.0,
    "order": 40.0,
    "family": 30.0,
    "genus": 20.0,
}


@click.command()
@options.run_folder
@click.option(
    "--rank",
    type=click.Choice(list(RANKS)),
    default="iconic",
    show_default=True,
    help="A model for each taxon of this rank.",
)
@click.option("--draws", type=between(2, 1_000, "draws"), default=10, show_default=True, metavar="N")
@click.option(
    "--seeds",
    type=between(1, 100, "seeds"),
    default=3,
    show_default=True,
    metavar="N",
    help="Trainings of each model on each draw.",
)
@options.changes("training.epochs=40")
@click.option(
    "--out", type=FOLDER, required=True, metavar="DIR", help="Gets comparison.json and comparison.html."
)
def command(run_folder: Path, rank: str, draws: int, seeds: int, changes: tuple[str, ...], out: Path) -> int:
    """Compare one model with a model for each clade, on a run's features: same photos, same budget."""
    from trainer.experiments.comparison import compare

    compare(run_folder, (rank, RANKS[rank]), draws, seeds, changes, out, say)
    return 0
