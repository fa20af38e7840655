"""Fit the prior that serves lakes with too little to learn from: coefficients of the shared days, no data.

python -m benchmarks.hotspots_prior [--folder var/benchmarks] [--data FOLDER]
    [--out exporter/hotspots/prior.json]
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks import histories
from exporter.hotspots.judging import Reading, read
from exporter.hotspots.predictors import COLUMNS
from exporter.hotspots.prior import BLANK, SPREADS, Prior, to_json
from exporter.hotspots.records import Records
from exporter.hotspots.taxonomy import Taxonomy, read_taxonomy
from exporter.tree import NONE, load_tree

#: How far another lake may be from these days, on the log-odds scale: the general level, and the rest.
_LEVEL_DRIFT, _DRIFT = 1.0, 0.3
#: A biological class with fewer reviewed labels says nothing to other lakes.
_LEAST_CASES = 100


def main() -> None:
    """Fit, write and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/benchmarks"))
    parser.add_argument("--data", type=Path, default=histories.PARKS)
    parser.add_argument("--out", type=Path, default=Path("exporter/hotspots/prior.json"))
    options = parser.parse_args()
    lake = histories.load(options.folder / f"histories_{options.data.name}", [options.data])
    with lake.connect() as con:
        taxonomy = read_taxonomy(con, load_tree(con))
        reading = read(Records(con, None), taxonomy, prior=BLANK)
    text = to_json(as_prior(reading, taxonomy, options.data.name))
    options.out.write_text(text)
    print(text)


def as_prior(reading: Reading, taxonomy: Taxonomy, source: str) -> Prior:
    """Return the prior for other lakes that a fit amounts to."""
    chances = reading.chances
    # Slope and shift belong to the coefficients: elsewhere they are used without them.
    slope = chances.calibration.slope
    mean = slope * chances.weights
    mean[0] += chances.calibration.shift
    spread = np.array([_LEVEL_DRIFT] + [_DRIFT] * (len(COLUMNS) - 1))
    group = taxonomy.biological_class[reading.case_label]
    number = np.bincount(group[group != NONE], minlength=len(taxonomy.tree))
    often = np.flatnonzero(number >= _LEAST_CASES)
    effects = slope * chances.effects["class"].of(often)
    return Prior(
        mean=mean,
        spread=spread,
        groups=SPREADS,
        classes=dict(zip(taxonomy.tree.taxon_ids[often].tolist(), effects.tolist(), strict=True)),
        floor=chances.calibration.floor,
        provenance=(
            f"{chances.cases:,} labels that a second person reviewed within a day ({chances.overturned:,}"
            f" overturned) in {source}: public observations of national parks of the USA, summer 2026"
        ),
    )


if __name__ == "__main__":
    main()
