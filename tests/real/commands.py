"""The exporter's commands on a lake, as a user runs them, and what may not happen then."""

import contextlib
import csv
import io
import json
import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exporter.__main__ import main
from exporter.lake import Lake
from exporter.settling import newest_record
from tests.real.known import Known, faults_of_records

SEED = "a seed of 16 bytes or more"
#: So few observations and photos make a class that a snapshot can be made of every lake.
RELAXED = """
name = "relaxed"
confirmed_by = "{confirmed_by}"
min_observations = 0
min_confirmed = 0
train_min = 1
train_max = 20
val_min = 1
val_max = 2
test_min = 1
test_max = 2
train_photos_per_observation = 5
"""


@dataclass(frozen=True)
class Outcome:
    """What one command came to. ``trace``: the last lines of a traceback, empty if there was none."""

    command: str
    code: int | None
    out: str
    err: str
    trace: str = ""

    @property
    def last_error(self) -> str:
        """The last line of the traceback, or of the errors."""
        return self.trace or (self.err.strip().splitlines() or [""])[-1]


def run(*arguments: object) -> Outcome:
    """Run one command of the exporter in this process."""
    words = [str(argument) for argument in arguments]
    out, err = io.StringIO(), io.StringIO()
    code, trace = None, ""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except Exception:
            trace = last_lines(traceback.format_exc())
    return Outcome(" ".join(words), code, out.getvalue(), err.getvalue(), trace)


def last_lines(trace: str, number: int = 3) -> str:
    """Return where in our own code a traceback ends, and its message."""
    places = re.findall(r'File "[^"]*?/((?:exporter|portal|trainer)/[^"]+)", line (\d+), in (\S+)', trace)
    where = " < ".join(f"{file}:{line} {function}" for file, line, function in places[: -number - 1 : -1])
    return f"{trace.strip().splitlines()[-1]} ({where})"


def end_of_data(lake: Path) -> datetime:
    """Return the time of the newest record that may be believed; where none has one, that of the loading."""
    loaded_at = Lake(lake).require_latest().created_at
    with Lake(lake).connect() as con:
        return min(newest_record(con) or loaded_at, loaded_at)


def ingest(lake: Path, paths: tuple[Path, ...]) -> Outcome:
    """Load files into a lake."""
    return run("--lake", lake, "ingest", *paths)


def faults(
    lake: Path, loaded: Outcome, paths: tuple[Path, ...], folder: Path, *, brief: bool = False
) -> Iterator[str]:
    """Run every command on a lake that was just loaded; yield what went wrong, a line each.

    ``brief``: under one published rule and one by which nearly every lake has a class, not under two of each.
    """
    yield from _faults_of_loading(lake, loaded, paths)
    if Lake(lake).latest() is None:
        yield from _faults_of_an_empty_lake(lake)
        return
    known = Known.of(lake)
    journey = _Journey(lake, folder, known)
    has_class = {}
    published, relaxed = ("inat-2022", "inat-2021"), _relaxed(folder)
    for criteria in (published[0], relaxed[0]) if brief else (*published, *relaxed):
        statuses = {row["status"] for row in journey.rows("readiness", "--criteria", criteria)}
        has_class[criteria] = "leaf" in statuses
        hotspots = journey.rows("hotspots", "--criteria", criteria)
        journey.rows("worklist", "--criteria", criteria)
        if hotspots:
            worst = hotspots[0]["taxon_id"]
            journey.rows("worklist", "--criteria", criteria, "--taxon", worst, "--limit", 5)
    for form in ("json", "table"):
        for command in ("readiness", "hotspots", "worklist"):
            journey.must(command, "--format", form, "--limit", 30)
    for criteria, is_class in has_class.items():
        journey.take_snapshot(criteria, is_class=is_class)
    journey.must("doctor", "--no-restore")
    yield from journey.faults


def _faults_of_an_empty_lake(lake: Path) -> Iterator[str]:
    """A file without observations, photos, identifications and taxa leaves it empty: each command says so."""
    for command in ("readiness", "hotspots", "worklist"):
        outcome = run("--lake", lake, command)
        if outcome.code != 1 or not re.fullmatch(r"exporter: \S+: the lake is empty; .*\n", outcome.err):
            yield f"{command} on an empty lake: exit {outcome.code}: {outcome.last_error}"


def _faults_of_loading(lake: Path, loaded: Outcome, paths: tuple[Path, ...]) -> Iterator[str]:
    if loaded.trace or loaded.code != 0:
        yield f"ingest: exit {loaded.code}: {loaded.last_error}"
    again = ingest(lake, paths)
    if again.trace or again.code != 0:
        yield f"ingest again: exit {again.code}: {again.last_error}"
    elif changed := re.findall(r"^(\w+): .* read, (?!0 new, 0 changed)(.*)$", again.out, re.M):
        yield f"ingest again changed what it had loaded: {changed}"


def _relaxed(folder: Path) -> list[str]:
    """Rules by which nearly every lake has a class."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for confirmed_by in ("community_taxon", "research_grade"):
        path = folder / f"{confirmed_by}.toml"
        path.write_text(RELAXED.format(confirmed_by=confirmed_by))
        made.append(str(path))
    return made


class _Journey:
    """Commands on one lake. ``faults`` collects what went wrong."""

    def __init__(self, lake: Path, folder: Path, known: Known) -> None:
        self.lake, self.folder, self.known = lake, folder, known
        self.faults: list[str] = []
        #: What commands that ended well said: what they doubt of the lake is said again by the others.
        self._warnings: set[str] = set()
        self.cutoff = end_of_data(lake).strftime("%Y-%m-%dT%H:%M:%SZ")

    def must(self, *arguments: object, code: int = 0) -> Outcome:
        """Run a command that has to end with this exit code."""
        if arguments[0] == "readiness" and "--limit" in arguments:
            arguments = arguments[: arguments.index("--limit")]
        outcome = run("--lake", self.lake, *arguments)
        name = " ".join(Path(str(word)).name for word in arguments)
        if outcome.trace or outcome.code != code:
            self.faults.append(f"{name}: exit {outcome.code}: {outcome.last_error}")
        else:
            self._warnings.update(outcome.err.splitlines())
        return outcome

    def rows(self, *arguments: object) -> list[dict[str, str]]:
        """Run a command that writes CSV, and check every id and address in it."""
        outcome = self.must(*arguments, "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(outcome.out)))
        name = " ".join(Path(str(word)).name for word in arguments)
        self.faults += [f"{name}: {fault}" for fault in faults_of_records(rows, self.known)]
        return rows

    def take_snapshot(self, criteria: str, *, is_class: bool) -> None:
        """Look for a push, make a snapshot and verify it; where there is no class it is refused in a line."""
        requested = ("--cutoff", self.cutoff, "--criteria", criteria)
        report = self.must("guard", *requested, "--format", "json")
        if report.code == 0:
            json.loads(report.out)
        out = self.folder / f"snapshot-{Path(criteria).stem}"
        outcome = run("--lake", self.lake, "snapshot", *requested, "--seed", SEED, "--out", out)
        if outcome.code == 0 and not outcome.trace:
            self.must("verify", out)
            self.must("verify", out, "--derive")
            return
        lines = [line for line in outcome.err.splitlines() if line and line not in self._warnings]
        if outcome.trace or outcome.code != 1 or len(lines) != 1 or out.exists():
            self.faults.append(f"snapshot {Path(criteria).name}: exit {outcome.code}: {outcome.last_error}")
        elif is_class and not self._says_why(lines[0]):
            self.faults.append(f"snapshot {Path(criteria).name}: refused though a class passes: {lines[0]}")

    def _says_why(self, line: str) -> bool:
        """Settling can take a class that readiness counts, and photos without an address make none."""
        return "no taxon" in line or "no class" in line
