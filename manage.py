#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys
from importlib import import_module
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import (
    CommandError,
    CommandParser,
    execute_from_command_line,
    handle_default_options,
)
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.db.migrations.exceptions import InconsistentMigrationHistory

from portal.environment import for_demo


def main() -> None:
    """Run one management command; `demo` brings its own environment. What is wrong is one line."""
    if any("\0" in argument for argument in sys.argv):
        sys.exit("An argument holds a NUL character: no name or path does.")
    if sys.argv[1:2] == ["demo"]:
        for_demo(os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    _take_options(sys.argv[1:])
    _import_settings(os.environ["DJANGO_SETTINGS_MODULE"])
    try:
        execute_from_command_line(sys.argv)
    except InconsistentMigrationHistory as error:
        sys.exit(f"{error} An earlier version made it: see “Upgrading” in CHANGELOG.md.")
    except (InterfaceError, OperationalError, ProgrammingError) as error:
        [line, *_] = str(error).splitlines() or [type(error).__name__]
        sys.exit(f"The database: {line}. Is it there, and did `manage.py migrate` run?")


def _take_options(arguments: list[str]) -> None:
    """Apply what every command takes: other settings, and a folder in which Python looks for them."""
    parser = CommandParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--settings")
    parser.add_argument("--pythonpath")
    try:
        options, _ = parser.parse_known_args(arguments)
    except CommandError:  # an option without its value: the command says so
        return
    if options.pythonpath and not Path(options.pythonpath).is_dir():
        sys.exit(f"--pythonpath {options.pythonpath}: no such folder.")
    handle_default_options(options)


def _import_settings(name: str) -> None:
    """Import the settings here first, so that what is wrong with them is one line."""
    try:
        module = import_module(name)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except (ImportError, OSError, SyntaxError, TypeError, ValueError) as error:
        [line, *_] = str(error).splitlines() or [type(error).__name__]
        sys.exit(f"The settings {name!r} cannot be imported: {line}.")
    if not getattr(module, "SECRET_KEY", ""):
        sys.exit(f"The module {name!r} holds no settings: it has no SECRET_KEY.")


if __name__ == "__main__":
    main()
