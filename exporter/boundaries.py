"""In which country and first-level region a place lies, by Natural Earth's boundaries (1:10 million).

Boundaries are those in fact, as Natural Earth draws them. They are kept as a grid: cells of a tenth of a
degree, and those that several places share divided into 8 x 8, so that a place within 1 km of a boundary may
come out on its other side. Sea belongs to the nearest land as far as 25 km, further out to nobody. What is
obscured on iNaturalist lies anywhere in a cell of 0.2 degrees, and may come out in a place next to its own.

`static/vendor/natural-earth/boundaries.py` made both files.
"""

import csv
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from exporter.columns import floats

_FILE = Path(__file__).with_name("boundaries.csv")
_GRID_FILE = _FILE.with_suffix(".xz")
#: Cells to a degree, and parts to a cell along each side.
_CELLS, _PARTS = 10, 8
_ROWS, _COLUMNS = 180 * _CELLS, 360 * _CELLS


@dataclass(frozen=True, slots=True)
class Place:
    """A country, or a first-level region of one.

    code:    ISO 3166-1 or 3166-2, as Natural Earth has it; else the country's and the region's name.
    country: the code of a region's country; empty for a country.
    name, name_es: in English and Spanish; of some regions in the country's own language in both.
    """

    code: str
    country: str
    name: str
    name_es: str


@cache
def places() -> Mapping[str, Place]:
    """Return every place by its code: each country by its code's order, right before its regions."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = [
            Place(row["code"], row["country"], row["name"], row["name_es"]) for row in csv.DictReader(file)
        ]
    return MappingProxyType({place.code: place for place in rows})


def countries_and_regions(latitude: pa.ChunkedArray, longitude: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Return the codes of the country and the region of each place in degrees.

    Empty text where the place is not known or lies far out at sea, and for the region where there is none.
    """
    north, east = floats(latitude, null=0.0), floats(longitude, null=0.0)
    rows = np.clip((90 - north) * _CELLS * _PARTS, 0, _ROWS * _PARTS - 1).astype(np.int64)
    columns = np.floor((east + 180) * _CELLS * _PARTS).astype(np.int64) % (_COLUMNS * _PARTS)
    cells, divided = _grid()
    numbers = cells[rows // _PARTS, columns // _PARTS]
    shared = np.flatnonzero(numbers < 0)
    part = rows[shared] % _PARTS * _PARTS + columns[shared] % _PARTS
    numbers[shared] = divided[-1 - numbers[shared], part]
    is_known = pc.and_(latitude.is_valid(), longitude.is_valid()).combine_chunks()
    country, region = (codes.take(pa.array(numbers)) for codes in _codes())
    return pc.if_else(is_known, country, ""), pc.if_else(is_known, region, "")


@cache
def _codes() -> tuple[pa.Array, pa.Array]:
    """For each number of the grid the codes of the country and of the region; 0 is the sea's."""
    countries, regions = [""], [""]
    for place in places().values():
        countries.append(place.country or place.code)
        regions.append(place.code if place.country else "")
    return pa.array(countries), pa.array(regions)


@cache
def _grid() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint16]]:
    """Return each cell's place as a number, or below zero the row of its parts; and the parts' places."""
    content = lzma.decompress(_GRID_FILE.read_bytes())
    size = 4 * _ROWS * _COLUMNS
    cells = np.frombuffer(content[:size], "<i4").reshape(_ROWS, _COLUMNS)
    return cells, np.frombuffer(content[size:], "<u2").reshape(-1, _PARTS * _PARTS)
