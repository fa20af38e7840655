"""Many worlds under many scenarios: one file a world and scenario, so that a run goes on where it stopped."""

import json
import math
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from exporter.durable import make_folder
from exporter.errors import DataError
from exporter.output import whole_file
from exporter.policy import LAB_VERSION
from exporter.policy.lab import DRAWS, WINDOWS, Lab, Size
from exporter.policy.outcomes import OUTCOMES
from exporter.policy.scenarios import Scenario

Row: TypeAlias = dict[str, Any]
Progress: TypeAlias = Callable[[int, int], None]

#: Numbers are kept to so many digits: what differs beyond them between machines means nothing.
DIGITS = 6


@dataclass(frozen=True)
class Study:
    """Scenarios with the settling windows, draws and guards that are looked at."""

    name: str
    scenarios: tuple[Scenario, ...]
    windows: tuple[int, ...] = WINDOWS
    draws: tuple[str, ...] = DRAWS
    with_guards: bool = True


@dataclass(frozen=True)
class _Task:
    """The scenarios of a study that a seed lacks."""

    study: Study
    seed: int
    size: Size
    missing: tuple[Scenario, ...]
    folder: Path


def run(
    study: Study,
    seeds: Sequence[int],
    folder: Path,
    size: Size | None = None,
    *,
    processes: int = 1,
    progress: Progress = lambda _done, _all: None,
) -> list[Row]:
    """Run a study; gives its rows by scenario, draw, window and seed.

    What ``folder`` holds of the same study, world and numbers is not run again.
    """
    size = size or Size()
    make_folder(folder)
    tasks = []
    for seed in seeds:
        missing = tuple(one for one in study.scenarios if _read(folder, study, one, seed, size) is None)
        if missing:
            tasks.append(_Task(study, seed, size, missing, folder))
    total = len(seeds) * len(study.scenarios)
    done = total - sum(len(task.missing) for task in tasks)
    progress(done, total)
    for finished in _work(tasks, processes):
        done += finished
        progress(done, total)
    return [
        row
        for scenario in study.scenarios
        for seed in seeds
        for row in _read(folder, study, scenario, seed, size) or []
    ]


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """Write rows as Parquet: where each is from, then `OUTCOMES`; null where nothing was looked at."""
    schema = pa.schema(
        [
            ("scenario", pa.string()),
            ("seed", pa.int64()),
            ("draw", pa.string()),
            ("settle_days", pa.int64()),
            *((name, pa.float64()) for name in OUTCOMES),
        ]
    )
    partial = path.with_name(f".{path.name}.partial")
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), partial)
    partial.rename(path)


def rounded(value: float) -> float | None:
    """A number to `DIGITS` significant digits; None for what is not a number."""
    return None if math.isnan(value) else float(f"{value:.{DIGITS}g}")


def default_processes() -> int:
    """As many as there are processors."""
    return os.cpu_count() or 1


def _work(tasks: Sequence[_Task], processes: int) -> Iterable[int]:
    """Do the tasks; gives how many scenarios each finished, as they finish."""
    if processes == 1 or len(tasks) < 2:
        for task in tasks:
            yield from _do(task)
        return
    with ProcessPoolExecutor(min(processes, len(tasks)), mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_do_all, task) for task in tasks]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _do_all(task: _Task) -> int:
    return sum(_do(task))


def _do(task: _Task) -> Iterable[int]:
    lab = Lab(task.seed, task.size)
    for scenario in task.missing:
        study = task.study
        rows = [
            {name: rounded(value) if name in OUTCOMES else value for name, value in row.items()}
            for row in lab.rows(scenario, study.windows, study.draws, with_guards=study.with_guards)
        ]
        content = {"made_of": _made_of(study, scenario, task.size), "rows": rows}
        with whole_file(_path(task.folder, study, scenario, task.seed)) as stream:
            json.dump(content, stream, indent=0, sort_keys=True)
        yield 1


def _path(folder: Path, study: Study, scenario: Scenario, seed: int) -> Path:
    return folder / f"{study.name}-{scenario.name}-{seed}.json"


def _read(folder: Path, study: Study, scenario: Scenario, seed: int, size: Size) -> list[Row] | None:
    """The rows that an earlier run left; None if there are none, or if they are of other numbers."""
    path = _path(folder, study, scenario, seed)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        raise DataError(f"{path}: not a result of the policy lab; remove it, and run again") from None
    if content.get("made_of") != _made_of(study, scenario, size):
        return None
    rows: list[Row] = content["rows"]
    return rows


def _made_of(study: Study, scenario: Scenario, size: Size) -> dict[str, Any]:
    """All that decides a result besides the seed, as JSON gives it back."""
    made_of = {
        "lab_version": LAB_VERSION,
        "outcomes": list(OUTCOMES),
        "scenario": scenario.numbers,
        "windows": study.windows,
        "draws": study.draws,
        "with_guards": study.with_guards,
        "size": asdict(size),
    }
    plain: dict[str, Any] = json.loads(json.dumps(made_of))
    return plain
