"""The command line: ``python -m trainer COMMAND``. Its ``--help`` says what each command does."""

import os
import signal
import sys
from collections.abc import Sequence

import click

from terminal import completion
from terminal.sections import Sections, run
from trainer.commands import SECTIONS
from trainer.errors import DataError

# TensorFlow logs its start-up, and calls a machine without a GPU an error; what fails is raised anyway.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@click.command(cls=Sections, package="trainer.commands", sections=SECTIONS)
def trainer() -> None:
    """Manifest in, results out."""


def main(given: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 the data or the request is wrong, 2 usage."""
    try:
        answered = completion.answer(trainer, "trainer")
        if answered is not None:
            return answered
        return run(trainer, "trainer", sys.argv[1:] if given is None else given)
    except DataError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(
            f"{error.filename or 'input/output'}: {error.strerror}; free what it needs and run again"
        )
    except KeyboardInterrupt:
        return _fail("stopped; run the same command again to go on")


def _fail(message: str) -> int:
    print(f"trainer: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    # SIGTERM stops it as Ctrl-C does; `fit` does so at a safe point.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
