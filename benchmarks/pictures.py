"""Draw a calibration as a small picture: by fifths, how many were expected and how many were found.

python -m benchmarks.pictures EXPECTED:FOUND ... --out FILE.svg

The figures are those that `python -m benchmarks.retrospect` prints. Pale columns are expected numbers, dark
ones what was found; both carry their number, and no words, so that one picture serves every language.
"""

import argparse
from pathlib import Path

_GROUP, _COLUMN, _HEIGHT, _MARGIN = 84, 30, 120, 18
_PALE, _DARK, _INK = "#b8bdb0", "#b4591f", "#4a574e"


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fifths", nargs="+", metavar="EXPECTED:FOUND")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    pairs = [one.split(":") for one in options.fifths]
    options.out.write_text(calibration([(float(expected), int(result)) for expected, result in pairs]))


def calibration(fifths: list[tuple[float, int]]) -> str:
    """Return an SVG of pairs of columns: expected and found, the least doubted fifth first."""
    most = max(max(expected, result) for expected, result in fifths)
    width, height = _GROUP * len(fifths), _HEIGHT + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" font-family="sans-serif" font-size="12" text-anchor="middle">'
    ]
    for place, (expected, result) in enumerate(fifths):
        left = _GROUP * place + (_GROUP - 2 * _COLUMN) // 2
        for x, value, fill in ((left, expected, _PALE), (left + _COLUMN, float(result), _DARK)):
            tall = round(_HEIGHT * value / most, 1)
            top = round(_MARGIN + _HEIGHT - tall, 1)
            parts.append(f'<rect x="{x + 1}" y="{top}" width="{_COLUMN - 2}" height="{tall}" fill="{fill}"/>')
            parts.append(f'<text x="{x + _COLUMN // 2}" y="{top - 4:.1f}" fill="{_INK}">{value:.0f}</text>')
        parts.append(
            f'<text x="{_GROUP * place + _GROUP // 2}" y="{height - 4}" fill="{_INK}">{place + 1}</text>'
        )
    axis = _MARGIN + _HEIGHT
    parts.append(f'<path d="M0 {axis}H{width}" stroke="{_INK}"/></svg>\n')
    return "\n".join(parts)


if __name__ == "__main__":
    main()
