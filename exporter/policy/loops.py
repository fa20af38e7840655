"""Runs the loop over generations for many worlds, a file each, and says what came of it."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from exporter.durable import make_folder
from exporter.errors import DataError
from exporter.output import whole_file
from exporter.policy import LAB_VERSION
from exporter.policy.generations import ARMS, GAP_DAYS, Arm, Response, follow
from exporter.policy.intervals import estimate
from exporter.policy.lab import Size
from exporter.policy.runs import rounded

FIGURES = ("wrong_share", "worst_share", "wrong_suggestions")


def run_loops(
    responses: Mapping[str, Response],
    seeds: Sequence[int],
    folder: Path,
    size: Size,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[dict[str, Any]]:
    """Follow every arm through the generations by every response table; gives a row for each export.

    What ``folder`` holds of the same world and table is not run again.
    """
    make_folder(folder)
    total = len(responses) * len(ARMS) * len(seeds)
    rows: list[dict[str, Any]] = []
    done = 0
    for name, table in responses.items():
        for arm in ARMS:
            for seed in seeds:
                path = folder / f"generations-{name}-{arm.name}-{seed}.json"
                kept = _one(path, arm, table, seed, size)
                rows.extend({"response": name, **row} for row in kept)
                done += 1
                progress(done, total)
    return rows


def summarise_loops(rows: Sequence[Mapping[str, Any]], responses: Mapping[str, Response]) -> dict[str, Any]:
    """Return by table, arm and generation each of `FIGURES` as [value, low, high]."""
    groups: dict[tuple[str, str, int], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["response"], row["arm"], row["generation"]].append(row)
    lines = []
    for (response, arm, generation), kept in groups.items():
        figures = {}
        for figure in FIGURES:
            one = estimate([float("nan") if row[figure] is None else row[figure] for row in kept])
            known = (one.value, one.low, one.high)
            figures[figure] = [None if value is None else rounded(value) for value in known]
        lines.append({"response": response, "arm": arm, "generation": generation, **figures})
    return {
        "gap_days": GAP_DAYS,
        "responses": {name: [list(pair) for pair in table] for name, table in responses.items()},
        "lines": lines,
    }


def _one(path: Path, arm: Arm, table: Response, seed: int, size: Size) -> list[dict[str, Any]]:
    made_of = {
        "lab_version": LAB_VERSION,
        "arm": [scenario.numbers for scenario in arm.scenarios],
        "response": table,
        "gap_days": GAP_DAYS,
        "size": asdict(size),
    }
    plain = json.loads(json.dumps(made_of))
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        content = {}
    except ValueError:
        raise DataError(f"{path}: not a result of the policy lab; remove it, and run again") from None
    if content.get("made_of") != plain:
        rows = [
            {name: rounded(value) if name in FIGURES else value for name, value in row.items()}
            for row in follow(seed, arm, table, size)
        ]
        content = {"made_of": plain, "rows": rows}
        with whole_file(path) as stream:
            json.dump(content, stream, indent=0, sort_keys=True)
    kept: list[dict[str, Any]] = content["rows"]
    return kept
