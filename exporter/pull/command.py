"""The command ``pull``: what it prints, and from where it takes what it needs."""

import argparse
import os
import sys
from pathlib import Path

from exporter.lake import Lake
from exporter.pull.client import API_URL, Client
from exporter.pull.limiter import Limiter
from exporter.pull.puller import Puller, store_of
from exporter.pull.store import Store


def budget_path() -> Path:
    """Where this machine's budget is kept: one for every lake, as iNaturalist sees one address."""
    return Path(os.environ.get("LEAFLINE_DATA", "var")) / "budget.sqlite3"


def add_options(command: argparse.ArgumentParser) -> None:
    """Add what only this command takes."""
    command.add_argument(
        "--taxon", type=int, metavar="ID", required=True, help="pull this taxon and all below it"
    )
    command.add_argument("--api-url", default=API_URL, metavar="URL", help="default: %(default)s")
    command.add_argument(
        "--contact",
        default=os.environ.get("LEAFLINE_CONTACT", ""),
        help="an address for the User-Agent (default: $LEAFLINE_CONTACT)",
    )


def run(options: argparse.Namespace) -> int:
    """Pull, and say what came of it. DataError where it stops; the next run goes on from there."""
    lake = Lake(options.lake)
    store = store_of(lake)
    client = Client(
        Limiter(budget_path()),
        url=options.api_url,
        contact=options.contact,
        tell=lambda words: _tell(store, words),
    )
    report = Puller(lake, client, store).pull_clade(options.taxon, options.since)
    print(f"{report.requests:,} requests")
    for table, changes in report.tables.items():
        print(f"{table}: {changes.read:,} rows read, {changes.new:,} new, {changes.changed:,} changed")
    for refusal in report.refusals:
        print(f"refused: {refusal}", file=sys.stderr)
    return 0


def _tell(store: Store, words: str) -> None:
    store.tell(words)
    print(words, file=sys.stderr, flush=True)
