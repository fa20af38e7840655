"""The pictures of a summary as SVG files, each whole by itself: words, scale, and that it is simulated."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from exporter.output import whole_file
from exporter.policy.pictures import Contour, Lines, Marks, Shown, by_window, contour, generations
from exporter.snapshot import SETTLE_DAYS

_WIDTH, _HEIGHT = 720, 400
#: Where the picture lies in the file: left, top, width, height.
_LEFT, _TOP, _ACROSS, _DOWN = 90, 70, 600, 250
_COLOURS = {"never": "#b3541e", "once": "#555555", "every": "#2b6b3f"}
_NAMES = {"never": "never announced", "once": "one clean-up", "every": "a clean-up before every export"}


def draw(summary: Mapping[str, Any], scenario: str, folder: Path) -> list[str]:
    """Write the pictures that a summary has the numbers for; gives the names of the files.

    ``scenario`` is the one whose windows are drawn.
    """
    files = dict(_pictures(summary, scenario))
    for name, picture in files.items():
        Xml.indent(picture, " ")
        with whole_file(folder / name) as stream:
            stream.write(Xml.tostring(picture, encoding="unicode") + "\n")
    return list(files)


def _pictures(summary: Mapping[str, Any], scenario: str) -> Iterator[tuple[str, Xml.Element]]:
    changes = {
        row["settle_days"]: Shown(*row["differences"]["wrong_share"])
        for row in summary["rows"]
        if (row["scenario"], row["draw"]) == (scenario, "sealed")
    }
    yield "windows.svg", _windows(by_window(changes), scenario, summary)
    if "break_even" in summary:
        for days in dict.fromkeys((0, SETTLE_DAYS)):
            shown = contour(summary["break_even"], days)
            yield f"break-even-{days}.svg", _break_even(shown, summary)
    if "generations" in summary:
        for response in summary["generations"]["responses"]:
            shown_lines = generations(summary["generations"], response)
            yield f"generations-{response}.svg", _generations(shown_lines, response, summary)


def _windows(shown: Marks, scenario: str, summary: Mapping[str, Any]) -> Xml.Element:
    title = f"Change in the share of wrong labels by settling window: scenario {scenario}"
    picture = _frame(title, summary)
    _stroke(picture, f"M{_x(0)} {_y(shown.zero)}H{_x(100)}", "#888888", dash="6 4")
    for mark in shown.marks:
        _stroke(picture, f"M{_x(mark.x)} {_y(mark.low_y)}V{_y(mark.high_y)}", "#2b6b3f")
        Xml.SubElement(picture, "circle", cx=_x(mark.x), cy=_y(mark.y), r="5", fill="#2b6b3f")
        value = "unknown" if mark.estimate.value is None else f"{100 * mark.estimate.value:+.2f}"
        _words(picture, mark.x, 100, f"{mark.label} days: {value}", below=20)
    _words(picture, 50, 100, "settling window, and the change in points (90 % intervals)", below=42)
    for share, y in ((shown.top, 0.0), (shown.bottom, 100.0)):
        _words(picture, 0, y, f"{100 * share:+.2f}", below=4, before=8)
    return picture


def _break_even(shown: Contour, summary: Mapping[str, Any]) -> Xml.Element:
    window = f"a window of {shown.settle_days} days" if shown.settle_days else "no window"
    picture = _frame(f"Where announcing a cutoff begins to harm, with {window}", summary)
    if shown.line:
        area = [point.split(",") for point in shown.harm.split()]
        points = " ".join(f"{_x(float(x))},{_y(float(y))}" for x, y in area)
        Xml.SubElement(picture, "polygon", points=points, fill="#b3541e", opacity="0.25")
        line = [point.split(",") for point in shown.line.split()]
        path = "L".join(f"{_x(float(x))} {_y(float(y))}" for x, y in line)
        _stroke(picture, f"M{path}", "#b3541e")
        _words(picture, 60, 45, "Announcing harms here.")
    else:
        _words(picture, 50, 45, "Announcing harms nowhere here.")
    first, last = shown.evidence
    _stroke(picture, f"M{_x(first)} {_y(100)}H{_x(last)}", "#000000", width="9")
    _words(picture, last, 92, "▼ today’s evidence: few errors, no push seen", before=-6)
    for ratio, x in shown.ratios:
        _words(picture, x, 100, f"{ratio:g}", below=20)
    for pushed, y in shown.pushes:
        _words(picture, 0, y, str(pushed), below=4, before=8)
    _words(picture, 50, 100, "wrong extra identifications for each skilled one", below=42)
    _words(picture, 0, 0, "pushed taxa", below=-12, before=-4)
    return picture


def _generations(shown: Lines, response: str, summary: Mapping[str, Any]) -> Xml.Element:
    title = f"Share of wrong labels over five exports; how models respond: {response}"
    picture = _frame(title, summary)
    for place, line in enumerate(shown.lines):
        points = [point.split(",") for point in line.points.split()]
        path = "L".join(f"{_x(float(x))} {_y(float(y))}" for x, y in points)
        _stroke(picture, f"M{path}", _COLOURS[line.arm])
        last = line.estimates[-1].value
        words = f"{_NAMES[line.arm]}: {100 * last:.2f} % at last" if last is not None else _NAMES[line.arm]
        _words(picture, 2, 74 + 9 * place, words, before=0, colour=_COLOURS[line.arm], anchor="start")
    for place in range(5):
        _words(picture, 10 + 20 * place, 100, f"export {place + 1}", below=20)
    _words(picture, 0, 0, f"{100 * shown.top:.1f} %", below=4, before=8)
    _words(picture, 0, 100, "0 %", below=4, before=8)
    return picture


def _frame(title: str, summary: Mapping[str, Any]) -> Xml.Element:
    picture = Xml.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
            "width": str(_WIDTH),
            "height": str(_HEIGHT),
            "font-family": "sans-serif",
            "font-size": "13",
            "role": "img",
        },
    )
    Xml.SubElement(picture, "title").text = f"{title} (simulated)"
    Xml.SubElement(picture, "rect", width=str(_WIDTH), height=str(_HEIGHT), fill="#ffffff")
    large = {"font-size": "16", "font-weight": "bold"}
    Xml.SubElement(picture, "text", {"x": "20", "y": "26"} | large).text = title
    worlds = len(summary["seeds"])
    kind = Xml.SubElement(picture, "text", x="20", y="44", fill="#555555")
    kind.text = (
        f"Simulated: {worlds} communit{'y' if worlds == 1 else 'ies'}"
        f" of {summary['observations']:,} observations"
    )
    _stroke(picture, f"M{_x(0)} {_y(0)}V{_y(100)}H{_x(100)}", "#888888", width="1")
    return picture


def _stroke(picture: Xml.Element, path: str, colour: str, *, width: str = "2.5", dash: str = "") -> None:
    dashes = {"stroke-dasharray": dash} if dash else {}
    Xml.SubElement(
        picture, "path", {"d": path, "fill": "none", "stroke": colour, "stroke-width": width} | dashes
    )


def _words(
    picture: Xml.Element,
    x: float,
    y: float,
    words: str,
    *,
    below: float = 0.0,
    before: float | None = None,
    colour: str = "#222222",
    anchor: str | None = None,
) -> None:
    """Write words at a place: centred, or ``before`` it (after it if negative), and so far ``below``."""
    if anchor is None:
        anchor = "middle" if before is None else "end" if before > 0 else "start"
    place = {"x": f"{float(_x(x)) - (before or 0.0):.1f}", "y": f"{float(_y(y)) + below:.1f}"}
    Xml.SubElement(picture, "text", place | {"fill": colour, "text-anchor": anchor}).text = words


def _x(share: float) -> str:
    return f"{_LEFT + _ACROSS * share / 100:.1f}"


def _y(share: float) -> str:
    return f"{_TOP + _DOWN * share / 100:.1f}"
