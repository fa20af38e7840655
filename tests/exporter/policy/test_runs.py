"""Grids that go on where they stopped, and give the same bytes for the same seeds."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from exporter.errors import DataError
from exporter.policy import runs
from exporter.policy.lab import Size
from exporter.policy.outcomes import OUTCOMES
from exporter.policy.pictures import crossing
from exporter.policy.runs import Study, rounded, run, write_rows
from exporter.policy.scenarios import REDRAWN, REFERENCE, Scenario
from exporter.policy.summary import summarise
from tests.exporter.policy.conftest import SMALL

SIZE = Size(500, SMALL)
MINE = Scenario("mine", lead_days=7, cleanup=2.0, pushed_taxa=1)
STUDY = Study("small", (REFERENCE, MINE, REDRAWN), windows=(0, 7), draws=("sealed",), with_guards=False)
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a whole run leaves."""
    folder = tmp_path_factory.mktemp("runs") / "worlds"
    run(STUDY, SEEDS, folder, SIZE)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_seeds_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    run(STUDY, SEEDS[:1], tmp_path / "again", SIZE)
    assert contents(tmp_path / "again").items() <= contents(folder).items()


def test_what_is_there_is_not_run_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []
    monkeypatch.setattr(runs, "Lab", None)
    rows = run(STUDY, SEEDS, folder, SIZE, progress=lambda done, of: steps.append((done, of)))
    assert steps == [(9, 9)]
    assert [(row["scenario"], row["seed"], row["settle_days"]) for row in rows] == [
        (name, seed, days) for name in ("none", "mine", "redrawn") for seed in SEEDS for days in (0, 7)
    ]


def test_a_run_goes_on_where_it_stopped(folder: Path, tmp_path: Path) -> None:
    half = tmp_path / "half"
    half.mkdir()
    for name, content in contents(folder).items():
        if not name.endswith("mine-2.json"):
            (half / name).write_bytes(content)
    steps = []
    run(STUDY, SEEDS, half, SIZE, progress=lambda done, of: steps.append((done, of)))
    assert steps == [(8, 9), (9, 9)]
    assert contents(half) == contents(folder)


def test_other_numbers_are_run_anew(folder: Path, tmp_path: Path) -> None:
    for name, content in contents(folder).items():
        (tmp_path / name).write_bytes(content)
    steps = []
    other = replace(STUDY, scenarios=(REFERENCE, replace(MINE, cleanup=1.0)))
    run(other, SEEDS[:1], tmp_path, SIZE, progress=lambda done, of: steps.append((done, of)))
    assert steps == [(1, 2), (2, 2)]


def test_a_file_that_is_no_result_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "small-none-1.json").write_text("{")
    with pytest.raises(DataError, match=r"small-none-1.json: not a result .* remove it, and run again"):
        run(STUDY, SEEDS[:1], tmp_path, SIZE)


def test_results_have_a_row_a_cell(folder: Path, tmp_path: Path) -> None:
    rows = run(STUDY, SEEDS, folder, SIZE)
    write_rows(rows, tmp_path / "results.parquet")
    table = pq.read_table(tmp_path / "results.parquet")
    assert table.column_names == ["scenario", "seed", "draw", "settle_days", *OUTCOMES]
    assert len(table) == 18
    assert table["alarms"].null_count == 18  # no guard was run


def test_the_window_keeps_the_pushed_taxon_out(folder: Path) -> None:
    by_key = {
        (row["scenario"], row["settle_days"]): row for row in summarise(run(STUDY, SEEDS, folder, SIZE))
    }
    assert by_key["mine", 0]["means"]["pushed_in"][0] == 1
    assert by_key["mine", 7]["means"]["pushed_in"][0] == 0
    assert by_key["none", 0]["differences"]["wrong_share"] == [0, 0, 0]
    assert by_key["none", 0]["means"]["alarms"] == [None, None, None]


def test_a_scenario_without_effect_seldom_has_a_clear_difference(folder: Path) -> None:
    """Of eight intervals that hold 0 nine times in ten, how often is measured by `benchmarks.policy`."""
    found = [
        low <= 0 <= high
        for row in summarise(run(STUDY, SEEDS, folder, SIZE))
        for _, low, high in row["differences"].values()
        if row["scenario"] == "redrawn"
    ]
    assert len(found) == 8
    assert sum(found) >= 6


def test_numbers_are_kept_to_six_digits() -> None:
    assert (rounded(1234.56789), rounded(0.000123456789), rounded(float("nan"))) == (
        1234.57,
        0.000123457,
        None,
    )


@pytest.mark.parametrize(
    ("values", "place"),
    [([-1.0, -1.0, 1.0], 3.0), ([-3.0, 1.0, 2.0], 1.5), ([0.5, 1.0, 1.0], 0.0), ([-1.0, -0.5, 0.0], None)],
)
def test_the_break_even_lies_where_the_lines_cross_0(values: list[float], place: float | None) -> None:
    assert crossing((0.0, 2.0, 4.0), values) == place


def test_the_files_are_plain_json(folder: Path) -> None:
    content = json.loads((folder / "small-mine-1.json").read_text())
    assert content["made_of"]["scenario"]["pushed_taxa"] == 1
    assert content["made_of"]["size"]["observations"] == 500
