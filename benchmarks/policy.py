"""Does the policy lab find a difference where there is none, and do its intervals narrow with more worlds?

python -m benchmarks.policy [--groups N] [--worlds N] [--observations N] [--folder var/benchmarks/policy]

The scenario ``redrawn`` changes nothing but random numbers. Groups of worlds each give an interval of its
difference from no announcement: it should hold 0 as often as its level says. Intervals of groups of different
sizes show how they narrow: as one over the root of the worlds, but for Student's quantile. The first world is
lived twice: the same seed gives the same bytes.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
from scipy import stats
from scipy.special import gamma

from exporter.policy.cutting import LAB_CRITERIA
from exporter.policy.intervals import Estimate, difference
from exporter.policy.lab import Size
from exporter.policy.runs import Row, Study, run
from exporter.policy.scenarios import REDRAWN, REFERENCE
from exporter.policy.summary import COMPARED
from exporter.shares import LEVEL, wilson

WINDOW = 14
STUDY = Study("null", (REFERENCE, REDRAWN), windows=(WINDOW,), draws=("sealed",), with_guards=False)


def main() -> None:
    """Run the worlds, and print how often the intervals hold 0, and how wide they are."""
    options = _options()
    size = Size(options.observations, LAB_CRITERIA)
    seeds = range(1, options.groups * options.worlds + 1)
    rows = run(STUDY, seeds, options.folder, size)
    print(
        f"{len(seeds)} worlds of {options.observations:,} observations; processor time {process_time():.0f} s"
    )
    for outcome in COMPARED:
        _print_held(rows, outcome, seeds, options.worlds)
    for outcome in COMPARED:
        _print_widths(rows, outcome, seeds)
    with TemporaryDirectory() as folder:
        run(STUDY, seeds[:1], Path(folder), size)
        is_same = all(
            path.read_bytes() == (options.folder / path.name).read_bytes() for path in Path(folder).iterdir()
        )
    print(f"the first world once more: {'the same bytes' if is_same else 'OTHER BYTES'}")


def _print_held(rows: list[Row], outcome: str, seeds: range, worlds: int) -> None:
    """How many intervals of groups hold 0, with the interval in which their share lies."""
    groups = [_difference(rows, outcome, group) for group in _groups(seeds, worlds)]
    held = sum(not one.is_clear for one in groups)
    low, high = wilson(held, len(groups))
    print(
        f"{outcome}: {held} of {len(groups)} intervals of {worlds} worlds hold 0: {held / len(groups):.0%}"
        f" ({low:.0%} to {high:.0%}); {LEVEL:.0%} should"
    )


def _print_widths(rows: list[Row], outcome: str, seeds: range) -> None:
    """How wide intervals are by the worlds behind them, against what theory says."""
    parts = []
    first = 0.0
    for worlds in (5, 10, 20, 50, 100):
        if worlds > len(seeds):
            break
        width = np.mean([_width(_difference(rows, outcome, group)) for group in _groups(seeds, worlds)])
        first = first or float(width) / _expected(worlds)
        parts.append(f"{worlds} worlds {width:.3g} ({first * _expected(worlds):.3g})")
    print(f"{outcome}: mean width of intervals, and as theory has it from the first: {', '.join(parts)}")


def _expected(worlds: int) -> float:
    """The mean width of Student's intervals, in standard deviations of one world."""
    quantile = float(stats.t.ppf((1 + LEVEL) / 2, worlds - 1))
    bias = np.sqrt(2 / (worlds - 1)) * gamma(worlds / 2) / gamma((worlds - 1) / 2)
    return float(2 * quantile * bias / np.sqrt(worlds))


def _groups(seeds: range, worlds: int) -> list[range]:
    return [seeds[start : start + worlds] for start in range(0, len(seeds) - worlds + 1, worlds)]


def _width(one: Estimate) -> float:
    return (one.high or 0.0) - (one.low or 0.0)


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
