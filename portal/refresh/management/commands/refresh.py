"""`manage.py refresh`: the lake's readiness and hotspots into the database."""

import argparse
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exporter.criteria import PRESETS
from exporter.errors import DataError
from portal.refresh import services


class Command(BaseCommand):
    help = (
        "Takes taxa, readiness and hotspots over from the lake. With --at: those of a past time, for the"
        " history."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--criteria", choices=PRESETS, help="only this rule (default: all)")
        parser.add_argument(
            "--at", type=moment, metavar="TIME", help="ISO 8601 with a zone: 2026-10-01T00:00Z"
        )

    def handle(self, **options: Any) -> None:
        criteria = [options["criteria"]] if options["criteria"] else list(PRESETS)
        try:
            done = services.refresh(criteria, options["at"])
        except DataError as error:
            raise CommandError(str(error)) from None
        counts = ", ".join(
            f"{name} {statuses.get('leaf', 0)} classes" for name, statuses in done.counts["criteria"].items()
        )
        self.stdout.write(f"Refreshed from version {done.lake_version} of the lake: {counts}.")


def moment(text: str) -> datetime:
    """A time with a zone, in UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write it as 2026-10-01T00:00Z") from None
    if read.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone: end it with Z for UTC")
    try:
        return read.astimezone(UTC)
    except OverflowError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time that the data could know") from None
