"""The command ``fetch``."""

from pathlib import Path

import click

from terminal.progress import say
from terminal.values import FOLDER, between
from trainer.commands import options
from trainer.images import Plan, fetch, plan
from trainer.snapshot import read_snapshot

_MOST_THREADS = 64


@click.command()
@click.argument("snapshot", type=FOLDER, metavar="SNAPSHOT")
@options.images
@click.option(
    "--threads",
    type=between(1, _MOST_THREADS, "threads"),
    default=8,
    show_default=True,
    metavar="N",
    help="Downloads at a time.",
)
@click.option(
    "--plan", "only_plans", is_flag=True, help="Say how many days and terabytes it takes, and fetch nothing."
)
def command(snapshot: Path, images: Path, threads: int, only_plans: bool) -> int:
    """Download the photos of a snapshot; those that cannot be had are counted and named.

    Stopped, it goes on from there when it is run again.
    """
    photos = read_snapshot(snapshot)
    if only_plans:
        _print_plan(plan(photos, images))
        return 0
    done = fetch(photos, images, threads=threads, say=say)
    print(
        f"{images}: {done.fetched:,} photos fetched, {done.present:,} were there,"
        f" {len(done.missing):,} not to be had"
    )
    return 0


def _print_plan(plans: list[Plan]) -> None:
    if not plans:
        print("every photo is there")
    for one in plans:
        size = " to ".join(dict.fromkeys(_size(number) for number in one.bytes))
        days = " to ".join(dict.fromkeys(f"{number:.1f}" for number in one.days))
        time = f"at least {days} days within its limits" if one.is_limited else "without limits"
        print(f"{one.host}: {one.photos:,} photos, {size}, {time}")


def _size(number: float) -> str:
    """So many bytes in the unit that suits them."""
    for unit, scale in (("TB", 1e12), ("GB", 1e9)):
        if number >= scale / 10:
            return f"{number / scale:.2f} {unit}"
    return f"{number / 1e6:.0f} MB"
