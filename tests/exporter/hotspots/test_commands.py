"""The commands hotspots and worklist."""

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pytest

from exporter.__main__ import main
from exporter.hotspots.schema import (
    CONFUSIONS,
    HOTSPOT_COLUMNS,
    HOTSPOTS,
    WORKLIST,
    WORKLIST_COLUMNS,
    Findings,
)
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.simulation import simulate
from tests.exporter.simulation.test_world import END


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hotspots")
    simulate(folder / "world", seed=3, observations=2_000, end=END)
    ingest(Lake(folder / "lake"), [folder / "world" / "observations"], strict=True)
    return folder / "lake"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    assert main(arguments) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def test_hotspots_worst_first_in_the_contracts_columns(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = run(capsys, "hotspots", "--lake", str(world))
    assert tuple(rows[0]) == HOTSPOT_COLUMNS
    assert [int(row["rank"]) for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        low, high = float(row["expected_wrong_low"]), float(row["expected_wrong_high"])
        assert low <= float(row["expected_wrong"]) + 0.05
        assert float(row["expected_wrong"]) - 0.05 <= high <= int(row["labels"])
        assert int(row["overturned"]) <= int(row["reviewed"])
    assert run(capsys, "hotspots", "--lake", str(world), "--limit", "2") == rows[:2]


def test_worklist_most_suspect_first_within_a_clade(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = run(capsys, "worklist", "--lake", str(world))
    assert tuple(rows[0]) == WORKLIST_COLUMNS
    suspicion = [float(row["suspicion"]) for row in rows]
    assert suspicion == sorted(suspicion, reverse=True)
    assert rows[0]["url"] == f"https://www.inaturalist.org/observations/{rows[0]['observation_id']}"
    label = rows[0]["label_taxon_id"]
    of_label = run(capsys, "worklist", "--lake", str(world), "--taxon", label)
    assert of_label == [row for row in rows if row in of_label]
    assert all(row in of_label for row in rows if row["label_taxon_id"] == label)
    assert len(of_label) < len(rows)
    by_worth = run(capsys, "worklist", "--lake", str(world), "--order", "worth")
    assert by_worth != rows
    assert sorted(map(str, by_worth)) == sorted(map(str, rows))


def test_as_json_into_a_file(world: Path, tmp_path: Path) -> None:
    out = tmp_path / "worklist.json"
    assert (
        main(["worklist", "--lake", str(world), "--limit", "3", "--format", "json", "--out", str(out)]) == 0
    )
    assert [set(row) for row in json.loads(out.read_text())] == [set(WORKLIST_COLUMNS)] * 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("worklist", "--taxon", "999999999"), "taxon 999999999: not in the lake"),
        (("hotspots", "--criteria", "none"), "no criteria 'none'"),
    ],
)
def test_a_bad_request_gets_one_line(
    world: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert main([*arguments, "--lake", str(world)]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("command", ["hotspots", "worklist"])
def test_a_lake_without_identifications_lists_nothing_and_says_what_brings_them(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = tmp_path / "observations.csv"
    address = "https://static.inaturalist.org/photos/1/medium.jpg"
    export.write_text(
        "id,observed_on,quality_grade,image_url,taxon_id,scientific_name\n"
        f"1,2024-05-01,research,{address},300,Genus species\n"
    )
    ingest(Lake(tmp_path / "lake"), [export], strict=True)
    assert main([command, "--lake", str(tmp_path / "lake"), "--format", "csv"]) == 0
    output = capsys.readouterr()
    assert output.out.count("\n") == 1
    assert output.err == (
        "exporter: No identifications in this lake: hotspots need them. Load API observation JSON, or run"
        " `python -m exporter pull --taxon ID`.\n"
    )


def test_an_empty_lake_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hotspots", "--lake", str(tmp_path / "none")]) == 1
    assert "the lake is empty; load data with" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [("hotspots", "--limit", "0"), ("worklist", "--order", "x"), ("worklist", "--taxon", "x")]
)
def test_usage(arguments: tuple[str, ...]) -> None:
    assert main(arguments) == 2


@pytest.mark.parametrize(
    ("evidence", "is_weak"),
    [
        ([], False),
        (["votes"], True),
        (["votes", "records"], True),
        (["votes", "identifications"], False),
    ],
)
@pytest.mark.parametrize("command", ["hotspots", "worklist"])
def test_a_list_without_identifications_says_that_its_evidence_is_weak(
    world: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    evidence: list[str],
    is_weak: bool,
) -> None:
    columns = {field.name: pa.nulls(len(evidence), field.type) for field in HOTSPOTS}
    rows = pa.table(columns | {"evidence": pa.array(evidence, pa.string())}, schema=HOTSPOTS)
    findings = Findings(rows, WORKLIST.empty_table(), CONFUSIONS.empty_table())
    monkeypatch.setattr(f"exporter.commands.{command}.find", lambda *_, **__: findings)
    assert main([command, "--lake", str(world), "--format", "csv"]) == 0
    said = capsys.readouterr().err
    assert said.startswith("exporter: weak evidence: this lake has no identifications") == is_weak
    assert said.count("\n") == is_weak
