#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys
from importlib import import_module

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
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
    try:
        import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    try:
        execute_from_command_line(sys.argv)
    except InconsistentMigrationHistory as error:
        sys.exit(f"{error} An earlier version made it: see “Upgrading” in CHANGELOG.md.")
    except (InterfaceError, OperationalError, ProgrammingError) as error:
        [line, *_] = str(error).splitlines() or [type(error).__name__]
        sys.exit(f"The database: {line}. Is it there, and did `manage.py migrate` run?")


if __name__ == "__main__":
    main()
