"""`manage.py restore DIR`: a backup into an empty LEAFLINE_DATA and an empty database."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exporter.errors import DataError
from portal.lake.backup import restore


class Command(BaseCommand):
    help = "Puts a backup of `backup` back where nothing is yet. Nothing may run meanwhile."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="the backup's folder")

    def handle(self, **options: Any) -> None:
        try:
            files = restore(options["folder"])
        except (DataError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{files} files are back. Run `manage.py migrate`, then start the portal.")
