"""The command ``pull``: what it prints, and from where it takes what it needs."""

import argparse
import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from exporter import arguments
from exporter.errors import DataError
from exporter.inaturalist import API, OPEN_DATA
from exporter.lake import Lake
from exporter.messages import Message, english
from exporter.output import FORMATS, write_rows
from exporter.pull.client import Client
from exporter.pull.dump import Dump
from exporter.pull.limiter import Limiter
from exporter.pull.plan import Cycle, watch_list
from exporter.pull.puller import Puller, PullReport, store_of
from exporter.pull.store import Store
from exporter.sources.values import identifier


def budget_path() -> Path:
    """Where this machine's budget is kept: one for every lake, as iNaturalist sees one address."""
    return Path(os.environ.get("LEAFLINE_DATA", "var")) / "budget.sqlite3"


def add_options(command: argparse.ArgumentParser) -> None:
    """Add what only this command takes."""
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--taxon", type=_taxon_id, metavar="ID", help="pull this taxon and all below it")
    what.add_argument(
        "--watch",
        type=arguments.path,
        metavar="FILE",
        help="keep the taxa of a file, one id a line, up to date",
    )
    what.add_argument(
        "--dump", action="store_true", help="fetch and load the monthly open data, as far as they are new"
    )
    command.add_argument(
        "--plan", action="store_true", help="with --watch: only show what it takes, in requests"
    )
    command.add_argument(
        "--format", choices=FORMATS, help="of the plan; default: table on a terminal, else csv"
    )
    command.add_argument(
        "--api-url", type=_web_address, default=API, metavar="URL", help="default: %(default)s"
    )
    command.add_argument(
        "--bucket-url", type=_web_address, default=OPEN_DATA, metavar="URL", help="default: %(default)s"
    )
    command.add_argument(
        "--contact",
        type=_contact,
        default=os.environ.get("LEAFLINE_CONTACT", ""),
        help="an address for the User-Agent (default: $LEAFLINE_CONTACT)",
    )


def _taxon_id(text: str) -> int:
    try:
        taxon_id = identifier(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"{text!r} is not a taxon's id ({fault})") from None
    if taxon_id == 0:
        raise argparse.ArgumentTypeError("iNaturalist's ids are above 0")
    return taxon_id


def _contact(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise argparse.ArgumentTypeError(f"{text!a} is not an address in plain letters of one line")
    return text


def _web_address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} is not an address that begins with https:// or http://")
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0 and not re.search(r"[\s\x00-\x1f]", text)
    except ValueError:
        is_whole = False
    if not is_whole:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address like {API}")
    return text


def run(options: argparse.Namespace) -> int:
    """Pull, and say what came of it. DataError where it stops; the next run goes on from there."""
    try:
        return _run(options)
    except KeyboardInterrupt:
        raise DataError("stopped; nothing is lost: run the same again, it goes on where it stopped") from None


def _run(options: argparse.Namespace) -> int:
    if options.plan and options.watch is None:
        raise DataError("--plan shows what a watch list takes: name one with --watch FILE")
    if options.dump:
        return _load_dump(options)
    lake, limiter = Lake(options.lake), Limiter(budget_path())
    store = store_of(lake)
    client = Client(
        limiter, url=options.api_url, contact=options.contact, tell=lambda messages: _tell(store, messages)
    )
    puller = Puller(lake, client, store)
    if options.watch is None:
        puller.pull_clade(options.taxon, options.since)
    else:
        cycle = Cycle(puller, watch_list(_lines(options.watch), str(options.watch)))
        plan = cycle.plan(limiter.left("requests"))
        if options.plan:
            write_rows(plan.table(), options.format, None)
            return 0
        cycle.run(plan)
    print(f"{client.requests:,} requests")
    _print(puller.report)
    return 0


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; give a file with one taxon id a line") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: not a text in UTF-8; give a file with one taxon id a line") from None


def _load_dump(options: argparse.Namespace) -> int:
    lake = Lake(options.lake)
    store = store_of(lake)
    folder = budget_path().parent / "dump"
    dump = Dump(
        folder, url=options.bucket_url, contact=options.contact, tell=lambda messages: _tell(store, messages)
    )
    report = dump.load(lake, store)
    if report is None:
        print("The lake has this month's open data already.")
    else:
        _print(PullReport(report.tables, [str(refusal) for refusal in report.refusals]))
    return 0


def _print(report: PullReport) -> None:
    for table, changes in report.tables.items():
        print(f"{table}: {changes.read:,} rows read, {changes.new:,} new, {changes.changed:,} changed")
    for refusal in report.refusals:
        print(f"refused: {refusal}", file=sys.stderr)


def _tell(store: Store, messages: list[Message]) -> None:
    store.tell(*messages)
    print(english(messages), file=sys.stderr, flush=True)
