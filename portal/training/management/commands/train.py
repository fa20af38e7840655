"""`manage.py train`: a cutoff's snapshot becomes a model, as the worker does it."""

import argparse
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exporter.errors import DataError
from portal.cutoffs.queries import cutoff_with_id
from portal.training import own_training


class Command(BaseCommand):
    help = (
        "Trains on the snapshot of a cutoff that is exported, or goes on with it: fetch, fit, label-issues,"
        " evaluate, report. Ctrl-C stops it at a safe point."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("cutoff", type=int, help="its number, as in the address of its page")
        parser.add_argument("--model", default="", metavar="NAME", help="default: the day of the cutoff")

    def handle(self, **options: Any) -> None:
        cutoff = cutoff_with_id(options["cutoff"])
        if cutoff is None:
            raise CommandError(f"There is no cutoff {options['cutoff']}.")
        former = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            own_training.train_now(cutoff, str(options["model"]), lambda: False)
        except DataError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise CommandError("Stopped; the same command goes on.") from None
        finally:
            signal.signal(signal.SIGTERM, former)
        self.stdout.write(f"“{cutoff.name}” is trained, and its results are handed in.")
