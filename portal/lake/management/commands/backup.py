"""`manage.py backup DIR`: everything that cannot be made again, while the portal goes on."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exporter.errors import DataError
from portal.lake.backup import backup


class Command(BaseCommand):
    help = "Writes database, lake, snapshots and runs into a new folder. Workers may go on."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="a folder that is not there yet")

    def handle(self, **options: Any) -> None:
        try:
            size = backup(options["folder"])
        except (DataError, OSError) as error:
            raise CommandError(str(error)) from None
        size_mib = f"{size / 2**20:,.1f} MiB"
        self.stdout.write(f"{options['folder']}: {size_mib}. It holds secrets: keep it as the portal's data.")
