"""Pictures of a summary: places by hand, and files that are whole by themselves."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from exporter.policy.drawing import draw
from exporter.policy.pictures import Shown, by_window, contour, generations, harms_from, pushes_from, squares

#: Announcing harms where more than half as many wrong identifications come as skilled ones, and the less of
#: these are needed the more taxa are pushed; from four pushed taxa on it always does.
EVEN: dict[str, Any] = {
    "ratios": [0.0, 1.0, 2.0],
    "evidence": [0.02, 0.04],
    "lines": [
        {
            "settle_days": 0,
            "pushed_taxa": 8,
            "differences": [[0.4, 0.3, 0.5], [0.8, 0.7, 0.9], [1.2, 1.1, 1.3]],
            "harms_from": 0.0,
        },
        {
            "settle_days": 0,
            "pushed_taxa": 0,
            "differences": [[-0.4, -0.5, -0.3], [0.4, None, None], [1.2, 1.1, 1.3]],
            "harms_from": 0.5,
        },
        {
            "settle_days": 14,
            "pushed_taxa": 0,
            "differences": [[-0.4, -0.5, -0.3]] * 3,
            "harms_from": None,
        },
        {
            "settle_days": 14,
            "pushed_taxa": 8,
            "differences": [[-0.4, -0.5, -0.3]] * 3,
            "harms_from": None,
        },
    ],
}
LOOP: dict[str, Any] = {
    "responses": {"none": []},
    "lines": [
        {"response": "none", "arm": arm, "generation": generation, "wrong_share": [share, None, None]}
        for arm, shares in (("never", (0.02, 0.04)), ("once", (0.02, 0.03)), ("every", (0.01, 0.01)))
        for generation, share in enumerate(shares, start=1)
    ],
}


def places(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in points.split())]


def test_the_break_even_is_a_line_from_edge_to_edge() -> None:
    """It begins at a ratio of 0.5 of 2, without pushes, and ends at four pushed taxa of 8."""
    shown = contour(EVEN, 0)
    line = places(shown.line)
    assert (line[0], line[24], line[-1]) == ((25.0, 100.0), (0.0, 50.0), (0.0, 0.0))
    # With two pushed taxa -0.2 at no wrong identification and 0.5 at one: it crosses at 2/7 of 2.
    assert line[12] == (14.29, 75.0)
    assert places(shown.harm)[-2:] == [(100.0, 0.0), (100.0, 100.0)]
    assert shown.evidence == (1.0, 2.0)
    assert (shown.ratios, shown.pushes) == ([(0.0, 0.0), (1.0, 50.0), (2.0, 100.0)], [(0, 100.0), (8, 0.0)])


def test_where_nothing_harms_there_is_no_line() -> None:
    shown = contour(EVEN, 14)
    assert (shown.line, shown.harm) == ("", "")
    assert (harms_from(EVEN, 14), pushes_from(EVEN, 14)) == (None, None)


def test_the_sentence_has_the_ends_of_the_line() -> None:
    assert (harms_from(EVEN, 0), pushes_from(EVEN, 0)) == (0.5, 4.0)


def test_squares_have_the_most_pushes_first() -> None:
    rows = squares(EVEN, 0)
    assert [[square.change.verdict for square in row] for row in rows] == [
        ["harm", "harm", "harm"],
        ["gain", "open", "harm"],
    ]
    assert [row[0].pushed_taxa for row in rows] == [8, 0]


def test_marks_lie_between_the_outermost_intervals() -> None:
    shown = by_window({0: Shown(0.5, 0.0, 1.0), 14: Shown(-0.5, -1.0, 0.0)}, chosen=14)
    assert shown.zero == 50
    assert [(mark.label, mark.x, mark.is_chosen) for mark in shown.marks] == [
        (0, 25.0, False),
        (14, 75.0, True),
    ]
    assert [mark.y for mark in shown.marks] == pytest.approx([50 - 25 / 1.16, 50 + 25 / 1.16], abs=0.01)


def test_lines_of_generations_begin_at_0() -> None:
    shown = generations(LOOP, "none")
    assert shown.top == pytest.approx(0.0432)
    assert [line.arm for line in shown.lines] == ["never", "once", "every"]
    assert places(shown.lines[0].points) == [(25.0, 53.7), (75.0, 7.41)]


def summary(**parts: Any) -> dict[str, Any]:
    rows = [
        {
            "scenario": "mine",
            "draw": draw_name,
            "settle_days": days,
            "differences": {"wrong_share": [-0.01, None, None]},
        }
        for draw_name in ("sealed", "open")
        for days in (0, 14)
    ]
    return {"seeds": [1, 2], "observations": 500, "rows": rows, **parts}


def test_each_picture_is_a_file_that_says_that_it_is_simulated(tmp_path: Path) -> None:
    names = draw(summary(break_even=EVEN, generations=LOOP), "mine", tmp_path)
    assert names == ["windows.svg", "break-even-0.svg", "break-even-14.svg", "generations-none.svg"]
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())
    for name in names:
        text = " ".join(Xml.parse(tmp_path / name).getroot().itertext())
        assert "Simulated: 2 communities of 500 observations" in text
    assert "Announcing harms nowhere here." in (tmp_path / "break-even-14.svg").read_text()
    assert "14 days: -1.00" in (tmp_path / "windows.svg").read_text()


def test_a_single_scenario_has_one_picture_and_the_same_bytes_again(tmp_path: Path) -> None:
    assert draw(summary(), "mine", tmp_path) == ["windows.svg"]
    before = (tmp_path / "windows.svg").read_bytes()
    draw(summary(), "mine", tmp_path)
    assert (tmp_path / "windows.svg").read_bytes() == before
