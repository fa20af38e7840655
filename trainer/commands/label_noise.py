"""The command ``label-noise``."""

from datetime import UTC, datetime
from pathlib import Path

import click

from terminal.progress import say
from terminal.values import FILE, between
from trainer.commands import options
from trainer.files import write_summary
from trainer.runs import open_run


@click.command()
@options.run_folder
@click.option(
    "--draws",
    type=between(2, 1_000, "draws"),
    default=24,
    show_default=True,
    metavar="N",
    help="Share the photos out anew so often; each draw takes 25 trainings of the last layer.",
)
@click.option("--out", type=FILE, required=True, metavar="FILE", help="The table, as JSON.")
def command(run_folder: Path, draws: int, out: Path) -> int:
    """Measure how wrong labels act, on the features of a run that trains its last layer."""
    from trainer.experiments.label_noise import measure

    summary = measure(open_run(run_folder), range(1, draws + 1), say)
    made = {
        "command": f"python -m trainer label-noise --run RUN --draws {draws} --out {out.name}",
        "made_on": datetime.now(UTC).date().isoformat(),
    }
    write_summary(out, made | summary)
    say(f"{out}: {draws} draws of {summary['photos']:,} photos of {summary['classes']:,} classes")
    return 0
