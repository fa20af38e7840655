"""The command ``policy``."""

import json
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from exporter.commands.lake import lake_option
from exporter.durable import make_folder
from exporter.errors import DataError
from exporter.lake import Lake
from exporter.output import whole_file
from exporter.policy.drawing import draw
from exporter.policy.generations import RESPONSES, Response, read_response
from exporter.policy.history import history_lines, survival
from exporter.policy.lab import OBSERVATIONS, Size
from exporter.policy.loops import run_loops, summarise_loops
from exporter.policy.runs import Row, Study, default_processes, run, write_rows
from exporter.policy.scenarios import announced, load_scenarios
from exporter.policy.studies import BREAK_EVEN_STUDY, SCENARIO_STUDY, single
from exporter.policy.summary import break_even, break_even_lines, describe, scenario_lines, summarise
from exporter.snapshot import SETTLE_DAYS
from exporter.storage import Address
from terminal.values import FILE, FOLDER, between, positive

_MOST_SEEDS = 1_000
_MOST_SEED = 10**6


def seeds(text: str | Sequence[int]) -> list[int]:
    """Read a range of seeds, ``A-B`` or ``A``."""
    if not isinstance(text, str):
        return list(text)
    match = re.fullmatch(r"([0-9]{1,7})(?:-([0-9]{1,7}))?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not first <= last <= _MOST_SEED or last - first >= _MOST_SEEDS:
        raise click.BadParameter(
            f"{text!r} is not a range of at most {_MOST_SEEDS:,} seeds like 1-10, up to {_MOST_SEED:,}"
        )
    return list(range(first, last + 1))


@click.command()
@click.option(
    "--scenario",
    default="all",
    show_default=True,
    metavar="NAME|FILE",
    help="A scenario by name, a file FILE.toml, or all: the whole grid.",
)
@click.option(
    "--seeds", type=seeds, default="1-10", show_default=True, metavar="A-B", help="A world for each."
)
@click.option(
    "--observations",
    type=between(500, 100_000, "observations"),
    default=OBSERVATIONS,
    show_default=True,
    metavar="N",
    help="The size of each world.",
)
@click.option("--processes", type=positive, metavar="N", help="Default: one for each processor.")
@click.option(
    "--response",
    type=FILE,
    metavar="FILE",
    help="With all: a CSV of wrong_share,factor, how often a model names a class wrongly by its wrong labels"
    " (default: what the trainer measured, beside none and a strong one).",
)
@click.option("--history", is_flag=True, help="Instead: what became of the labels of the lake, observed.")
@click.option(
    "--out",
    type=FOLDER,
    required=True,
    metavar="DIR",
    help="A folder; what it has already of the same run is kept.",
)
@lake_option
def command(
    lake: Address,
    scenario: str,
    seeds: list[int],
    observations: int,
    processes: int | None,
    response: Path | None,
    history: bool,
    out: Path,
) -> int:
    """Show what announcing a cutoff would do, in simulated communities.

    Writes results.parquet, summary.json and pictures (SVG); with --history, history.json.
    """
    if out.is_file():
        raise DataError(f"{out}: is a file; give a folder with --out")
    if history:
        return _history(Lake(lake), out)
    responses = RESPONSES if response is None else {"given": read_response(response)}
    worlds = _Worlds(seeds, Size(observations), processes or default_processes(), out)
    try:
        return _simulate(scenario, worlds, responses)
    except KeyboardInterrupt:
        raise DataError("stopped; run the same again, and it goes on where it stopped") from None


class _Worlds:
    """Which worlds to run, and where their results lie."""

    def __init__(self, seeds: list[int], size: Size, processes: int, out: Path) -> None:
        self.seeds, self.size, self.processes, self.out = seeds, size, processes, out
        self.folder = out / "worlds"

    def run(self, study: Study) -> list[Row]:
        """Run what is missing of a study, and say how far it is."""

        say = partial(_say, study.name)
        return run(study, self.seeds, self.folder, self.size, processes=self.processes, progress=say)

    def follow(self, responses: dict[str, Response]) -> list[Row]:
        """Follow the worlds through the generations, as far as that is missing."""
        return run_loops(responses, self.seeds, self.folder, self.size, partial(_say, "generations"))


def _say(name: str, done: int, of: int) -> None:
    print(f"exporter: {name}: {done:,} of {of:,} worlds lived", file=sys.stderr, flush=True)


def _simulate(name: str, worlds: _Worlds, responses: dict[str, Response]) -> int:
    scenarios = load_scenarios(name)
    is_grid = len(scenarios) > 1
    study = SCENARIO_STUDY if is_grid else single(scenarios[0])
    make_folder(worlds.out)
    rows = worlds.run(study)
    summary = describe(study, worlds.seeds, worlds.size) | {"rows": summarise(rows)}
    if is_grid:
        summary["break_even"] = break_even(worlds.run(BREAK_EVEN_STUDY))
        summary["generations"] = summarise_loops(worlds.follow(responses), responses)
    write_rows(rows, worlds.out / "results.parquet")
    _write_json(summary, worlds.out / "summary.json")
    pictures = draw(summary, announced("all", SETTLE_DAYS).name if is_grid else scenarios[0].name, worlds.out)
    print(*scenario_lines(summary), *break_even_lines(summary), sep="\n")
    print(f"{worlds.out}: {', '.join(('results.parquet', 'summary.json', *pictures))} (simulated)")
    return 0


def _history(lake: Lake, out: Path) -> int:
    version = lake.require_latest()
    with lake.connect(version) as con:
        report = survival(con) | {"lake_version": version.number, "is_simulated": version.is_simulated}
    make_folder(out)
    _write_json(report, out / "history.json")
    print(*history_lines(report), sep="\n")
    print(f"{out}: history.json ({'simulated' if version.is_simulated else 'observed'})")
    return 0


def _write_json(document: dict[str, Any], path: Path) -> None:
    with whole_file(path) as stream:
        json.dump(document, stream, ensure_ascii=False, separators=(",", ":"))
        stream.write("\n")
