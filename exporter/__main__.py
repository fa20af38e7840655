"""The command line: ``python -m exporter COMMAND``. What each command does stands in its ``--help``."""

import argparse
import os
import re
import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeAlias

import duckdb

from exporter import arguments, commands
from exporter.criteria import DEFAULT_CRITERIA, PRESETS
from exporter.errors import DataError
from exporter.hotspots.listing import ORDERS
from exporter.output import FORMATS, warnings_shown
from exporter.pull import command as pull
from exporter.snapshot import MEMORY_LIMIT, SETTLE_DAYS

_MOST_DAYS = 3_650
_MOST_THREADS = 1_024
#: DuckDB takes no more than 2**64 bytes.
_MEMORY_DIGITS = 9
#: Windows of years around a time must still be times.
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_MEMORY_HELP = "what the query engine may take; more spills to disk (default: %(default)s)"

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(given: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 the data or the request is wrong, 2 usage."""
    options = _parser().parse_args(given)
    try:
        with warnings_shown():
            code: int = options.run(options)
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
    return code


def _fail(message: str) -> int:
    print(f"exporter: {' '.join(message.splitlines())}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="exporter", description="Data in, manifest out.")
    _add_lake_option(parser, str(Path(os.environ.get("LEAFLINE_DATA", "var")) / "lake"))
    # The option also stands after the command; there it has no default, or that would undo the one before.
    lake = argparse.ArgumentParser(add_help=False)
    _add_lake_option(lake, argparse.SUPPRESS)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    command = subparsers.add_parser("ingest", parents=[lake], help="load files or folders into the lake")
    command.add_argument(
        "paths", type=arguments.path, nargs="+", metavar="PATH", help="a file or folder; .gz or not"
    )
    command.add_argument(
        "--strict", action="store_true", help="load nothing if any row is refused, or any value left out"
    )
    command.set_defaults(run=commands.ingest)

    command = subparsers.add_parser(
        "readiness", parents=[lake], help="which taxa would be classes, and what the others lack"
    )
    _add_criteria_option(command)
    _add_clade_option(command)
    command.add_argument("--at", type=_time, metavar="TIME", help="as of a past time (ISO 8601 with a zone)")
    _add_output_options(command)
    command.set_defaults(run=commands.readiness)

    command = subparsers.add_parser(
        "pull", parents=[lake], help="bring what iNaturalist has into the lake, within its limits"
    )
    pull.add_options(command)
    command.add_argument(
        "--since", type=_time, metavar="TIME", help="only what changed since (default: since the last pull)"
    )
    command.set_defaults(run=pull.run)

    command = subparsers.add_parser(
        "model", parents=[lake], help="read which taxa are classes of iNaturalist's current model"
    )
    command.add_argument("file", type=arguments.path, metavar="FILE", help="taxonomy.csv of a vision export")
    command.add_argument(
        "--exported", type=_date, required=True, metavar="DATE", help="the day of the export"
    )
    command.set_defaults(run=commands.model)

    _add_hotspots(subparsers, lake)
    _add_worklist(subparsers, lake)
    _add_guard(subparsers, lake)
    _add_snapshot(subparsers, lake)
    _add_verify(subparsers, lake)
    _add_compare(subparsers)
    _add_doctor(subparsers, lake)

    command = subparsers.add_parser(
        "simulate", help="write a simulated world, as iNaturalist's API would give it"
    )
    command.add_argument(
        "--seed",
        type=arguments.whole_number,
        default=1,
        help="the same seed gives the same world (default: 1)",
    )
    command.add_argument("--observations", type=arguments.positive, default=24_000, metavar="N")
    command.add_argument(
        "--push",
        type=arguments.whole_number,
        default=0,
        metavar="N",
        help="push so many taxa over the line (default: none)",
    )
    command.add_argument("--end", type=_date, metavar="DATE", help="the world's last day (default: today)")
    command.add_argument(
        "--out", type=arguments.path, required=True, metavar="DIR", help="a folder that is not there yet"
    )
    command.set_defaults(run=commands.simulate)
    return parser


def _add_hotspots(subparsers: _Commands, lake: argparse.ArgumentParser) -> None:
    command = subparsers.add_parser(
        "hotspots", parents=[lake], help="the labels with the most wrong observations, worst first"
    )
    _add_clade_option(command)
    _add_finding_options(command)
    command.set_defaults(run=commands.hotspots)


def _add_worklist(subparsers: _Commands, lake: argparse.ArgumentParser) -> None:
    command = subparsers.add_parser(
        "worklist", parents=[lake], help="observations to review, most suspect first"
    )
    clade = command.add_mutually_exclusive_group()
    clade.add_argument(
        "--taxon", type=arguments.positive, metavar="ID", help="only labels in this taxon's clade"
    )
    _add_clade_option(clade)
    command.add_argument(
        "--order",
        choices=ORDERS,
        default=ORDERS[0],
        help="most suspect first, or where one look is worth most photos (default: %(default)s)",
    )
    _add_finding_options(command)
    command.set_defaults(run=commands.worklist)


def _add_finding_options(command: argparse.ArgumentParser) -> None:
    _add_criteria_option(command)
    command.add_argument("--limit", type=arguments.positive, metavar="N", help="rows at most (default: all)")
    command.add_argument("--at", type=_time, metavar="TIME", help="as of a past time (ISO 8601 with a zone)")
    command.add_argument("--memory", default=MEMORY_LIMIT, type=_memory, metavar="SIZE", help=_MEMORY_HELP)
    _add_output_options(command)


def _add_guard(subparsers: _Commands, lake: argparse.ArgumentParser) -> None:
    command = subparsers.add_parser("guard", parents=[lake], help="was anything pushed before a cutoff")
    _add_cutoff_option(command)
    _add_criteria_option(command)
    _add_settle_days_option(command)
    command.add_argument(
        "--previous",
        type=arguments.path,
        metavar="DIR",
        help="an earlier snapshot, to compare the classes with",
    )
    command.add_argument("--memory", default=MEMORY_LIMIT, type=_memory, metavar="SIZE", help=_MEMORY_HELP)
    command.add_argument("--threads", type=_threads, metavar="N", help="default: all there are")
    command.add_argument("--format", choices=FORMATS, help="default: table on a terminal, else json")
    command.add_argument("--out", type=arguments.path, metavar="FILE", help="default: standard output")
    command.set_defaults(run=commands.guard)


def _add_snapshot(subparsers: _Commands, lake: argparse.ArgumentParser) -> None:
    command = subparsers.add_parser("snapshot", parents=[lake], help="write the export at a cutoff")
    _add_cutoff_option(command)
    _add_criteria_option(command)
    command.add_argument(
        "--seed",
        type=_seed,
        required=True,
        metavar="TEXT",
        help="decides the draw; at least 16 bytes, kept secret until now",
    )
    command.add_argument(
        "--out", type=arguments.path, required=True, metavar="DIR", help="a folder that is not there yet"
    )
    _add_settle_days_option(command)
    command.add_argument("--lake-version", type=arguments.positive, metavar="N", help="default: the newest")
    command.add_argument(
        "--previous", type=arguments.path, metavar="DIR", help="an earlier snapshot, to report what changed"
    )
    command.add_argument("--memory", default=MEMORY_LIMIT, type=_memory, metavar="SIZE", help=_MEMORY_HELP)
    command.add_argument("--threads", type=_threads, metavar="N", help="default: all there are")
    _add_engine_options(command)
    command.set_defaults(run=commands.snapshot)


def _add_engine_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--engine", choices=("duckdb", "spark"), default="duckdb", help="both give the same bytes"
    )
    group = command.add_argument_group("with --engine spark")
    group.add_argument("--spark-master", metavar="URL", help="default: by Spark's own configuration")
    group.add_argument(
        "--spark-lake", metavar="URL", help="where the executors find the lake's folder (default: as --lake)"
    )
    group.add_argument(
        "--spark-conf",
        type=_property,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a property of Spark; may be given several times",
    )


def _add_verify(subparsers: _Commands, lake: argparse.ArgumentParser) -> None:
    command = subparsers.add_parser("verify", parents=[lake], help="check a written snapshot")
    command.add_argument("folder", type=arguments.path, metavar="DIR", help="the snapshot's folder")
    command.add_argument(
        "--derive", action="store_true", help="derive it again from the lake, and compare every byte"
    )
    command.add_argument("--memory", default=MEMORY_LIMIT, type=_memory, metavar="SIZE", help=_MEMORY_HELP)
    command.set_defaults(run=commands.verify)


def _add_compare(subparsers: _Commands) -> None:
    command = subparsers.add_parser(
        "compare", help="two exports class by class: our snapshots, or iNaturalist's own files"
    )
    command.add_argument("first", type=arguments.path, metavar="DIR", help="the folder of an export")
    command.add_argument("second", type=arguments.path, metavar="DIR", help="the folder of another")
    command.add_argument(
        "--all", action="store_true", help="also the classes that are the same in both, photo for photo"
    )
    command.add_argument("--memory", default=MEMORY_LIMIT, type=_memory, metavar="SIZE", help=_MEMORY_HELP)
    _add_output_options(command)
    command.set_defaults(run=commands.compare)


def _add_doctor(subparsers: _Commands, lake: argparse.ArgumentParser) -> None:
    command = subparsers.add_parser(
        "doctor", parents=[lake], help="what of the lake is whole; restores its newest version that is"
    )
    command.add_argument(
        "--restore",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="move what is damaged into the lake's folder set-aside, so that the newest whole version is the"
        " newest; nothing is deleted (default)",
    )
    _add_output_options(command)
    command.set_defaults(run=commands.doctor)


def _add_cutoff_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--cutoff", type=_time, required=True, metavar="TIME", help="ISO 8601 with a zone; not after the data"
    )


def _add_settle_days_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--settle-days",
        type=_days,
        default=SETTLE_DAYS,
        metavar="N",
        help="days before the cutoff in which new labels wait; 0: none (default: %(default)s)",
    )


def _add_criteria_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--criteria",
        type=_criteria,
        default=DEFAULT_CRITERIA,
        metavar="C",
        help=f"one of {', '.join(PRESETS)}, or a file FILE.toml (default: %(default)s)",
    )


def _add_clade_option(command: argparse._ActionsContainer) -> None:
    command.add_argument(
        "--clade",
        type=arguments.clade,
        metavar="CLADE",
        help="only what lies in it: a taxon's name or id; genus/NAME or Animalia/NAME where several have it",
    )


def _add_lake_option(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--lake",
        type=arguments.path,
        default=default,
        metavar="DIR",
        help="the lake's folder (default: $LEAFLINE_DATA/lake)",
    )


def _add_output_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--format", choices=FORMATS, help="default: table on a terminal, else csv")
    command.add_argument("--out", type=arguments.path, metavar="FILE", help="default: standard output")


def _threads(text: str) -> int:
    number = arguments.whole_number(text)
    if not 1 <= number <= _MOST_THREADS:
        raise argparse.ArgumentTypeError(f"{text} is not a number of threads from 1 to {_MOST_THREADS}")
    return number


def _criteria(text: str) -> str:
    return text if text in PRESETS else str(arguments.path(text))


def _seed(text: str) -> str:
    if not arguments.is_utf8(text):
        raise argparse.ArgumentTypeError("the seed is not UTF-8; `openssl rand -hex 16` makes one")
    return text


def _days(text: str) -> int:
    number = arguments.whole_number(text)
    if not 0 <= number <= _MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text} is not a number of days from 0 to {_MOST_DAYS}")
    return number


def _memory(text: str) -> str:
    if not re.fullmatch(rf"[1-9][0-9]{{0,{_MEMORY_DIGITS - 1}}}(MB|GB|MiB|GiB)", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size like 4GB or 512MB")
    return text


def _property(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise argparse.ArgumentTypeError(f"{text!r} is not a property like spark.executor.memory=8g")
    return key, value


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-01-31") from None
    _check_year(text, day.year)
    return day


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 2026-01-31T12:00:00Z") from None
    _check_year(text, time.year)
    if time.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; end it in Z or +00:00")
    return time.astimezone(UTC)


def _check_year(text: str, year: int) -> None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise argparse.ArgumentTypeError(f"{text!r} is not between the years {_FIRST_YEAR} and {_LAST_YEAR}")


if __name__ == "__main__":
    sys.exit(main())
