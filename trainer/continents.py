"""On which continent a place lies: to one degree, which is enough to compare groups of photos."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from trainer.snapshot import Floats

#: Letters of continents.txt, drawn from Natural Earth (public domain): 180 rows from the north pole, 360
#: columns from 180 degrees west, each square degree the continent that is nearest.
NAMES = {
    "A": "Asia",
    "E": "Europe",
    "F": "Africa",
    "N": "North America",
    "O": "Oceania",
    "S": "South America",
    "X": "Antarctica",
}
_FILE = Path(__file__).with_name("continents.txt")


def continents(latitudes: Floats, longitudes: Floats) -> list[str]:
    """The name of each place's continent; empty where the place is not known. Degrees."""
    rows = np.clip(np.floor(90 - np.nan_to_num(latitudes)), 0, 179).astype(np.int64)
    columns = np.floor(np.nan_to_num(longitudes) + 180).astype(np.int64) % 360
    is_known = np.isfinite(latitudes) & np.isfinite(longitudes)
    letters = _grid()[rows, columns]
    return [
        NAMES[str(letter)] if known else ""
        for letter, known in zip(letters.tolist(), is_known.tolist(), strict=True)
    ]


@cache
def _grid() -> Any:
    lines = _FILE.read_text(encoding="ascii").split()
    return np.array([list(line) for line in lines])
