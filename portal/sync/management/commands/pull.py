"""`manage.py pull`: one pull from iNaturalist now, as the schedule starts them."""

from django.core.management.base import BaseCommand, CommandError

from exporter.errors import DataError
from portal.sync import pulling


class Command(BaseCommand):
    help = "Brings the watched taxa and the counts up to date, as far as the budget allows now."

    def handle(self, **options: object) -> None:
        if not pulling.is_due():
            raise CommandError("Pulling is off: set LEAFLINE_PULL=1.")
        try:
            done = pulling.pull()
        except DataError as error:
            raise CommandError(str(error)) from None
        if done is None:
            raise CommandError("A pull is under way already: wait until it is done.")
        self.stdout.write(f"{done.requests} requests, {done.observations} observations new or changed.")
