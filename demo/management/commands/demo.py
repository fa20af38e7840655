"""`manage.py demo`, which is what `make run` starts."""

import signal
from argparse import ArgumentParser

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from demo import filling, serving
from exporter.errors import DataError
from exporter.lake import Lake
from portal.cutoffs import snapshotting


class Command(BaseCommand):
    help = (
        "Sets up and serves the whole portal on this machine until Ctrl-C; with no data it simulates a world."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--empty", action="store_true", help="simulate nothing: data are loaded in the portal, or by hand"
        )

    def handle(self, **options: object) -> None:
        # SIGINT too: a script's background job starts with it ignored.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        try:
            self._run(settings.PORT, is_empty=bool(options["empty"]))
        except DataError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def _run(self, port: int, *, is_empty: bool) -> None:
        serving.check_port(port)
        self._say("Preparing the database and the static files ...")
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        if not is_empty:
            self._fill()
        password = filling.renew_staff()
        with serving.running(port) as processes:
            serving.wait_until_served(port, processes)
            self._greet(port, password)
            serving.wait_for_end(processes)

    def _fill(self) -> None:
        self._say("Filling the lake ...")
        filling.fill_lake()
        self._say("Computing readiness and hotspots ...")
        filling.fill_blitzes(filling.fill_cutoffs())
        filling.fill_database()
        snapshotting.cut_all(is_past=True)
        filling.fill_models()

    def _greet(self, port: int, password: str) -> None:
        version = Lake(settings.LAKE_DIR).latest()
        world = "a simulated world" if version and version.is_simulated else "your data"
        if version is None:
            world = "how to load data"
        self._say(f"\n    Leafline shows {world} at  http://127.0.0.1:{port}")
        self._say(
            f"    Staff pages:  http://127.0.0.1:{port}/admin/  user {filling.STAFF}  password {password}"
        )
        self._say("    Ctrl-C stops everything.\n")

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
