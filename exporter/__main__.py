"""The command line: ``python -m exporter COMMAND``. What each command does stands in its ``--help``."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from exporter.criteria import PRESETS, preset
from exporter.errors import DataError
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.output import FORMATS, write_rows
from exporter.readiness import readiness
from exporter.simulation import simulate


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 the data or the request is wrong, 2 usage."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing is left to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except DataError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename or 'input/output'}: {error.strerror}; nothing was written")
    except duckdb.Error as error:
        return _fail(f"the query engine stopped: {str(error).splitlines()[0]}")
    except KeyboardInterrupt:
        return _fail("stopped; nothing was written")
    return code


def _fail(message: str) -> int:
    print(f"exporter: {message}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="exporter", description="Data in, manifest out.")
    _add_lake_option(parser, Path(os.environ.get("LEAFLINE_DATA", "var")) / "lake")
    # The option also stands after the command; there it has no default, or that would undo the one before.
    lake = argparse.ArgumentParser(add_help=False)
    _add_lake_option(lake, argparse.SUPPRESS)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("ingest", parents=[lake], help="load files or folders into the lake")
    command.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="a file or folder; .gz or not")
    command.add_argument("--strict", action="store_true", help="load nothing if any row is refused")
    command.set_defaults(run=_ingest)

    command = commands.add_parser(
        "readiness", parents=[lake], help="which taxa would be classes, and what the others lack"
    )
    command.add_argument(
        "--criteria", default="inat-2022", metavar="NAME", help=f"one of: {', '.join(PRESETS)}"
    )
    command.add_argument("--at", type=_time, metavar="TIME", help="as of a past time (ISO 8601 with a zone)")
    _add_output_options(command)
    command.set_defaults(run=_readiness)

    command = commands.add_parser(
        "simulate", help="write a simulated world, as iNaturalist's API would give it"
    )
    command.add_argument(
        "--seed", type=int, default=1, help="the same seed gives the same world (default: 1)"
    )
    command.add_argument("--observations", type=_positive, default=24_000, metavar="N")
    command.add_argument("--end", type=_date, metavar="DATE", help="the world's last day (default: today)")
    command.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="a folder that is not there yet"
    )
    command.set_defaults(run=_simulate)
    return parser


def _add_lake_option(parser: argparse.ArgumentParser, default: Path | str) -> None:
    parser.add_argument(
        "--lake",
        type=Path,
        default=default,
        metavar="DIR",
        help="the lake's folder (default: $LEAFLINE_DATA/lake)",
    )


def _add_output_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--format", choices=FORMATS, help="default: table on a terminal, else csv")
    command.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-01-31") from None


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 2026-01-31T12:00:00Z") from None
    if time.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; end it in Z or +00:00")
    return time.astimezone(UTC)


def _ingest(options: argparse.Namespace) -> int:
    report = ingest(Lake(options.lake), options.paths, strict=options.strict)
    for file in report.files:
        print(f"{file.path}: {file.kind or 'unknown kind'}, {file.read:,} read, {file.refused:,} refused")
    for table, changes in report.tables.items():
        print(f"{table}: {changes.read:,} rows read, {changes.new:,} new, {changes.changed:,} changed")
    for refusal in report.refusals:
        print(f"refused: {refusal}", file=sys.stderr)
    if report.refused > len(report.refusals):
        print(f"refused: {report.refused - len(report.refusals):,} more", file=sys.stderr)
    nothing_loaded = not any(changes.read for changes in report.tables.values())
    return 1 if report.refused and nothing_loaded else 0


def _readiness(options: argparse.Namespace) -> int:
    criteria = preset(options.criteria)
    with Lake(options.lake).connect() as con:
        write_rows(readiness(con, criteria, at=options.at), options.format, options.out)
    return 0


def _simulate(options: argparse.Namespace) -> int:
    end = options.end or datetime.now(UTC).date()
    world = simulate(options.out, seed=options.seed, observations=options.observations, end=end)
    print(
        f"{world.folder}: a simulated world of {world.observations:,} observations, {world.photos:,} photos"
        f" and {world.identifications:,} identifications;"
        f" load it with `python -m exporter ingest {world.folder / 'observations'}`"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
