"""The command line: ``python -m trainer COMMAND``. What each command does stands in its ``--help``."""

import argparse
import datetime
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from trainer import commands
from trainer.errors import DataError

# TensorFlow tells of its start-up, and calls a machine without a GPU an error; what fails is raised anyway.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 the data or the request is wrong, 2 usage."""
    given = sys.argv[1:] if arguments is None else arguments
    if any("\0" in argument for argument in given):
        return _fail("an argument holds a NUL character; no path does")
    options = _parser().parse_args(given)
    try:
        code: int = options.run(options)
    except DataError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(
            f"{error.filename or 'input/output'}: {error.strerror}; free what it needs and run again"
        )
    except KeyboardInterrupt:
        return _fail("stopped; run the same command again to go on")
    return code


def _fail(message: str) -> int:
    print(f"trainer: {message}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="trainer", description="Manifest in, results out.")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    command = subparsers.add_parser("fetch", help="download a snapshot's photos")
    command.add_argument("snapshot", type=Path, metavar="SNAPSHOT", help="the snapshot's folder")
    command.add_argument("--images", type=Path, required=True, metavar="DIR", help="where the photos go")
    command.add_argument("--threads", type=int, choices=range(1, 65), default=8, metavar="N")
    command.add_argument(
        "--plan", action="store_true", help="say how many days and terabytes it takes, and fetch nothing"
    )
    command.set_defaults(run=commands.fetch)

    command = subparsers.add_parser("fit", help="train, or go on training")
    command.add_argument("--config", type=Path, required=True, metavar="FILE", help="see trainer/configs")
    command.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override a key: training.epochs=3"
    )
    command.add_argument("--snapshot", type=Path, required=True, metavar="DIR")
    command.add_argument("--images", type=Path, required=True, metavar="DIR")
    _add_run_option(command)
    command.add_argument("--shards", type=Path, metavar="DIR", help="shared among runs (default: RUN/shards)")
    command.add_argument(
        "--accept-changes", action="store_true", help="go on although the config has changed"
    )
    _add_portal_options(command, is_required=False)
    command.set_defaults(run=commands.fit)

    command = subparsers.add_parser(
        "label-issues", help="find suspected labels in the training set, by K-fold cross-validation"
    )
    _add_run_option(command)
    command.add_argument("--folds", type=int, choices=range(2, 21), default=5, metavar="K", help="default: 5")
    command.set_defaults(run=commands.label_issues)

    command = subparsers.add_parser("evaluate", help="judge a run's newest checkpoint on the test set")
    _add_run_option(command)
    command.add_argument("--previous", type=Path, metavar="FILE", help="an earlier model's results.json")
    command.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override a key: evaluation.views=2"
    )
    command.add_argument(
        "--part", type=_share, default=(1, 1), metavar="I/N", help="judge every Nth pass, from the Ith on"
    )
    command.set_defaults(run=commands.evaluate)

    command = subparsers.add_parser("report", help="send a run's results to the portal")
    _add_run_option(command)
    _add_portal_options(command, is_required=True)
    command.set_defaults(run=commands.report)

    command = subparsers.add_parser("export", help="write a run's network with all that a decision needs")
    _add_run_option(command)
    command.add_argument(
        "--format", choices=("bundle", "keras", "tflite"), default="bundle", help="default: a whole folder"
    )
    command.add_argument("--out", type=Path, metavar="DIR", help="the bundle's folder (default: RUN/bundle)")
    command.set_defaults(run=commands.export)

    command = subparsers.add_parser("predict", help="say what photos show")
    command.add_argument("photos", type=Path, nargs="+", metavar="PHOTO")
    command.add_argument(
        "--run",
        dest="run_folder",
        type=Path,
        required=True,
        metavar="DIR",
        help="a run that was evaluated, or a bundle",
    )
    command.add_argument("--lat", type=float, metavar="DEGREES", help="where the photos were taken")
    command.add_argument("--lon", type=float, metavar="DEGREES")
    command.add_argument("--date", type=_date, metavar="YYYY-MM-DD", help="when they were taken")
    command.add_argument(
        "--accuracy", type=float, choices=(0.8, 0.9, 0.95, 0.99), default=0.95, help="of the one answer"
    )
    command.add_argument("--format", choices=("table", "json"), default="table")
    command.set_defaults(run=commands.predict)
    return parser


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: not a date like 2026-05-31") from None


def _share(text: str) -> tuple[int, int]:
    """``2/4`` as (2, 4)."""
    number, slash, of = text.partition("/")
    if not slash or not number.isdecimal() or not of.isdecimal() or not 1 <= int(number) <= int(of):
        raise argparse.ArgumentTypeError(f"{text}: not like 2/4")
    return int(number), int(of)


def _add_run_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--run", dest="run_folder", type=Path, required=True, metavar="DIR", help="the run's folder"
    )


def _add_portal_options(command: argparse.ArgumentParser, *, is_required: bool) -> None:
    command.add_argument(
        "--portal", required=is_required, metavar="URL", help="like https://leafline.example.org"
    )
    command.add_argument(
        "--token-file", type=Path, required=is_required, metavar="FILE", help="holds a trainer's token"
    )


if __name__ == "__main__":
    # Asked to end it stops as at Ctrl-C; `fit` does so at a safe point.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
