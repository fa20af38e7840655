"""`manage.py demo`, which is what `make run` starts."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import filesizeformat

from demo import filling, serving
from exporter.errors import DataError
from exporter.lake import Lake
from portal.cutoffs import snapshotting
from portal.cutoffs.models import Cutoff


class Command(BaseCommand):
    help = (
        "Sets up and serves the whole portal on this machine until Ctrl-C; with no data it simulates a world."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--empty", action="store_true", help="simulate nothing: data are loaded in the portal, or by hand"
        )
        parser.add_argument(
            "--parent", type=int, metavar="PID", help="the process that starts this one: stop when it is gone"
        )

    def handle(self, *, empty: bool, parent: int | None, **options: object) -> None:
        for number in serving.STOPPING:
            signal.signal(number, signal.default_int_handler)
        try:
            with serving.sole(settings.PORT):
                self._run(settings.PORT, parent, is_empty=empty)
        except DataError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def _run(self, port: int, parent: int | None, *, is_empty: bool) -> None:
        serving.check_port(port)
        if not is_empty and Lake(settings.LAKE_DIR).latest() is None:
            self._say("The first start takes about a minute, later ones some seconds.")
        with self._step(1, "Preparing the database and the static files"):
            call_command("migrate", verbosity=0)
            call_command("collectstatic", verbosity=0, interactive=False)
        made = [] if is_empty else self._fill()
        password = filling.renew_staff()
        with serving.running() as processes:
            with self._step(4, "Starting the web server"):
                processes.start(serving.web_server(port))
                serving.wait_until_served(port, processes)
            self._greet(port, password)
            if not is_empty:
                with self._step(
                    5, "Computing what came before: history, snapshots, models; pages fill meanwhile"
                ):
                    for _ in self._fill_past(made):
                        if not serving.goes_on(processes, parent):
                            break
            processes.start(serving.worker())
            serving.wait_for_end(processes, parent)
        self._say("Stopped, for what started it is gone.")

    def _fill(self) -> list[Cutoff]:
        """Fill what the first pages need; gives the example cutoffs that are new."""
        with self._step(2, "Filling the lake"):
            filling.fill_lake()
        with self._step(3, "Counting classes and wrong labels"):
            made = filling.fill_cutoffs()
            filling.fill_database()
        return made

    def _fill_past(self, made: list[Cutoff]) -> Iterator[None]:
        """Fill the rest, a step at a time, while people look at the pages."""
        filling.fill_blitzes(made)
        yield
        filling.fill_database()
        yield
        snapshotting.cut_all(is_past=True)
        yield
        filling.fill_models()
        yield
        yield from filling.fill_past()

    @contextmanager
    def _step(self, number: int, words: str) -> Iterator[None]:
        """Say what is done, and how long it took."""
        began = time.monotonic()
        self._say(f"{number}/5 {words} ...")
        yield
        self._say(f"    {time.monotonic() - began:.0f} s")

    def _greet(self, port: int, password: str) -> None:
        version = Lake(settings.LAKE_DIR).latest()
        world = "a simulated world" if version and version.is_simulated else "your data"
        if version is None:
            world = "how to load data"
        site = f"http://127.0.0.1:{port}"
        self._say(f"\n    Leafline shows {world} at  {site}")
        self._say(f"    Staff sign in at  {site}/admin/  user {filling.STAFF}  password {password}")
        self._say(f"    Cutoffs are scheduled at  {site}/cutoffs/desk/")
        size = filesizeformat(serving.size_of(settings.DATA_DIR)).replace("\xa0", " ")
        cleaned = "; `make clean` removes it" if settings.DATA_DIR == settings.BASE_DIR / "var" else ""
        self._say(f"    All data lie in  {settings.DATA_DIR}  ({size}){cleaned}.")
        self._say("    Ctrl-C stops everything.\n")

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
