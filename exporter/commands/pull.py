"""The command ``pull``: what it prints, and from where it takes what it needs."""

import os
import re
import sys
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from exporter.commands.lake import lake_option
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
from exporter.storage import Address
from terminal.progress import say
from terminal.values import FILE, time


def budget_path() -> Path:
    """Where this machine's budget is kept: one for every lake, as iNaturalist sees one address."""
    return Path(os.environ.get("LEAFLINE_DATA", "var")) / "budget.sqlite3"


def _taxon_id(text: str) -> int:
    try:
        taxon_id = identifier(text)
    except ValueError as fault:
        raise click.BadParameter(f"{text!r} is not a taxon's id ({fault})") from None
    if taxon_id == 0:
        raise click.BadParameter("iNaturalist's ids are above 0")
    return taxon_id


def _contact(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise click.BadParameter(f"{text!a} is not an address in plain letters of one line")
    return text


def _web_address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise click.BadParameter(f"{text!r} is not an address that begins with https:// or http://")
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0 and not re.search(r"[\s\x00-\x1f]", text)
    except ValueError:
        is_whole = False
    if not is_whole:
        raise click.BadParameter(f"{text!r} is not an address like {API}")
    return text


@click.command()
@click.option("--taxon", type=_taxon_id, metavar="ID", help="Pull this taxon and all below it.")
@click.option(
    "--watch", type=FILE, metavar="FILE", help="Keep the taxa of a file, one id a line, up to date."
)
@click.option("--dump", is_flag=True, help="Fetch and load the monthly open data, as far as they are new.")
@click.option("--plan", is_flag=True, help="With --watch: only show what it takes, in requests.")
@click.option(
    "--since",
    type=time,
    metavar="TIME",
    help="Only what changed since (default: since the last pull).",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(FORMATS),
    help="Of the plan; default: table on a terminal, else csv.",
)
@click.option("--api-url", type=_web_address, default=API, show_default=True, metavar="URL")
@click.option("--bucket-url", type=_web_address, default=OPEN_DATA, show_default=True, metavar="URL")
@click.option(
    "--contact",
    type=_contact,
    default=lambda: os.environ.get("LEAFLINE_CONTACT", ""),
    metavar="ADDRESS",
    help="An address for the User-Agent (default: $LEAFLINE_CONTACT).",
)
@lake_option
def command(
    lake: Address,
    taxon: int | None,
    watch: Path | None,
    dump: bool,
    plan: bool,
    since: datetime | None,
    format_name: str | None,
    api_url: str,
    bucket_url: str,
    contact: str,
) -> int:
    """Bring what iNaturalist has into the lake, within its limits: a clade, a watch list, or the open data.

    Stopped, it goes on from there when it is run again.
    """
    if sum((taxon is not None, watch is not None, dump)) != 1:
        raise click.UsageError("give one of --taxon, --watch and --dump")
    if plan and watch is None:
        raise DataError("--plan shows what a watch list takes: name one with --watch FILE")
    try:
        if dump:
            _load_dump(lake, bucket_url, contact)
        else:
            _pull(lake, taxon, since, watch, api_url, contact, only_plans=plan, format_name=format_name)
    except KeyboardInterrupt:
        raise DataError("stopped; nothing is lost: run the same again, it goes on where it stopped") from None
    return 0


def _pull(
    folder: Address,
    taxon: int | None,
    since: datetime | None,
    watch: Path | None,
    url: str,
    contact: str,
    *,
    only_plans: bool,
    format_name: str | None,
) -> None:
    lake, limiter = Lake(folder), Limiter(budget_path())
    store = store_of(lake)
    client = Client(limiter, url=url, contact=contact, say=lambda messages: _note(store, messages))
    puller = Puller(lake, client, store)
    if taxon is not None:
        puller.pull_clade(taxon, since)
    elif watch is not None:
        cycle = Cycle(puller, watch_list(_lines(watch), str(watch)))
        plan = cycle.plan(limiter.left("requests"))
        if only_plans:
            write_rows(plan.table(), format_name, None)
            return
        cycle.run(plan)
    print(f"{client.requests:,} requests")
    _print(puller.report)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; give a file with one taxon id a line") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: not a text in UTF-8; give a file with one taxon id a line") from None


def _load_dump(into: Address, url: str, contact: str) -> None:
    lake = Lake(into)
    store = store_of(lake)
    folder = budget_path().parent / "dump"
    dump = Dump(folder, url=url, contact=contact, say=lambda messages: _note(store, messages))
    report = dump.load(lake, store)
    if report is None:
        print("The lake has this month's open data already.")
    else:
        _print(PullReport(report.tables, [str(refusal) for refusal in report.refusals]))


def _print(report: PullReport) -> None:
    for table, changes in report.tables.items():
        print(f"{table}: {changes.read:,} rows read, {changes.new:,} new, {changes.changed:,} changed")
    for refusal in report.refusals:
        print(f"refused: {refusal}", file=sys.stderr)


def _note(store: Store, messages: list[Message]) -> None:
    store.note(*messages)
    say(english(messages), sys.stderr)
