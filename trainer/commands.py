"""What each command of the command line does; `trainer.__main__` reads its arguments.

Each imports what it needs when it is called: TensorFlow takes seconds to load, and ``--help``, ``fetch`` and
``report`` do without it.
"""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from trainer.config import load_config
from trainer.errors import DataError
from trainer.heartbeats import Portal
from trainer.images import Plan
from trainer.images import fetch as download
from trainer.images import plan as plan_fetch
from trainer.report import report as send
from trainer.snapshot import read_snapshot

if TYPE_CHECKING:
    from trainer.decide import Spot


def fetch(options: argparse.Namespace) -> int:
    """Download photos; those that cannot be had are counted and named. Or say what that would take."""
    if options.plan:
        _print_plan(plan_fetch(read_snapshot(options.snapshot), options.images))
        return 0
    done = download(read_snapshot(options.snapshot), options.images, threads=options.threads)
    print(
        f"{options.images}: {done.fetched:,} photos fetched, {done.present:,} were there,"
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


def fit(options: argparse.Namespace) -> int:
    """Train, or go on training."""
    if (options.portal is None) != (options.token_file is None):
        raise DataError("--portal and --token-file belong together: give both, or neither")
    from trainer.fit import fit as train

    train(
        load_config(options.config, options.set),
        options.snapshot,
        options.images,
        options.run_folder,
        shards_folder=options.shards,
        accept_changes=options.accept_changes,
        portal=Portal(options.portal, options.token_file) if options.portal else None,
    )
    return 0


def label_issues(options: argparse.Namespace) -> int:
    """Find suspected labels in the training set."""
    from trainer.folds import find_label_issues

    find_label_issues(options.run_folder, options.folds)
    return 0


def evaluate(options: argparse.Namespace) -> int:
    """Judge the newest checkpoint."""
    from trainer.evaluate import evaluate as judge

    judge(options.run_folder, previous=options.previous, changes=tuple(options.set), share=options.part)
    return 0


def report(options: argparse.Namespace) -> int:
    """Send the results to the portal."""
    run_id = send(options.run_folder, options.portal, options.token_file)
    print(f"{options.portal}: has the results of {options.run_folder} as training run {run_id}")
    return 0


def export(options: argparse.Namespace) -> int:
    """Write the network as a bundle, or as one file."""
    if options.format == "bundle":
        from trainer.bundle import export_bundle

        print(export_bundle(options.run_folder, options.out))
        return 0
    if options.out is not None:
        raise DataError("--out is for a bundle; one file goes into the run's folder")
    from trainer.export import export as write

    print(write(options.run_folder, options.format))
    return 0


def predict(options: argparse.Namespace) -> int:
    """Say what photos show; exit code 1 if one of them cannot be read."""
    from trainer.decide import Decider, as_text, decide_photos

    decisions, problems = decide_photos(
        Decider.load(options.run_folder), options.photos, _spot(options), accuracy=options.accuracy
    )
    if options.format == "json":
        print(json.dumps(decisions, ensure_ascii=False, indent=1))
    elif decisions:
        print(as_text(decisions))
    for problem in problems:
        print(f"trainer: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _spot(options: argparse.Namespace) -> "Spot | None":
    from trainer.decide import Spot

    if (options.lat is None) != (options.lon is None):
        raise DataError("--lat and --lon belong together: give both, or neither")
    if options.lat is None:
        if options.date is not None:
            raise DataError("--date counts with a place alone: give --lat and --lon too")
        return None
    if not (-90 <= options.lat <= 90 and -180 <= options.lon <= 180):
        raise DataError("--lat is from -90 to 90 and --lon from -180 to 180, in degrees")
    return Spot(options.lat, options.lon, options.date)
