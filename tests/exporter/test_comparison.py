"""Two exports side by side, worked by hand."""

import csv
import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from exporter.__main__ import main
from exporter.comparison import compare
from exporter.criteria import INAT_2021, INAT_2022
from exporter.errors import DataError
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.simulation import simulate
from exporter.snapshot import Request, snapshot

#: taxon, parent, rank level, name: a genus of two species, and another genus of one.
TREE = {
    1: ("", 70, "Animalia"),
    10: (1, 20, "Bombus"),
    11: (10, 10, "Bombus terrestris"),
    12: (10, 10, "Bombus pascuorum"),
    20: (1, 20, "Vanessa"),
    21: (20, 10, "Vanessa atalanta"),
}
#: An export: for each class its photos by set.
Sets = dict[str, list[int]]
FIRST: dict[int, Sets] = {
    10: {"train": [1, 2, 3, 4], "val": [5], "test": [6]},
    21: {"train": [7, 8], "val": [9], "test": [10]},
}
SECOND: dict[int, Sets] = {
    11: {"train": [1, 2], "val": [5], "test": [11]},
    21: {"train": [7, 9], "val": [8], "test": [12, 3]},
}


def write_export(folder: Path, classes: dict[int, Sets]) -> Path:
    """An export as iNaturalist's own exporter writes it, with the columns of ours that it lacks left out."""
    folder.mkdir()
    listed = {above for taxon_id in classes for above in line(taxon_id)}
    number = {taxon_id: place for place, taxon_id in enumerate(sorted(classes))}
    with (folder / "taxonomy.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["parent_taxon_id", "taxon_id", "rank_level", "leaf_class_id", "name"])
        for taxon_id in sorted(listed):
            parent, level, name = TREE[taxon_id]
            writer.writerow([parent, taxon_id, level, number.get(taxon_id, ""), name])
    for name in ("train", "val", "test"):
        with (folder / f"{name}_data.csv").open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["photo_id", "photo_url", "leaf_class_id", "taxon_id"])
            for taxon_id, sets in classes.items():
                writer.writerows([photo, "", number[taxon_id], taxon_id] for photo in sets[name])
    return folder


def line(taxon_id: int) -> list[int]:
    """A taxon and its ancestors."""
    parent = TREE[taxon_id][0]
    return [taxon_id, *(line(parent) if isinstance(parent, int) else [])]


@pytest.fixture
def exports(tmp_path: Path) -> tuple[Path, Path]:
    """The two of above."""
    return write_export(tmp_path / "one [1]", FIRST), write_export(tmp_path / "two", SECOND)


def test_each_class_and_each_photo_is_counted_once(exports: tuple[Path, Path]) -> None:
    comparison = compare(*exports)
    names = [
        "taxon_id", "class_in", "train_first", "train_second", "test_first", "test_second", "photos_same",
        "photos_other_set", "photos_other_class", "photos_only_first", "photos_only_second", "reason",
    ]  # fmt: skip
    assert [tuple(row[name] for name in names) for row in comparison.rows.to_pylist()] == [
        (
            10,
            "first",
            4,
            0,
            1,
            0,
            0,
            0,
            4,
            2,
            0,
            "the second has 1 class below it, such as Bombus terrestris",
        ),
        (11, "second", 0, 2, 0, 1, 0, 0, 3, 0, 1, "part of Bombus in the first"),
        (21, "both", 2, 2, 1, 2, 1, 2, 1, 1, 1, ""),
    ]
    assert comparison.summary() == [
        "How they were made cannot be compared: only Leafline's snapshots say so.",
        "Classes: 1 in both, 1 in the first alone, 1 in the second alone.",
        "Photos: 1 in the same set and class, 2 in another set, 4 in another class, 3 in the first alone,"
        " 2 in the second alone.",
    ]


def test_an_export_is_the_same_as_itself(exports: tuple[Path, Path]) -> None:
    comparison = compare(exports[0], exports[0])
    assert comparison.differing.num_rows == 0
    assert comparison.rows["photos_same"].to_pylist() == [6, 4]


def test_what_no_tree_explains_is_said(tmp_path: Path) -> None:
    one = write_export(tmp_path / "one", {21: FIRST[21]})
    two = write_export(tmp_path / "two", {11: SECOND[11]})
    assert compare(one, two).rows["reason"].to_pylist() == [
        "no class at, above or below it in the second",
        "no class at, above or below it in the first",
    ]


def test_snapshots_say_how_they_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulate(tmp_path / "world", seed=1, observations=6_000, end=date(2026, 1, 31))
    lake = Lake(tmp_path / "lake")
    ingest(lake, [tmp_path / "world" / "observations"])
    cutoff = datetime(2026, 1, 30, tzinfo=UTC)
    folders = []
    for criteria in (INAT_2021, INAT_2022):
        folders.append(tmp_path / criteria.name)
        snapshot(lake, Request(criteria, cutoff, "a seed of 16 bytes or more"), folders[-1])
    comparison = compare(*folders)
    counts = [json.loads((folder / "manifest.json").read_text())["counts"] for folder in folders]
    for side, count in zip(("first", "second"), counts, strict=True):
        for name in ("train", "val", "test"):
            assert sum(comparison.rows[f"{name}_{side}"].to_pylist()) == count[name]["photos"]
    assert comparison.made_by[0].startswith("They differ in the criteria: ")
    assert "name inat-2021 and inat-2022" in comparison.made_by[0]
    assert len(comparison.made_by) == 1
    assert main(["compare", *map(str, folders), "--format", "csv"]) == 0
    output = capsys.readouterr()
    assert len(output.out.splitlines()) == 1 + comparison.differing.num_rows
    assert output.err.splitlines() == comparison.summary()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: shutil.rmtree(folder), "no such folder; give the folder of an export"),
        (lambda folder: (folder / "val_data.csv").unlink(), "val_data.csv: cannot be read; give the folder"),
        (
            lambda folder: (folder / "test_data.csv").write_text("photo,taxon\n1,2\n"),
            "test_data.csv: lacks one of the columns photo_id, taxon_id; is it of an export?",
        ),
        (
            lambda folder: (folder / "train_data.csv").write_text("photo_id,taxon_id\nmany,2\n"),
            "train_data.csv: Conversion Error: Could not convert string 'many' to INT64",
        ),
        (lambda folder: (folder / "taxonomy.csv").write_text(""), "taxonomy.csv: "),
    ],
)
def test_what_cannot_be_read_is_one_line(exports, damage, message: str, capsys) -> None:
    damage(exports[1])
    with pytest.raises(DataError) as caught:
        compare(*exports)
    assert message in str(caught.value)
    assert main(["compare", *map(str, exports)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
