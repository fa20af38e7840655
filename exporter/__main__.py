"""The command line: ``python -m exporter COMMAND``. Its ``--help`` says what each command does."""

import os
import sqlite3
import sys
from collections.abc import Sequence

import click
import duckdb

from exporter.commands import SECTIONS
from exporter.commands.lake import lake_option
from exporter.errors import DataError
from exporter.storage import Address
from terminal import completion
from terminal.sections import Sections, run
from terminal.warnings import warnings_shown


@click.command(cls=Sections, package="exporter.commands", sections=SECTIONS)
@lake_option
def exporter(lake: Address) -> None:
    """Data in, manifest out."""


def main(given: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 the data or the request is wrong, 2 usage."""
    try:
        answered = completion.answer(exporter, "exporter")
        if answered is not None:
            return answered
        with warnings_shown("exporter"):
            return run(exporter, "exporter", sys.argv[1:] if given is None else given)
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing is left to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except DataError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename or 'input/output'}: {error.strerror or error}; nothing was written")
    except sqlite3.Error as error:
        return _fail(
            f"the memory of pulls in the lake's folder: {error}; is there room, and may it be written?"
        )
    except duckdb.OutOfMemoryException as error:
        return _fail(f"not enough memory: {str(error).splitlines()[0]}; allow more with --memory")
    except duckdb.Error as error:
        return _fail(
            f"the query engine stopped: {str(error).splitlines()[0]};"
            " if it names a file of the lake, run `python -m exporter doctor`"
        )
    except KeyboardInterrupt:
        return _fail("stopped; nothing was written")


def _fail(message: str) -> int:
    print(f"exporter: {' '.join(message.splitlines())}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
