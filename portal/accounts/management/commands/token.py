"""`manage.py token`: make a token for the API, or revoke one."""

import argparse

from django.core.management.base import BaseCommand, CommandError

from portal.accounts import queries, services
from portal.accounts.models import OF_PROGRAMS, Scope

_LONGEST_NAME = 100


def _name(text: str) -> str:
    """A name that the list can show."""
    name = text.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise argparse.ArgumentTypeError(f"give it a name of 1 to {_LONGEST_NAME} letters")
    return name


class Command(BaseCommand):
    help = "Makes a token for the API and prints it, this once; or revokes one; or lists them."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        make = commands.add_parser("make", help="make one and print it")
        make.add_argument("scope", choices=[scope.value for scope in OF_PROGRAMS])
        make.add_argument("name", type=_name, help="who or what uses it")
        revoke = commands.add_parser("revoke", help="let one be worth nothing")
        revoke.add_argument("start", help="its first characters, as `token list` shows them")
        commands.add_parser("list", help="show all")

    def handle(self, command: str, **options: str) -> None:
        getattr(self, f"_{command}")(options)

    def _make(self, options: dict[str, str]) -> None:
        _, text = services.make_token(options["name"], Scope(options["scope"]))
        self.stdout.write(text)

    def _revoke(self, options: dict[str, str]) -> None:
        result = queries.tokens_that_start_with(options["start"])
        if len(result) != 1:
            raise CommandError(f"{len(result)} tokens start with {options['start']}: see `token list`.")
        services.revoke(result[0])
        self.stdout.write(f"Revoked {result[0]}.")

    def _list(self, options: dict[str, str]) -> None:
        for token in queries.every_token():
            state = "revoked" if token.revoked_at else "in use"
            self.stdout.write(f"{token.start}… {token.scope} {state} {token.name}")
