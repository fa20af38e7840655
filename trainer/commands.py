"""What each command of the command line does; `trainer.__main__` reads its arguments.

Each imports what it needs when it is called: TensorFlow takes seconds to load, and ``--help``, ``fetch`` and
``report`` do without it.
"""

import argparse

from trainer.config import load_config
from trainer.errors import DataError
from trainer.heartbeats import Portal
from trainer.images import fetch as download
from trainer.report import report as send
from trainer.snapshot import read_snapshot


def fetch(options: argparse.Namespace) -> int:
    """Download photos; those that cannot be had are counted and named."""
    done = download(read_snapshot(options.snapshot), options.images, threads=options.threads)
    print(
        f"{options.images}: {done.fetched:,} photos fetched, {done.present:,} were there,"
        f" {len(done.missing):,} not to be had"
    )
    return 0


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

    judge(options.run_folder, previous=options.previous)
    return 0


def report(options: argparse.Namespace) -> int:
    """Send the results to the portal."""
    run_id = send(options.run_folder, options.portal, options.token_file)
    print(f"{options.portal}: has the results of {options.run_folder} as training run {run_id}")
    return 0


def export(options: argparse.Namespace) -> int:
    """Write the network as a file."""
    from trainer.export import export as write

    print(write(options.run_folder, options.format))
    return 0
