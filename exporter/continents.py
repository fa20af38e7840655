"""On which continent a place lies: to one degree, which is enough to choose what to look at."""

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporter.columns import floats

#: Letters of regions.txt, which static/vendor/natural-earth/regions.mjs made: 180 rows from the north pole,
#: 360 columns from 180 degrees west.
_LETTERS = {
    "A": "asia",
    "E": "europe",
    "F": "africa",
    "N": "north_america",
    "O": "oceania",
    "S": "south_america",
    "X": "antarctica",
}
#: What places are called.
CONTINENTS = tuple(sorted(_LETTERS.values()))
_GRID_FILE = Path(__file__).with_name("regions.txt")


def continents(latitude: pa.ChunkedArray, longitude: pa.ChunkedArray) -> pa.Array:
    """The continent of each place in degrees, for the sea the nearest; empty text where none is known."""
    north, east = floats(latitude, null=0.0), floats(longitude, null=0.0)
    rows = np.clip(np.floor(90 - north), 0, 179).astype(np.int64)
    columns = np.floor(east + 180).astype(np.int64) % 360
    codes, names = _grid()
    result = pa.DictionaryArray.from_arrays(codes[rows, columns], names).cast(pa.string())
    is_known = pc.and_(latitude.is_valid(), longitude.is_valid()).combine_chunks()
    return pc.if_else(is_known, result, "")


@cache
def _grid() -> tuple[np.ndarray, list[str]]:
    """The place of each square degree's continent in a list of names, and that list."""
    letters = sorted(_LETTERS)
    lines = _GRID_FILE.read_text(encoding="ascii").split()
    codes = np.array([[letters.index(letter) for letter in line] for line in lines], np.int8)
    return codes, [_LETTERS[letter] for letter in letters]
