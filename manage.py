#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys
from importlib import import_module

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.migrations.exceptions import InconsistentMigrationHistory

from portal.environment import for_demo


def main() -> None:
    """Run one management command; `demo` brings its own environment."""
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


if __name__ == "__main__":
    main()
