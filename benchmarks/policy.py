"""Does the policy lab find a difference where there is none, and do its intervals narrow with more worlds?

python -m benchmarks.policy [--groups N] [--worlds N] [--observations N] [--folder var/benchmarks/policy]

The scenario ``redrawn`` changes nothing but random numbers. Groups of worlds each give an interval of its
difference from no announcement: it should hold 0 as often as its level says.
"""

import argparse
from pathlib import Path

import numpy as np

from exporter.policy.cutting import LAB_CRITERIA
from exporter.policy.intervals import Estimate, difference
from exporter.policy.lab import Size
from exporter.policy.runs import Row, Study, run
from exporter.policy.scenarios import REDRAWN, REFERENCE
from exporter.policy.summary import COMPARED
from exporter.shares import LEVEL

WINDOW = 14


def main() -> None:
    """Run the worlds, and print how often the intervals hold 0, and how wide they are."""
    options = _options()
    study = Study("null", (REFERENCE, REDRAWN), windows=(WINDOW,), draws=("sealed",), with_guards=False)
    seeds = range(1, options.groups * options.worlds + 1)
    rows = run(study, seeds, options.folder, Size(options.observations, LAB_CRITERIA))
    for outcome in COMPARED:
        found = [
            _difference(rows, outcome, seeds[start : start + options.worlds])
            for start in range(0, len(seeds), options.worlds)
        ]
        held = np.mean([not one.is_clear for one in found])
        width = np.mean([(one.high or 0.0) - (one.low or 0.0) for one in found])
        whole = _difference(rows, outcome, seeds)
        narrowed = width / ((whole.high or 0.0) - (whole.low or 0.0))
        print(
            f"{outcome}: {held:.0%} of {len(found)} intervals hold 0 ({LEVEL:.0%} should); those of all"
            f" {len(seeds)} worlds are {narrowed:.1f} times narrower"
        )


def _difference(rows: list[Row], outcome: str, seeds: range) -> Estimate:
    values = {
        scenario.name: [
            float("nan") if row[outcome] is None else row[outcome]
            for row in rows
            if row["scenario"] == scenario.name and row["seed"] in seeds
        ]
        for scenario in (REFERENCE, REDRAWN)
    }
    return difference(values[REDRAWN.name], values[REFERENCE.name])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=20)
    parser.add_argument("--worlds", type=int, default=5)
    parser.add_argument("--observations", type=int, default=1_200)
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks/policy"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
